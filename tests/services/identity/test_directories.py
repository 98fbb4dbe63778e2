"""A domain whose users and groups are in an LDAP directory: a real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from haneul.kernel import drivers
from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.drivers.ldap import LdapDirectory
from haneul.services.identity.errors import DirectoryUnreachable
from tests import directory_server
from tests.directory_server import ADMIN, ADMIN_PASSWORD, SUFFIX, Server
from tests.services.identity.conftest import V3, Keystone

PEOPLE = 12  # more than two of the server's pages
PERSON = """
dn: uid=p{i},ou=people,{suffix}
objectClass: inetOrgPerson
uid: p{i}
cn: person{i}
sn: Person
mail: p{i}@example.org
userPassword: secret {i}
"""


def everybody() -> str:
    head = f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\ndc: example\n"
    units = "".join(
        f"\ndn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n"
        for name in ("people", "groups")
    )
    people = "".join(PERSON.format(i=i, suffix=SUFFIX) for i in range(PEOPLE))
    group = (
        f"\ndn: cn=staff,ou=groups,{SUFFIX}\nobjectClass: groupOfNames\ncn: staff\nou: the staff\n"
        f"description: who works here\nmember: uid=p0,ou=people,{SUFFIX}\n"
        f"member: uid=p1,ou=people,{SUFFIX}\n"
    )
    return head + units + people + group


@pytest.fixture
def server() -> Iterator[Server]:
    with directory_server.running(everybody()) as running:
        yield running


def options(server: Server, **more: Any) -> dict[str, Any]:
    return {
        "url": server.url,
        "user": ADMIN,
        "password": ADMIN_PASSWORD,
        "suffix": SUFFIX,
        "page_size": 5,
        "user_tree_dn": f"ou=people,{SUFFIX}",
        "user_id_attribute": "uid",
        "user_name_attribute": "cn",
        "group_tree_dn": f"ou=groups,{SUFFIX}",
        **more,
    }


async def connect(keystone: Keystone, server: Server) -> str:
    """A domain of that directory; its id."""
    admin = await keystone.token()
    made = await keystone.call(admin, "POST", "/domains", {"domain": {"name": "company"}})
    id: str = made.json()["domain"]["id"]
    config = {"config": {"identity": {"driver": "ldap"}, "ldap": options(server)}}
    assert (await keystone.call(admin, "PUT", f"/domains/{id}/config", config)).status_code == 201
    return id


async def login(keystone: Keystone, domain_id: str, i: int, password: str | None = None) -> httpx.Response:
    secret = f"secret {i}" if password is None else password
    user = {"name": f"person{i}", "domain": {"id": domain_id}, "password": secret}
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    return await keystone.cloud.http.post(f"{V3}/auth/tokens", json={"auth": auth})


async def test_people_of_a_directory_log_in(keystone: Keystone, server: Server) -> None:
    domain_id = await connect(keystone, server)
    first = await login(keystone, domain_id, 3)
    assert first.status_code == 201, first.text
    user = first.json()["token"]["user"]
    assert (user["name"], user["domain"]["name"]) == ("person3", "company")
    assert (await login(keystone, domain_id, 3)).json()["token"]["user"]["id"] == user["id"]
    for wrong in ("x", "", "secret 4"):
        assert (await login(keystone, domain_id, 3, wrong)).status_code == 401
    assert (await login(keystone, domain_id, 99)).status_code == 401
    admin = await keystone.token()
    shown = (await keystone.call(admin, "GET", f"/users/{user['id']}")).json()["user"]
    assert (shown["email"], shown["enabled"]) == ("p3@example.org", True)


async def test_all_people_and_groups_are_listed(keystone: Keystone, server: Server) -> None:
    domain_id = await connect(keystone, server)
    admin = await keystone.token()
    listed = (await keystone.call(admin, "GET", f"/users?domain_id={domain_id}")).json()["users"]
    assert {each["name"] for each in listed} == {f"person{i}" for i in range(PEOPLE)}
    [group] = (await keystone.call(admin, "GET", f"/groups?domain_id={domain_id}")).json()["groups"]
    assert (group["name"], group["description"]) == ("the staff", "who works here")
    members = (await keystone.call(admin, "GET", f"/groups/{group['id']}/users")).json()["users"]
    assert {each["name"] for each in members} == {"person0", "person1"}


async def test_roles_are_ours(keystone: Keystone, server: Server) -> None:
    domain_id = await connect(keystone, server)
    admin, demo = await keystone.token(), keystone.ids["demo"]
    [group] = (await keystone.call(admin, "GET", f"/groups?domain_id={domain_id}")).json()["groups"]
    role = keystone.ids["role:member"]
    path = f"/projects/{demo}/groups/{group['id']}/roles/{role}"
    assert (await keystone.call(admin, "PUT", path)).status_code == 204
    scope = {"project": {"id": demo}}

    async def scoped(i: int) -> httpx.Response:
        user = {"name": f"person{i}", "domain": {"id": domain_id}, "password": f"secret {i}"}
        identity_part = {"methods": ["password"], "password": {"user": user}}
        body = {"auth": {"identity": identity_part, "scope": scope}}
        return await keystone.cloud.http.post(f"{V3}/auth/tokens", json=body)

    inside = await scoped(0)
    assert inside.status_code == 201, inside.text
    assert {each["name"] for each in inside.json()["token"]["roles"]} == {"member", "reader"}
    assert (await scoped(2)).status_code == 401
    server.change(
        f"dn: cn=staff,ou=groups,{SUFFIX}\nchangetype: modify\ndelete: member\n"
        f"member: uid=p0,ou=people,{SUFFIX}\n"
    )
    assert (await scoped(0)).status_code == 401
    token = inside.headers["X-Subject-Token"]
    assert (await keystone.call(token, "GET", "/auth/projects")).status_code == 401


async def test_who_leaves_the_directory_is_disabled(keystone: Keystone, server: Server) -> None:
    domain_id = await connect(keystone, server)
    token = (await login(keystone, domain_id, 5)).headers["X-Subject-Token"]
    server.change(f"dn: uid=p5,ou=people,{SUFFIX}\nchangetype: delete\n")
    assert (await login(keystone, domain_id, 5)).status_code == 401
    assert (await keystone.call(token, "GET", "/auth/projects")).status_code == 401
    admin = await keystone.token()
    gone = f"/users?domain_id={domain_id}&enabled=false"
    assert [u["name"] for u in (await keystone.call(admin, "GET", gone)).json()["users"]] == ["person5"]


async def test_a_directory_is_never_written_to(keystone: Keystone, server: Server) -> None:
    domain_id = await connect(keystone, server)
    admin = await keystone.token()
    listed = (await keystone.call(admin, "GET", f"/users?domain_id={domain_id}&name=person1")).json()
    [group] = (await keystone.call(admin, "GET", f"/groups?domain_id={domain_id}")).json()["groups"]
    user = f"/users/{listed['users'][0]['id']}"
    new = {"name": "new", "domain_id": domain_id}
    for method, path, body in (
        ("POST", "/users", {"user": new}),
        ("PATCH", user, {"user": {"description": "x"}}),
        ("DELETE", user, None),
        ("POST", "/groups", {"group": new}),
        ("PATCH", f"/groups/{group['id']}", {"group": {"description": "x"}}),
        ("DELETE", f"/groups/{group['id']}", None),
        ("PUT", f"/groups/{group['id']}/users/{keystone.ids['member']}", None),
    ):
        refused = await keystone.call(admin, method, path, body)
        assert refused.status_code == 403, (method, path)
        assert refused.json()["error"]["message"] == "LDAP does not support write operations"


async def test_a_dead_directory_stops_its_own_domain_only(keystone: Keystone, server: Server) -> None:
    domain_id = await connect(keystone, server)
    assert (await login(keystone, domain_id, 0)).status_code == 201
    server.stop()
    assert (await login(keystone, domain_id, 0)).status_code == 503
    admin = await keystone.token()
    http, headers = keystone.cloud.http, {"X-Auth-Token": admin}
    listed = await http.get(f"{V3}/users?domain_id={domain_id}", headers=headers)
    assert listed.status_code == 503
    assert (await keystone.call(admin, "GET", "/users?domain_id=default")).status_code == 200
    assert (await keystone.login("member")).status_code == 201
    server.start()
    assert (await login(keystone, domain_id, 0)).status_code == 201


async def test_a_domain_may_be_configured_by_the_installation(keystone: Keystone, server: Server) -> None:
    keystone.cloud.platform.config["identity"] = {"directories": {"Default": options(server)}}
    assert (await login(keystone, "default", 2)).status_code == 201


@pytest.mark.parametrize("how", ["ldaps", "start TLS"])
async def test_directories_prove_who_they_are(server: Server, how: str) -> None:
    secure = {"url": server.secure_url} if how == "ldaps" else {"use_tls": True}
    trusted = LdapDirectory(
        DirectoryOptions(**options(server, **secure, tls_cacertfile=str(server.authority)))
    )
    assert len(await trusted.users()) == PEOPLE
    [person] = await trusted.users(id="p1")
    assert await trusted.is_password(person, "secret 1")
    assert not await trusted.is_password(person, "")
    await trusted.close()
    unknown = LdapDirectory(DirectoryOptions(**options(server, **secure)))
    with pytest.raises(DirectoryUnreachable):
        await unknown.users()
    careless = LdapDirectory(DirectoryOptions(**options(server, **secure, tls_req_cert="never")))
    assert len(await careless.users()) == PEOPLE
    await careless.close()


async def test_names_are_no_filters(server: Server) -> None:
    directory = LdapDirectory(DirectoryOptions(**options(server)))
    assert await directory.users(name="*") == []
    assert await directory.users(name="person1)(uid=*") == []
    only = LdapDirectory(DirectoryOptions(**options(server, user_filter="(mail=p7@*)")))
    assert [each.name for each in await only.users()] == ["person7"]
    for each in (directory, only):
        await each.close()


async def test_wrong_credentials_are_told(server: Server) -> None:
    directory = LdapDirectory(DirectoryOptions(**options(server, password="wrong")))
    with pytest.raises(DirectoryUnreachable, match="refuses the user"):
        await directory.users()


def test_the_driver_is_found_by_its_name() -> None:
    assert drivers.load("haneul.identity.directory", "ldap") is LdapDirectory

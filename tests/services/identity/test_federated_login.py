"""What a login by an identity provider makes here, and what ends with what. A trusted web server asserts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from haneul.kernel.clock import VirtualClock
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.store.projects import DOMAINS
from tests.services.identity.conftest import PASSWORD, V3, Keystone, project
from tests.services.identity.federation import F, Federation, federated

HEADERS = {"name": "X-Name", "id": "X-Id", "mail": "X-Mail", "groups": "X-Groups", "roles": "X-Roles"}
PROXY = {
    "addresses": ["127.0.0.0/8"],
    "idp_id": "acme",
    "protocol_id": "openid",
    "headers": HEADERS,
    "remote_user_header": "X-Remote-User",
}
ACME, PROTOCOL = f"{F}/identity_providers/acme", f"{F}/identity_providers/acme/protocols/openid"
NAMED = {"user": {"name": "{0}", "id": "{1}"}}
SOMEBODY = [{"type": "name"}, {"type": "id"}]
GROUPS = {
    "local": [{"groups": "{0}", "domain": {"id": "default"}}],
    "remote": [{"type": "groups"}],
}
RULES = [{"local": [NAMED], "remote": SOMEBODY}, GROUPS]


@pytest.fixture
async def federation(keystone: Keystone) -> Federation:
    return await federated(keystone, {"proxies": [PROXY]}, RULES)


def alice(**more: str) -> dict[str, str]:
    return {"X-Name": "alice", "X-Id": "a-1", **more}


async def rules(federation: Federation, rules: list[Any], version: str = "1.0") -> None:
    mapping = {"mapping": {"rules": rules, "schema_version": version}}
    await federation.done("PATCH", f"{F}/mappings/m", mapping)


def user_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]["user"]


def token_of(answer: httpx.Response) -> str:
    user_of(answer)
    return answer.headers["X-Subject-Token"]


async def holds(federation: Federation, token: str) -> bool:
    return (await federation.keystone.call(token, "GET", "/auth/projects")).status_code == 200


async def test_somebody_is_the_same_user_at_every_login(federation: Federation) -> None:
    first, second = user_of(await federation.login(**alice())), user_of(await federation.login(**alice()))
    assert first["id"] == second["id"]
    other = user_of(await federation.login(**alice(**{"X-Id": "a-2"})))
    assert other["id"] != first["id"]
    assert other["name"] == "alice"
    renamed = user_of(await federation.login(**alice(**{"X-Name": "alicia"})))
    assert (renamed["id"], renamed["name"]) == (first["id"], "alicia")
    listed = (await federation.done("GET", "/users?name=alicia"))["users"]
    assert [user["id"] for user in listed] == [first["id"]]


async def test_users_of_a_provider_are_in_its_domain(federation: Federation) -> None:
    idp = (await federation.done("GET", ACME))["identity_provider"]
    assert user_of(await federation.login(**alice()))["domain"]["id"] == idp["domain_id"]
    await rules(federation, [{"local": [NAMED, {"domain": {"name": "Default"}}], "remote": SOMEBODY}], "2.0")
    there = user_of(await federation.login(**alice(**{"X-Id": "a-2"})))
    assert there["domain"] == {"id": "default", "name": "Default"}


async def test_nobody_becomes_a_user_of_the_same_name(federation: Federation) -> None:
    placed = {"user": {**NAMED["user"], "domain": {"id": "default"}}}
    await rules(federation, [{"local": [placed], "remote": SOMEBODY}])
    found = user_of(await federation.login(**alice(**{"X-Name": "admin"})))
    assert (found["name"], found["domain"]["id"]) == ("admin", "default")
    assert found["id"] != federation.keystone.ids["admin"]
    logged_in = await federation.keystone.login("admin")
    assert logged_in.json()["token"]["user"]["id"] == federation.keystone.ids["admin"]
    assert len((await federation.done("GET", "/users?name=admin"))["users"]) == 2


async def test_a_user_of_a_provider_has_no_password(federation: Federation) -> None:
    found = user_of(await federation.login(**alice()))
    user = {"id": found["id"], "password": PASSWORD}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    assert (await federation.keystone.cloud.http.post(f"{V3}/auth/tokens", json=body)).status_code == 401


@pytest.mark.contended
async def test_two_first_logins_at_once(federation: Federation) -> None:
    answers = await asyncio.gather(*(federation.login(**alice()) for _ in range(5)))
    assert len({user_of(answer)["id"] for answer in answers}) == 1


async def test_a_user_that_is_here_already(federation: Federation) -> None:
    local = {"user": {"name": "{0}", "type": "local", "domain": {"name": "Default"}}}
    await rules(federation, [{"local": [local], "remote": [{"type": "name"}]}])
    found = await federation.login(**{"X-Name": "member"})
    assert user_of(found)["id"] == federation.keystone.ids["member"]
    assert "OS-FEDERATION" not in user_of(found)
    assert (await federation.login(**alice())).status_code == 401


async def test_who_maps_to_nobody_stays_outside(federation: Federation) -> None:
    assert (await federation.login(**{"X-Groups": "staff"})).status_code == 401
    assert (await federation.login(**{"X-Mail": "alice@example.org"})).status_code == 401
    assert (await federation.login()).status_code == 401
    await federation.done("DELETE", f"{F}/mappings/m")
    assert (await federation.login(**alice())).status_code == 404


async def test_the_web_server_may_say_the_name_alone(federation: Federation) -> None:
    found = user_of(await federation.login(**{"X-Groups": "staff", "X-Remote-User": "bob"}))
    assert found["name"] == "bob"


async def test_headers_of_others_say_nothing(keystone: Keystone) -> None:
    elsewhere = {**PROXY, "addresses": ["10.0.0.0/8", "::1"]}
    federation = await federated(keystone, {"proxies": [elsewhere]}, RULES)
    assert (await federation.login(**alice())).status_code == 401
    body = {"auth": {"identity": {"methods": ["external"], "external": {}}}}
    answer = await keystone.cloud.http.post(
        f"{V3}/auth/tokens", json=body, headers={"X-Remote-User": "admin"}
    )
    assert answer.status_code == 401


async def test_the_method_external_takes_the_web_servers_word(federation: Federation) -> None:
    body = {"auth": {"identity": {"methods": ["external"], "external": {}}}}
    http = federation.keystone.cloud.http
    for name, status in (("member", 201), ("nobody", 401), (None, 401)):
        headers = {"X-Remote-User": name} if name else {}
        answer = await http.post(f"{V3}/auth/tokens", json=body, headers=headers)
        assert answer.status_code == status, answer.text
    assert (await federation.login(**alice())).status_code == 201
    headers = {"X-Remote-User": "alice"}  # a provider's user has no name here
    assert (await http.post(f"{V3}/auth/tokens", json=body, headers=headers)).status_code == 401


async def test_letters_of_all_scripts_arrive(federation: Federation) -> None:
    headers = {"X-Name": "하늘 Ñandú".encode().decode("latin-1"), "X-Id": "h"}
    path = f"{V3}{PROTOCOL}/auth"
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await federation.keystone.cloud.http.get(path, headers=raw)
    assert user_of(answer)["name"] == "하늘 Ñandú"


async def test_a_disabled_user_stays_outside(federation: Federation) -> None:
    first = await federation.login(**alice())
    user = f"/users/{user_of(first)['id']}"
    await federation.done("PATCH", user, {"user": {"enabled": False}})
    assert not await holds(federation, token_of(first))
    assert (await federation.login(**alice())).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", ACME, {"identity_provider": {"enabled": False}}),
        ("DELETE", ACME, None),
        ("DELETE", PROTOCOL, None),
        ("DELETE", "/groups/{group}", None),
        ("DELETE", "/projects/{demo}/groups/{group}/roles/{role:member}", None),
    ],
)
async def test_what_ends_tokens(federation: Federation, method: str, path: str, body: Any) -> None:
    unscoped = token_of(await federation.login(**alice(**{"X-Groups": "staff"})))
    token = token_of(await federation.rescope(unscoped, project("demo")))
    assert await holds(federation, token)
    for name, id in {**federation.keystone.ids, "group": federation.group_id}.items():
        path = path.replace("{" + name + "}", id)
    await federation.done(method, path, body)
    assert not await holds(federation, token)
    assert await holds(federation, federation.admin)


async def test_a_group_that_is_asserted_no_longer_ends_tokens(federation: Federation) -> None:
    old = token_of(await federation.login(**alice(**{"X-Groups": "staff;unknown"})))
    same = token_of(await federation.login(**alice(**{"X-Groups": "staff"})))
    assert await holds(federation, old)
    new = token_of(await federation.login(**alice()))
    assert not await holds(federation, old)
    assert not await holds(federation, same)
    assert (await federation.rescope(new, project("demo"))).status_code == 401


async def test_groups_count_beyond_the_token_for_a_while(federation: Federation) -> None:
    clock = VirtualClock(federation.keystone.cloud.platform.clock.now())
    federation.keystone.cloud.platform.clock = clock
    await federation.done("PATCH", ACME, {"identity_provider": {"authorization_ttl": 30}})
    found = await federation.login(**alice(**{"X-Groups": "staff"}))
    user_id, token = user_of(found)["id"], token_of(found)
    scoped = token_of(await federation.rescope(token, project("demo")))
    groups = (await federation.done("GET", f"/users/{user_id}/groups"))["groups"]
    assert [group["name"] for group in groups] == ["staff"]
    effective = f"/role_assignments?user.id={user_id}&effective"
    held = (await federation.done("GET", effective))["role_assignments"]
    assert {each["scope"]["project"]["id"] for each in held} == {federation.keystone.ids["demo"]}
    assert all(federation.group_id in each["links"]["membership"] for each in held)
    reached = (await federation.done("GET", f"/users/{user_id}/projects"))["projects"]
    assert [each["name"] for each in reached] == ["demo"]
    member = f"/groups/{federation.group_id}/users/{user_id}"
    assert (await federation.ask("HEAD", member)).status_code == 204
    wanted = {"application_credential": {"name": "robot"}}
    path = f"/users/{user_id}/application_credentials"
    made = await federation.keystone.call(scoped, "POST", path, wanted)
    assert made.status_code == 201, made.text
    robot = made.json()["application_credential"]
    part = {"id": robot["id"], "secret": robot["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": part}

    async def comes_in() -> bool:
        answer = await federation.keystone.cloud.http.post(
            f"{V3}/auth/tokens", json={"auth": {"identity": identity}}
        )
        assert answer.status_code in (201, 401)
        return answer.status_code == 201

    assert await comes_in()
    await clock.advance(timedelta(minutes=31).total_seconds())
    assert not await comes_in()
    federation.admin = await federation.keystone.token()
    assert (await federation.done("GET", f"/users/{user_id}/groups"))["groups"] == []
    assert (await federation.done("GET", effective))["role_assignments"] == []
    assert (await federation.done("GET", f"/users/{user_id}/projects"))["projects"] == []
    assert (await federation.ask("HEAD", member)).status_code == 404
    await federation.done("PATCH", ACME, {"identity_provider": {"authorization_ttl": 60}})
    assert await comes_in()
    await federation.done("PATCH", ACME, {"identity_provider": {"authorization_ttl": 0}})
    assert not await comes_in()


PROJECTS = {
    "local": [
        NAMED,
        {"projects": [{"name": "{0}-own", "roles": [{"name": "member"}]}, {"name": "all", "roles": []}]},
    ],
    "remote": SOMEBODY,
}


async def test_a_mapping_makes_projects_and_gives_roles(federation: Federation) -> None:
    await rules(federation, [PROJECTS])
    found = await federation.login(**alice())
    domain = user_of(found)["domain"]
    scope = {"project": {"name": "alice-own", "domain": {"id": domain["id"]}}}
    answer = await federation.rescope(token_of(found), scope)
    assert {role["name"] for role in answer.json()["token"]["roles"]} == {"member", "reader"}
    assert user_of(await federation.login(**alice())) == user_of(found)
    made = (await federation.done("GET", f"/projects?domain_id={domain['id']}"))["projects"]
    assert {each["name"] for each in made} == {"alice-own", "all"}


async def test_a_role_that_does_not_exist_makes_nothing(federation: Federation) -> None:
    odd = {"projects": [{"name": "new", "roles": [{"name": "emperor"}]}]}
    await rules(federation, [{"local": [NAMED, odd], "remote": SOMEBODY}])
    assert (await federation.login(**alice())).status_code == 404
    assert (await federation.done("GET", "/users?name=alice"))["users"] == []
    assert (await federation.done("GET", "/projects?name=new"))["projects"] == []


async def test_a_role_of_another_domain_is_refused(federation: Federation) -> None:
    async with federation.keystone.cloud.platform.context() as ctx:
        await DOMAINS.add(ctx.tx, Domain("d2", "d2"))
    await federation.done("POST", "/roles", {"role": {"name": "local", "domain_id": "d2"}})
    odd = {"projects": [{"name": "new", "roles": [{"name": "local"}]}]}
    await rules(federation, [{"local": [NAMED, odd], "remote": SOMEBODY}])
    assert (await federation.login(**alice())).status_code == 403


@pytest.mark.parametrize(
    ("version", "left"), [("1.0", {"one", "two"}), ("2.0", {"one", "two"}), ("3.0", {"two"})]
)
async def test_since_version_3_roles_go_when_they_are_asserted_no_longer(
    federation: Federation, version: str, left: set[str]
) -> None:
    def giving(name: str) -> list[Any]:
        local = {**NAMED, "projects": [{"name": name, "roles": [{"name": "member"}]}]}
        return [{"local": [local], "remote": SOMEBODY}]

    await rules(federation, giving("one"), version)
    first = token_of(await federation.login(**alice()))
    await rules(federation, giving("two"), version)
    second = token_of(await federation.login(**alice()))
    found = (await federation.keystone.call(second, "GET", "/auth/projects")).json()["projects"]
    assert {each["name"] for each in found} == left
    assert await holds(federation, first)


async def test_rules_that_cannot_be_followed(federation: Federation) -> None:
    for local in (
        {"group": {"id": "nothing"}},
        {"groups": "staff", "domain": {"name": "nowhere"}},
        {"user": {"name": "{7}"}},
    ):
        await rules(federation, [{"local": [local, NAMED], "remote": SOMEBODY}])
        assert (await federation.login(**alice())).status_code in (401, 404)
    assert (await federation.done("GET", "/users?name=alice"))["users"] == []

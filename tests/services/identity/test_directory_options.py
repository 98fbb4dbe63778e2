"""What an installation may say of how its LDAP directory keeps people: asked of a real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.drivers.ldap import LdapDirectory
from haneul.services.identity.errors import DirectoryUnreachable
from tests import directory_server
from tests.directory_server import SUFFIX, Server
from tests.services.identity.conftest import Keystone
from tests.services.identity.test_directories import PEOPLE, connect, everybody, login, options

DN = f"uid=p{{}},ou=people,{SUFFIX}"
MORE = f"""
dn: cn=enabled_users,ou=people,{SUFFIX}
objectClass: groupOfNames
cn: enabled_users
member: {DN.format(1).upper()}
member: {DN.format(2)}

dn: cn=active,{SUFFIX}
objectClass: groupOfUniqueNames
cn: active
uniqueMember: {DN.format(3)}

dn: cn=all,ou=groups,{SUFFIX}
objectClass: groupOfNames
cn: all
ou: everybody
member: cn=staff,ou=groups,{SUFFIX}
member: {DN.format(9)}

dn: cn=whole,ou=groups,{SUFFIX}
objectClass: groupOfNames
cn: whole
ou: the whole
businessCategory: company
member: cn=all,ou=groups,{SUFFIX}
member: cn=whole,ou=groups,{SUFFIX}

dn: ou=links,{SUFFIX}
objectClass: organizationalUnit
ou: links

dn: uid=p4,ou=links,{SUFFIX}
objectClass: alias
objectClass: extensibleObject
uid: p4
aliasedObjectName: {DN.format(4)}
"""
SAID = """
dn: {dn}
changetype: modify
replace: departmentNumber
departmentNumber: {number}
-
replace: employeeType
employeeType: {kind}
-
replace: title
title: Captain
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with directory_server.running(everybody() + MORE) as running:
        for i, number, kind in ((0, "512", "FALSE"), (1, "514", "TRUE")):
            running.change(SAID.format(dn=DN.format(i), number=number, kind=kind))
        yield running


@asynccontextmanager
async def directory(server: Server, **more: Any) -> AsyncIterator[LdapDirectory]:
    made = LdapDirectory(DirectoryOptions(**options(server, **more)))
    try:
        yield made
    finally:
        await made.close()


async def disabled(server: Server, **more: Any) -> set[str]:
    async with directory(server, **more) as known:
        people = await known.users()
        assert len(people) == PEOPLE
        return {each.id for each in people if not each.is_enabled}


async def test_a_group_may_say_who_is_enabled(server: Server) -> None:
    everyone = {f"p{i}" for i in range(PEOPLE)}
    assert await disabled(server, user_enabled_emulation=True) == everyone - {"p1", "p2"}
    named = await disabled(
        server,
        user_enabled_emulation=True,
        user_enabled_emulation_dn=f"cn=active,{SUFFIX}",
        user_enabled_emulation_use_group_config=True,
        group_objectclass="groupOfUniqueNames",
        group_member_attribute="uniqueMember",
    )
    assert named == everyone - {"p3"}


async def test_who_is_enabled_may_be_a_bit_or_its_opposite(server: Server) -> None:
    masked = {"user_enabled_attribute": "departmentNumber", "user_enabled_mask": 2}
    assert await disabled(server, **masked, user_enabled_default="512") == {"p1"}
    assert await disabled(server, **masked, user_enabled_default="514") == {f"p{i}" for i in range(1, PEOPLE)}
    inverted = {"user_enabled_attribute": "employeeType", "user_enabled_invert": True}
    assert await disabled(server, **inverted, user_enabled_default="False") == {"p1"}
    assert await disabled(server, user_enabled_attribute="employeeType") == {"p0"}
    ignored = {"user_enabled_attribute": "employeeType", "user_attribute_ignore": ["enabled"]}
    assert await disabled(server, **ignored) == set()


async def test_more_may_be_known_of_people_and_groups(server: Server) -> None:
    known = {
        "user_additional_attribute_mapping": ["title:rank", "employeeType:kind", "nonsense"],
        "user_default_project_id_attribute": "departmentNumber",
        "user_attribute_ignore": ["email"],
        "group_additional_attribute_mapping": ["businessCategory:category"],
        "group_attribute_ignore": ["description"],
    }
    async with directory(server, **known) as found:
        [person] = await found.users(id="p0")
        assert person.more == {"rank": "Captain", "kind": "FALSE"}
        assert (person.default_project_id, person.email) == ("512", None)
        groups = {each.id: each for each in await found.groups()}
        assert groups["whole"].more == {"category": "company"}
        assert groups["staff"].description is None
    async with directory(server, user_default_project_id_attribute="departmentNumber") as found:
        [person] = await found.users(id="p0")
        assert (person.default_project_id, person.email) == (None, "p0@example.org")  # ignored by default


async def test_what_more_is_known_is_shown(keystone: Keystone, server: Server) -> None:
    demo = keystone.ids["demo"]
    server.change(f"dn: {DN.format(5)}\nchangetype: modify\nreplace: title\ntitle: {demo}\n")
    more = {
        "user_additional_attribute_mapping": ["mail:contact"],
        "user_default_project_id_attribute": "title",
        "user_attribute_ignore": [],
        "group_additional_attribute_mapping": ["businessCategory:category"],
    }
    domain_id = await connect(keystone, server)
    admin = await keystone.token()
    config = {"config": {"ldap": options(server, **more)}}
    path = f"/domains/{domain_id}/config"
    assert (await keystone.call(admin, "PATCH", path, config)).status_code == 200
    assert (await login(keystone, domain_id, 5)).status_code == 201
    users = f"/users?domain_id={domain_id}&name=person5"
    [user] = (await keystone.call(admin, "GET", users)).json()["users"]
    assert (user["contact"], user["default_project_id"]) == ("p5@example.org", demo)
    groups = (await keystone.call(admin, "GET", f"/groups?domain_id={domain_id}")).json()["groups"]
    assert {each.get("category") for each in groups if each["name"] == "the whole"} == {"company"}


async def test_groups_may_be_in_groups(server: Server) -> None:
    async with directory(server) as flat:
        [person] = await flat.users(id="p0")
        assert {each.id for each in await flat.groups(of=person)} == {"staff"}
    async with directory(server, group_ad_nesting=True) as nested:
        assert {each.id for each in await nested.groups(of=person)} == {"staff", "all", "whole"}
        having = {each.id for each in await nested.groups() if each.has(person)}
        assert having == {"staff", "all", "whole"}
        [other] = await nested.users(id="p9")
        assert {each.id for each in await nested.groups(of=other)} == {"all", "whole"}


@pytest.mark.parametrize(
    ("aliases", "names"),
    [("never", []), ("default", []), ("finding", []), ("searching", ["p4"]), ("always", ["p4"])],
)
async def test_aliases_are_followed_where_they_should_be(
    server: Server, aliases: str, names: list[str]
) -> None:
    links = {"user_tree_dn": f"ou=links,{SUFFIX}", "query_scope": "sub"}
    async with directory(server, **links, alias_dereferencing=aliases) as found:
        assert [each.id for each in await found.users()] == names


@pytest.mark.parametrize("is_pooled", [True, False])
async def test_logins_may_share_connections(server: Server, is_pooled: bool) -> None:
    async with directory(server, use_auth_pool=is_pooled, auth_pool_size=2) as found:
        people = [(await found.users(id=f"p{i}"))[0] for i in range(6)]
        for _ in range(2):  # who logged in before on that connection changes nothing
            right = await asyncio.gather(
                *(found.is_password(each, f"secret {i}") for i, each in enumerate(people))
            )
            wrong = await asyncio.gather(
                *(found.is_password(each, f"secret {i + 1}") for i, each in enumerate(people))
            )
            assert (right, wrong) == ([True] * 6, [False] * 6)


async def test_a_directory_that_comes_back_is_waited_for() -> None:
    with directory_server.running(everybody()) as server:
        server.stop()
        async with directory(server, pool_retry_max=1) as impatient:
            with pytest.raises(DirectoryUnreachable):
                await impatient.users()
        async with directory(server, pool_retry_max=200, pool_retry_delay=0.05) as patient:
            asking = asyncio.create_task(patient.users())
            await asyncio.to_thread(server.start)
            assert len(await asking) == PEOPLE

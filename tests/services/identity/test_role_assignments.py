"""Who has which role on what: pages, domains, and what takes effect by detours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.identity.conftest import DOMAIN, Keystone


class Assignments:
    def __init__(self, keystone: Keystone, admin: str) -> None:
        self.keystone = keystone
        self.admin = admin

    async def page(self, query: str = "", token: str | None = None) -> dict[str, Any]:
        answer = await self.keystone.call(token or self.admin, "GET", f"/role_assignments?{query}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def of(self, query: str, token: str | None = None) -> set[tuple[str, str, str]]:
        """(user or group, role, where), without repetition."""
        found = (await self.page(query, token))["role_assignments"]
        said = [(_actor(each), each["role"]["id"], _target(each)) for each in found]
        assert len(said) == len(set(said))
        return set(said)

    async def made(self, path: str, thing: dict[str, Any]) -> str:
        [kind] = thing
        answer = await self.keystone.call(self.admin, "POST", path, thing)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()[kind]["id"]
        return id

    async def give(self, path: str) -> None:
        answer = await self.keystone.call(self.admin, "PUT", path)
        assert answer.status_code == 204, answer.text


def _actor(found: dict[str, Any]) -> str:
    id: str = (found.get("user") or found["group"])["id"]
    return id


def _target(found: dict[str, Any]) -> str:
    scope = found["scope"]
    id: str = "system" if "system" in scope else (scope.get("project") or scope["domain"])["id"]
    return id


@pytest.fixture
async def assignments(keystone: Keystone) -> Assignments:
    return Assignments(keystone, await keystone.token())


async def test_pages_hold_everything_once(assignments: Assignments) -> None:
    whole = await assignments.of("")
    seen: list[Any] = []
    query = "limit=2"
    while query:
        page = await assignments.page(query)
        assert len(page["role_assignments"]) <= 2
        seen += page["role_assignments"]
        following = page["links"]["next"]
        assert bool(following) == page.get("truncated", False)
        query = following.partition("?")[2] if following else ""
    said = [(_actor(each), each["role"]["id"], _target(each)) for each in seen]
    assert len(said) == len(whole)
    assert set(said) == whole


@pytest.mark.parametrize("marker", ["nonsense", "!", "WzFd", "%FF", "bnVsbA=="])
async def test_markers_that_are_none(assignments: Assignments, marker: str) -> None:
    path = f"/role_assignments?limit=2&marker={marker}"
    assert (await assignments.keystone.call(assignments.admin, "GET", path)).status_code == 404
    path = "/role_assignments?limit=x"
    assert (await assignments.keystone.call(assignments.admin, "GET", path)).status_code == 400


async def tree(assignments: Assignments) -> list[str]:
    """A project, one below it, one below that."""
    ids = [await assignments.made("/projects", {"project": {"name": "top"}})]
    for name in ("middle", "bottom"):
        ids.append(await assignments.made("/projects", {"project": {"name": name, "parent_id": ids[-1]}}))
    return ids


async def test_inheritance_reaches_the_projects_below_and_no_others(assignments: Assignments) -> None:
    top, middle, bottom = await tree(assignments)
    ids = assignments.keystone.ids
    user, reader = ids["reader"], ids["role:reader"]
    await assignments.give(
        f"/OS-INHERIT/projects/{top}/users/{user}/roles/{ids['role:member']}/inherited_to_projects"
    )
    await assignments.give(f"/projects/{middle}/users/{user}/roles/{ids['role:service']}")
    of_user = await assignments.of(f"user.id={user}&effective")
    assert {where for _, role, where in of_user if role == reader} == {ids["demo"], middle, bottom}
    assert await assignments.of(f"scope.project.id={top}&user.id={user}&effective") == set()
    in_middle = await assignments.of(f"scope.project.id={middle}&effective")
    assert {role for who, role, where in in_middle if who == user and where == middle} == {
        ids[f"role:{name}"] for name in ("member", "reader", "service")
    }
    assert {where for _, _, where in in_middle} == {middle}
    below = await assignments.of(f"scope.project.id={middle}&include_subtree&effective&role.id={reader}")
    assert {(who, where) for who, _, where in below} == {(user, middle), (user, bottom)}
    assert await assignments.of("scope.project.id=nowhere&effective") == set()
    inherited = f"user.id={user}&effective&scope.OS-INHERIT:inherited_to=projects"
    assert {where for _, _, where in await assignments.of(inherited)} == {middle, bottom}


async def test_a_role_is_found_by_those_that_imply_it(assignments: Assignments) -> None:
    ids = assignments.keystone.ids
    found = await assignments.of(f"role.id={ids['role:reader']}&scope.project.id={ids['demo']}&effective")
    assert {who for who, _, _ in found} >= {ids["member"], ids["reader"]}
    given = await assignments.of(f"role.id={ids['role:reader']}&scope.project.id={ids['demo']}")
    assert {who for who, _, _ in given} == {ids["reader"]}


async def test_a_domains_admin_sees_what_is_in_the_domain(assignments: Assignments) -> None:
    ids = assignments.keystone.ids
    await assignments.give(f"/domains/default/users/{ids['admin']}/roles/{ids['role:admin']}")
    elsewhere = await assignments.made("/domains", {"domain": {"name": "elsewhere"}})
    await assignments.give(f"/domains/{elsewhere}/users/{ids['member']}/roles/{ids['role:member']}")
    own = await assignments.keystone.token(scope=DOMAIN)
    whole = await assignments.of("")
    for query in ("", "effective"):
        found = {where for _, _, where in await assignments.of(query, own)}
        assert found == {where for _, _, where in whole} - {"system", elsewhere}


async def _with_everything(assignments: Assignments) -> None:
    """Roles of every kind: of many people, by groups, inherited, implied."""
    ids = assignments.keystone.ids
    group = await assignments.made("/groups", {"group": {"name": "crowd"}})
    top = await assignments.made("/projects", {"project": {"name": "top"}})
    await assignments.made("/projects", {"project": {"name": "below", "parent_id": top}})
    for i in range(25):
        user = await assignments.made("/users", {"user": {"name": f"u{i}"}})
        if i % 2:
            await assignments.give(f"/groups/{group}/users/{user}")
        if i % 3 == 0:
            await assignments.give(f"/projects/{top}/users/{user}/roles/{ids['role:member']}")
    inherited = f"/OS-INHERIT/projects/{top}/groups/{group}/roles/{ids['role:manager']}/inherited_to_projects"
    await assignments.give(inherited)
    await assignments.give(f"/system/groups/{group}/roles/{ids['role:reader']}")


async def test_what_takes_effect_is_paged_too(assignments: Assignments) -> None:
    await _with_everything(assignments)
    whole = await assignments.page("effective&include_names")
    assert not whole["links"]["next"] and "truncated" not in whole
    assert len(whole["role_assignments"]) > 70
    for query in (
        "effective&include_names",
        f"effective&include_names&role.id={_role(assignments, 'member')}",
    ):
        expected = (await assignments.page(query))["role_assignments"]
        found: list[Any] = []
        marker = ""
        while True:
            page = await assignments.page(f"{query}&limit=7{marker}")
            found += page["role_assignments"]
            assert len(page["role_assignments"]) == 7 or not page["links"]["next"]
            if not page["links"]["next"]:
                break
            assert page["truncated"] is True
            marker = "&marker=" + page["links"]["next"].partition("marker=")[2]
        assert found == expected


async def test_what_takes_effect_on_one_thing_is_paged(assignments: Assignments) -> None:
    await _with_everything(assignments)
    [top] = (await assignments.keystone.call(assignments.admin, "GET", "/projects?name=top")).json()[
        "projects"
    ]
    query = f"effective&scope.project.id={top['id']}&include_subtree"
    first = await assignments.page(f"{query}&limit=10")
    marker = first["links"]["next"].partition("marker=")[2]
    rest = await assignments.page(f"{query}&limit=1000&marker={marker}")
    said = [str(each) for page in (first, rest) for each in page["role_assignments"]]
    assert len(said) == len(set(said)) == len((await assignments.page(query))["role_assignments"])


async def test_the_list_about_all_may_be_empty_or_only_asked_about(assignments: Assignments) -> None:
    assert (await assignments.page("effective&role.id=absent"))["role_assignments"] == []
    path = "/role_assignments?effective"
    asked = await assignments.keystone.call(assignments.admin, "HEAD", path)
    assert (asked.status_code, asked.content) == (200, b"")


def _role(assignments: Assignments, name: str) -> str:
    return assignments.keystone.ids[f"role:{name}"]

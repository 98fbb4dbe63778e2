"""Domains, projects, users, groups, roles and the catalogue, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.identity.store.credentials import CREDENTIALS
from tests.services.identity.conftest import Keystone

KINDS = [
    ("domains", "domain", {"name": "d1"}, {"description": "changed"}),
    ("projects", "project", {"name": "p1", "tags": ["a"], "colour": "red"}, {"name": "p2", "colour": "blue"}),
    ("users", "user", {"name": "u1", "password": "x", "email": "u@x"}, {"enabled": False, "email": "v@x"}),
    ("groups", "group", {"name": "g1", "description": "all"}, {"name": "g2"}),
    ("roles", "role", {"name": "r1"}, {"name": "r2", "description": "new"}),
    ("regions", "region", {"id": "r-1", "description": "here"}, {"description": "there"}),
    ("services", "service", {"type": "t", "name": "s"}, {"enabled": False, "description": "off"}),
    ("credentials", "credential", {"type": "cert", "blob": "secret"}, {"blob": "other"}),
]


@pytest.mark.parametrize(("plural", "singular", "new", "changes"), KINDS)
async def test_a_life(
    keystone: Keystone, plural: str, singular: str, new: dict[str, Any], changes: dict[str, Any]
) -> None:
    admin = await keystone.token()
    created = await keystone.call(admin, "POST", f"/{plural}", {singular: new})
    assert created.status_code == 201, created.text
    thing = created.json()[singular]
    path = f"/{plural}/{thing['id']}"
    assert thing["links"]["self"] == f"http://cloud.test/identity/v3{path}"
    assert {k: v for k, v in new.items() if k != "password"}.items() <= thing.items()
    assert "password" not in thing
    assert (await keystone.call(admin, "GET", path)).json()[singular] == thing
    assert (await keystone.call(admin, "HEAD", path)).status_code == 200
    assert thing in (await keystone.call(admin, "GET", f"/{plural}")).json()[plural]
    changed = await keystone.call(admin, "PATCH", path, {singular: changes})
    assert changed.status_code == 200, changed.text
    shown = changed.json()[singular]
    if singular in ("project", "user"):  # upstream shows once more what is not of its own
        assert shown.pop("extra").items() <= changes.items()
    assert shown == {**thing, **changes}
    if plural == "domains":
        refused = await keystone.call(admin, "DELETE", path)
        assert refused.status_code == 403
        await keystone.call(admin, "PATCH", path, {"domain": {"enabled": False}})
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    gone = await keystone.call(admin, "GET", path)
    assert gone.status_code == 404
    assert gone.json()["error"]["message"] == f"Could not find {singular}: {thing['id']}."


@pytest.mark.parametrize(
    ("plural", "singular", "new", "changes"), [k for k in KINDS if k[0] != "services"][:-1]
)
async def test_a_name_is_taken_once(
    keystone: Keystone, plural: str, singular: str, new: dict[str, Any], changes: dict[str, Any]
) -> None:
    admin = await keystone.token()
    await keystone.call(admin, "POST", f"/{plural}", {singular: new})
    before = (await keystone.call(admin, "GET", f"/{plural}")).json()
    again = await keystone.call(admin, "POST", f"/{plural}", {singular: new})
    assert again.status_code == 409
    assert again.json()["error"]["message"].startswith(f"Conflict occurred attempting to store {singular} - ")
    assert (await keystone.call(admin, "GET", f"/{plural}")).json() == before


async def test_lists_are_filtered_and_paged(keystone: Keystone) -> None:
    admin = await keystone.token()
    for name in ("x-1", "x-2", "y-1"):
        await keystone.call(admin, "POST", "/projects", {"project": {"name": name, "enabled": name != "x-2"}})

    async def names(query: str) -> set[str]:
        found = (await keystone.call(admin, "GET", f"/projects?{query}")).json()["projects"]
        return {p["name"] for p in found}

    assert await names("name=x-1") == {"x-1"}
    assert await names("name__startswith=x-") == {"x-1", "x-2"}
    assert await names("name__endswith=-1") == {"x-1", "y-1"}
    assert await names("name__icontains=X-&enabled=true") == {"x-1"}
    assert await names("enabled=False") == {"x-2"}
    assert await names("domain_id=elsewhere") == set()
    seen: list[str] = []
    path = "/projects?limit=2"
    while path:
        page = (await keystone.call(admin, "GET", path)).json()
        seen += [p["name"] for p in page["projects"]]
        path = (page["links"]["next"] or "").removeprefix("http://cloud.test/identity/v3")
    assert sorted(seen) == sorted(await names(""))


async def test_projects_form_a_tree(keystone: Keystone) -> None:
    admin = await keystone.token()
    above = "default"
    ids = []
    for name in ("one", "two", "three"):
        body = {"project": {"name": name, "parent_id": above}}
        above = (await keystone.call(admin, "POST", "/projects", body)).json()["project"]["id"]
        ids.append(above)
    shown = await keystone.call(admin, "GET", f"/projects/{ids[1]}?parents_as_list&subtree_as_ids")
    project = shown.json()["project"]
    assert project["parents"] == []
    role = keystone.ids["role:reader"]
    await keystone.call(admin, "PUT", f"/projects/{ids[0]}/users/{keystone.ids['admin']}/roles/{role}")
    shown = await keystone.call(admin, "GET", f"/projects/{ids[1]}?parents_as_list&subtree_as_list")
    assert [p["project"]["id"] for p in shown.json()["project"]["parents"]] == [ids[0]]
    assert shown.json()["project"]["subtree"] == []
    shown = await keystone.call(admin, "GET", f"/projects/{ids[1]}?parents_as_ids")
    assert shown.json()["project"]["parents"] == {ids[0]: {"default": None}}
    both = await keystone.call(admin, "GET", f"/projects/{ids[1]}?parents_as_ids&parents_as_list")
    assert both.status_code == 400
    assert project["subtree"] == {ids[2]: None}
    assert (await keystone.call(admin, "DELETE", f"/projects/{ids[0]}")).status_code == 403
    off = {"project": {"enabled": False}}
    assert (await keystone.call(admin, "PATCH", f"/projects/{ids[0]}", off)).status_code == 403
    for id in reversed(ids):
        assert (await keystone.call(admin, "DELETE", f"/projects/{id}")).status_code == 204


async def test_tags(keystone: Keystone) -> None:
    admin = await keystone.token()
    path = f"/projects/{keystone.ids['demo']}/tags"
    assert (await keystone.call(admin, "PUT", path, {"tags": ["a", "b"]})).json()["tags"] == ["a", "b"]
    assert (await keystone.call(admin, "PUT", f"{path}/c")).status_code == 201
    assert (await keystone.call(admin, "GET", f"{path}/c")).status_code == 204
    assert (await keystone.call(admin, "DELETE", f"{path}/a")).status_code == 204
    assert (await keystone.call(admin, "DELETE", f"{path}/a")).status_code == 404

    async def found(query: str) -> bool:
        projects = (await keystone.call(admin, "GET", f"/projects?{query}")).json()["projects"]
        return keystone.ids["demo"] in {p["id"] for p in projects}

    assert await found("tags=b,c")
    assert not await found("tags=a,b")
    assert await found("tags-any=a,b")
    assert await found("not-tags=a,b")
    assert not await found("not-tags-any=a,b")
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", path)).json()["tags"] == []


async def test_a_group_gives_its_members_roles(keystone: Keystone) -> None:
    admin = await keystone.token()
    group = (await keystone.call(admin, "POST", "/groups", {"group": {"name": "g"}})).json()["group"]["id"]
    member = f"/groups/{group}/users/{keystone.ids['member']}"
    assert (await keystone.call(admin, "HEAD", member)).status_code == 404
    assert (await keystone.call(admin, "PUT", member)).status_code == 204
    assert (await keystone.call(admin, "HEAD", member)).status_code == 204
    role = f"/system/groups/{group}/roles/{keystone.ids['role:reader']}"
    assert (await keystone.call(admin, "PUT", role)).status_code == 204
    token = await keystone.token("member", {"system": {"all": True}})
    assert (await keystone.call(token, "GET", "/users")).status_code == 200
    groups = (await keystone.call(token, "GET", f"/users/{keystone.ids['member']}/groups")).json()["groups"]
    assert [g["id"] for g in groups] == [group]
    users = (await keystone.call(admin, "GET", f"/groups/{group}/users")).json()["users"]
    assert [u["name"] for u in users] == ["member"]
    assert (await keystone.call(admin, "DELETE", member)).status_code == 204
    assert (await keystone.call(token, "GET", "/users")).status_code == 401
    assert (await keystone.login("member", scope={"system": {"all": True}})).status_code == 401


async def test_a_domain_goes_with_all_that_is_in_it(keystone: Keystone) -> None:
    admin = await keystone.token()
    body = {"domain": {"name": "d"}}
    domain = (await keystone.call(admin, "POST", "/domains", body)).json()["domain"]["id"]
    paths = []
    for plural, singular in (("projects", "project"), ("users", "user"), ("groups", "group")):
        body = {singular: {"name": "inside", "domain_id": domain}}
        thing = (await keystone.call(admin, "POST", f"/{plural}", body)).json()[singular]
        paths.append(f"/{plural}/{thing['id']}")
    assert (await keystone.call(admin, "DELETE", f"/domains/{domain}")).status_code == 403
    await keystone.call(admin, "PATCH", f"/domains/{domain}", {"domain": {"enabled": False}})
    assert (await keystone.call(admin, "DELETE", f"/domains/{domain}")).status_code == 204
    for path in paths:
        assert (await keystone.call(admin, "GET", path)).status_code == 404


async def test_implied_roles(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids
    new = (await keystone.call(admin, "POST", "/roles", {"role": {"name": "Auditor"}})).json()["role"]["id"]
    path = f"/roles/{new}/implies/{ids['role:reader']}"
    assert (await keystone.call(admin, "PUT", path)).status_code == 201
    assert (await keystone.call(admin, "PUT", path)).status_code == 409
    assert (await keystone.call(admin, "HEAD", path)).status_code == 204
    implied = (await keystone.call(admin, "GET", f"/roles/{new}/implies")).json()["role_inference"]
    assert [r["name"] for r in implied["implies"]] == ["reader"]
    back = f"/roles/{ids['role:reader']}/implies/{new}"
    assert (await keystone.call(admin, "PUT", back)).status_code == 201  # a circle is no harm
    assert {r["name"] for r in (await keystone.login("reader")).json()["token"]["roles"]} == {
        "Auditor",
        "reader",
    }
    assert (await keystone.call(admin, "DELETE", back)).status_code == 204
    admin = await keystone.token()  # tokens with the role have ended
    inferences = (await keystone.call(admin, "GET", "/role_inferences")).json()["role_inferences"]
    assert "Auditor" in {i["prior_role"]["name"] for i in inferences}
    grant = f"/projects/{ids['demo']}/users/{ids['reader']}/roles/{new}"
    await keystone.call(admin, "PUT", grant)
    token = (await keystone.login("reader")).json()["token"]
    assert {r["name"] for r in token["roles"]} == {"Auditor", "reader"}
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", path)).status_code == 404


async def test_a_domains_own_role_gives_what_it_implies_in_its_domain(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids

    async def new_role(name: str, domain_id: str) -> str:
        body = {"role": {"name": name, "domain_id": domain_id}}
        made = await keystone.call(admin, "POST", "/roles", body)
        assert made.status_code == 201
        return made.json()["role"]["id"]

    await keystone.call(admin, "POST", "/domains", {"domain": {"name": "d", "explicit_domain_id": "d0"}})
    own, others = await new_role("operator", "default"), await new_role("operator", "d0")
    here = f"/projects/{ids['demo']}/users/{ids['reader']}/roles"
    assert (await keystone.call(admin, "PUT", f"{here}/{others}")).status_code == 403
    link = f"/roles/{own}/implies/{ids['role:manager']}"
    assert (await keystone.call(admin, "PUT", link)).status_code == 201
    assert (await keystone.call(admin, "PUT", f"{here}/{own}")).status_code == 204
    login = await keystone.login("reader")
    assert {r["name"] for r in login.json()["token"]["roles"]} == {"manager", "member", "reader"}
    assert (await keystone.call(admin, "DELETE", link)).status_code == 204
    used = login.headers["X-Subject-Token"]
    assert (await keystone.call(used, "GET", "/auth/projects")).status_code == 401
    assert [r["name"] for r in (await keystone.login("reader")).json()["token"]["roles"]] == ["reader"]


async def test_endpoints_and_regions_hold_together(keystone: Keystone) -> None:
    admin = await keystone.token()
    service = (await keystone.call(admin, "POST", "/services", {"service": {"type": "dns"}})).json()[
        "service"
    ]
    new = {
        "service_id": service["id"],
        "interface": "public",
        "url": "http://x/$(project_id)s",
        "region": "R2",
    }
    created = await keystone.call(admin, "POST", "/endpoints", {"endpoint": new})
    assert created.status_code == 201
    assert created.json()["endpoint"]["region_id"] == "R2"
    assert (await keystone.call(admin, "DELETE", "/regions/R2")).status_code == 403
    login = (await keystone.login()).json()["token"]
    [entry] = [e for e in login["catalog"] if e["type"] == "dns"]
    assert entry["endpoints"][0]["url"] == f"http://x/{login['project']['id']}"
    assert (await keystone.call(admin, "DELETE", f"/services/{service['id']}")).status_code == 204
    assert (
        await keystone.call(admin, "GET", f"/endpoints/{created.json()['endpoint']['id']}")
    ).status_code == 404
    assert (await keystone.call(admin, "DELETE", "/regions/R2")).status_code == 204


async def test_role_assignments_as_given_and_as_they_hold(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids
    group = (await keystone.call(admin, "POST", "/groups", {"group": {"name": "g"}})).json()["group"]["id"]
    await keystone.call(admin, "PUT", f"/groups/{group}/users/{ids['reader']}")
    inherited = f"/OS-INHERIT/domains/default/groups/{group}/roles/{ids['role:member']}/inherited_to_projects"
    assert (await keystone.call(admin, "PUT", inherited)).status_code == 204
    assert (await keystone.call(admin, "HEAD", inherited)).status_code == 204

    async def listed(query: str) -> list[dict[str, Any]]:
        return (await keystone.call(admin, "GET", f"/role_assignments?{query}")).json()["role_assignments"]

    [given] = await listed(f"group.id={group}")
    assert given["scope"] == {"domain": {"id": "default"}, "OS-INHERIT:inherited_to": "projects"}
    assert [a["role"]["id"] for a in await listed(f"user.id={ids['reader']}")] == [ids["role:reader"]]
    query = f"user.id={ids['reader']}&scope.project.id={ids['demo']}&effective&include_names"
    assert {a["role"]["name"] for a in await listed(query)} == {"member", "reader"}
    assert all(a["user"]["domain"]["name"] == "Default" for a in await listed(query))
    [system] = await listed("scope.system=all")
    assert system["scope"] == {"system": {"all": True}}
    token = (await keystone.login("reader", scope={"project": {"id": ids["demo"]}})).json()["token"]
    assert {r["name"] for r in token["roles"]} == {"member", "reader"}
    reader = await keystone.token("reader")
    projects = (await keystone.call(reader, "GET", "/auth/projects")).json()["projects"]
    assert {p["name"] for p in projects} == {"admin", "demo", "service"}
    assert (await keystone.call(admin, "DELETE", inherited)).status_code == 204
    assert await listed(f"group.id={group}") == []


async def test_application_credentials(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    path = f"/users/{ids['member']}/application_credentials"
    wanted = {"application_credential": {"name": "ci", "roles": [{"name": "reader"}]}}
    created = await keystone.call(member, "POST", path, wanted)
    assert created.status_code == 201
    credential = created.json()["application_credential"]
    assert (await keystone.call(member, "POST", path, wanted)).status_code == 409
    shown = await keystone.call(member, "GET", f"{path}/{credential['id']}")
    assert "secret" not in shown.json()["application_credential"]
    more = {"application_credential": {"name": "more", "roles": [{"name": "admin"}]}}
    assert (await keystone.call(member, "POST", path, more)).status_code == 400

    async def login(secret: str, **proof: Any) -> Any:
        method = {
            "methods": ["application_credential"],
            "application_credential": {"secret": secret, **proof},
        }
        return await keystone.cloud.http.post("/identity/v3/auth/tokens", json={"auth": {"identity": method}})

    by_name = {"name": "ci", "user": {"id": ids["member"]}}
    for proof in ({"id": credential["id"]}, by_name):
        answer = await login(credential["secret"], **proof)
        assert answer.status_code == 201
        token = answer.json()["token"]
        assert token["project"]["id"] == ids["demo"]
        assert [r["name"] for r in token["roles"]] == ["reader"]
    assert (await login("wrong", **by_name)).status_code == 401
    used = answer.headers["X-Subject-Token"]
    assert (await keystone.call(used, "POST", path, more)).status_code == 403
    assert (await keystone.call(member, "DELETE", f"{path}/{credential['id']}")).status_code == 204
    assert (await keystone.call(used, "GET", "/auth/projects")).status_code == 401
    assert (await login(credential["secret"], **by_name)).status_code == 401


async def test_ec2_keys_are_kept_encrypted(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    path = f"/users/{ids['member']}/credentials/OS-EC2"
    made = (await keystone.call(member, "POST", path, {"tenant_id": ids["demo"]})).json()["credential"]
    assert (await keystone.call(member, "GET", path)).json()["credentials"] == [made]
    assert (await keystone.call(member, "GET", f"{path}/{made['access']}")).json()["credential"] == made
    async with keystone.cloud.platform.reading() as ctx:
        stored = str(await CREDENTIALS.find(ctx.tx, user_id=ids["member"]))
    assert "ec2" in stored
    assert made["access"] not in stored
    assert made["secret"] not in stored
    assert (await keystone.call(member, "DELETE", f"{path}/{made['access']}")).status_code == 204
    assert (await keystone.call(member, "GET", f"{path}/{made['access']}")).status_code in (403, 404)


async def test_where_a_role_of_a_domain_may_be_given(keystone: Keystone) -> None:
    admin, user = await keystone.token(), keystone.ids["member"]
    new = {"domain": {"name": "other"}}
    domain = (await keystone.call(admin, "POST", "/domains", new)).json()["domain"]["id"]
    body = {"role": {"name": "theirs", "domain_id": domain}}
    role = (await keystone.call(admin, "POST", "/roles", body)).json()["role"]["id"]
    expected = {"domains/default": 204, f"projects/{keystone.ids['demo']}": 403, "system": 400}
    for target, status in expected.items():
        answer = await keystone.call(admin, "PUT", f"/{target}/users/{user}/roles/{role}")
        assert answer.status_code == status, target
    path = f"/role_assignments?user.id={user}&scope.domain.id=default"
    [given] = (await keystone.call(admin, "GET", path)).json()["role_assignments"]
    assert given["role"]["id"] == role
    effective = await keystone.call(admin, "GET", f"{path}&effective")
    assert effective.json()["role_assignments"] == []


async def test_who_may_not_delete_a_thing_is_told_that_it_is_not_there(keystone: Keystone) -> None:
    reader = await keystone.token("reader")
    for kind in ("domains", "groups", "roles", "limits", "OS-TRUST/trusts"):
        assert (await keystone.call(reader, "DELETE", f"/{kind}/nothing")).status_code == 404, kind
    for kind in ("users", "projects", "regions"):
        assert (await keystone.call(reader, "DELETE", f"/{kind}/nothing")).status_code == 403, kind


@pytest.mark.parametrize("actor", ["users", "groups"])
@pytest.mark.parametrize("target", ["projects", "domains", "system"])
async def test_a_role_is_there_from_being_given_until_it_is_taken(
    keystone: Keystone, actor: str, target: str
) -> None:
    """On the target itself, and on what is below it, which are two things."""
    admin, ids = await keystone.token(), keystone.ids
    of_group = await keystone.call(admin, "POST", "/groups", {"group": {"name": "g"}})
    actor_id = ids["reader"] if actor == "users" else of_group.json()["group"]["id"]
    place = {"projects": f"projects/{ids['demo']}", "domains": "domains/default", "system": "system"}[target]
    role = f"{place}/{actor}/{actor_id}/roles/{ids['role:member']}"
    paths = [f"/{role}"] if target == "system" else [f"/{role}", f"/OS-INHERIT/{role}/inherited_to_projects"]

    async def given() -> list[int]:
        return [(await keystone.call(admin, "GET", path)).status_code for path in paths]

    assert await given() == [404] * len(paths)
    for i, path in enumerate(paths):
        assert (await keystone.call(admin, "PUT", path)).status_code == 204
        assert await given() == [204] * (i + 1) + [404] * (len(paths) - i - 1)
        listed = (await keystone.call(admin, "GET", path.replace(f"/{ids['role:member']}", ""))).json()
        assert ids["role:member"] in {each["id"] for each in listed["roles"]}
    for i, path in enumerate(paths):
        assert (await keystone.call(admin, "DELETE", path)).status_code == 204
        assert await given() == [404] * (i + 1) + [204] * (len(paths) - i - 1)

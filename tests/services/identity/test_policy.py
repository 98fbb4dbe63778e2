"""Who may do what: persona by operation, with upstream's defaults."""

from __future__ import annotations

import pytest

from haneul.services.identity import public as identity
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.roles import Assignment
from haneul.services.identity.store.projects import DOMAINS
from haneul.services.identity.store.roles import ASSIGNMENTS
from tests.services.identity.conftest import PASSWORD, SYSTEM, V3, Keystone

PERSONAS = ("admin", "system_reader", "domain_manager", "domain_reader", "member", "reader", "unscoped")
ALL = set(PERSONAS)
READS = {"admin", "system_reader"}
IN_DOMAIN = {*READS, "domain_manager", "domain_reader"}
MANAGES = {"admin", "domain_manager"}

OPERATIONS = [
    # method, path, body, who may
    ("GET", "/users", None, IN_DOMAIN),
    ("GET", "/users/{inside}", None, IN_DOMAIN),
    ("GET", "/users/{member}", None, {*READS, "member"}),
    ("POST", "/users", {"user": {"name": "new", "domain_id": "d1"}}, MANAGES),
    ("POST", "/users", {"user": {"name": "new", "domain_id": "default"}}, {"admin"}),
    ("PATCH", "/users/{inside}", {"user": {"description": "x"}}, MANAGES),
    ("PATCH", "/users/{member}", {"user": {"description": "x"}}, {"admin"}),
    ("DELETE", "/users/{spare}", None, MANAGES),
    ("GET", "/users/{member}/projects", None, {*READS, "member"}),
    ("GET", "/users/{member}/groups", None, {*READS, "member"}),
    ("GET", "/groups", None, IN_DOMAIN),
    ("POST", "/groups", {"group": {"name": "new", "domain_id": "d1"}}, MANAGES),
    ("GET", "/projects", None, IN_DOMAIN),
    ("GET", "/projects/{demo}", None, {*READS, "member", "reader"}),
    ("POST", "/projects", {"project": {"name": "new", "domain_id": "d1"}}, MANAGES),
    ("POST", "/projects", {"project": {"name": "new", "domain_id": "default"}}, {"admin"}),
    ("PATCH", "/projects/{demo}", {"project": {"description": "x"}}, {"admin"}),
    ("PUT", "/projects/{demo}/tags", {"tags": ["x"]}, {"admin"}),
    ("GET", "/domains", None, IN_DOMAIN),
    ("GET", "/domains/d1", None, IN_DOMAIN),
    ("GET", "/domains/default", None, {*READS, "member", "reader"}),
    ("POST", "/domains", {"domain": {"name": "new"}}, {"admin"}),
    ("DELETE", "/domains/d1", None, set()),  # it is enabled
    ("GET", "/roles", None, {*READS, "domain_manager"}),
    ("POST", "/roles", {"role": {"name": "new"}}, {"admin"}),
    ("GET", "/role_inferences", None, READS),
    ("GET", "/role_assignments", None, IN_DOMAIN),
    ("PUT", "/projects/{p1}/users/{inside}/roles/{role:member}", None, MANAGES),
    ("PUT", "/projects/{p1}/users/{inside}/roles/{role:admin}", None, {"admin"}),
    ("PUT", "/projects/{demo}/users/{inside}/roles/{role:member}", None, {"admin"}),
    ("PUT", "/system/users/{inside}/roles/{role:reader}", None, {"admin"}),
    ("GET", "/system/users/{member}/roles", None, READS),
    ("GET", "/regions", None, ALL),
    ("POST", "/regions", {"region": {}}, {"admin"}),
    ("GET", "/services", None, READS),
    ("POST", "/services", {"service": {"type": "x"}}, {"admin"}),
    ("GET", "/endpoints", None, READS),
    ("GET", "/users/{member}/application_credentials", None, {*READS, "member"}),
    ("GET", "/users/{member}/credentials/OS-EC2", None, {*READS, "member"}),
    ("GET", "/credentials", None, ALL),
    ("GET", "/auth/projects", None, ALL),
]


@pytest.fixture
async def tokens(keystone: Keystone) -> dict[str, str]:
    """A token for every persona; domain d1 holds user `inside` and project p1."""
    ids = keystone.ids
    async with keystone.cloud.platform.context() as ctx:
        await DOMAINS.add(ctx.tx, Domain("d1", "d1"))
        ids["p1"] = (await identity.ensure_project(ctx, "p1", domain_id="d1")).id
        for name in ("inside", "domain_manager", "domain_reader", "spare"):
            ids[name] = (await identity.ensure_user(ctx, name, PASSWORD, domain_id="d1")).id
        ids["system_reader"] = (await identity.ensure_user(ctx, "system_reader", PASSWORD)).id
        await identity.grant(ctx, "reader", user_id=ids["system_reader"])
        for role in ("manager", "reader"):
            holder = ids[f"domain_{role}"]
            await ASSIGNMENTS.add(ctx.tx, Assignment(holder, "domain", "d1", ids[f"role:{role}"]))
    found = {
        "admin": await keystone.token(),
        "member": await keystone.token("member"),
        "reader": await keystone.token("reader"),
        "unscoped": await keystone.token("reader", "unscoped"),
        "system_reader": await keystone.token("system_reader", SYSTEM),
    }
    for name in ("domain_manager", "domain_reader"):
        found[name] = await _domain_token(keystone, name)
    ids["unscoped"] = ids["reader"]
    return found


async def _domain_token(keystone: Keystone, name: str) -> str:
    user = {"name": name, "domain": {"id": "d1"}, "password": PASSWORD}
    method = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": method, "scope": {"domain": {"id": "d1"}}}}
    answer = await keystone.cloud.http.post(f"{V3}/auth/tokens", json=body)
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"]


async def test_persona_by_operation(keystone: Keystone, tokens: dict[str, str]) -> None:
    wrong = []
    for method, path, body, allowed in OPERATIONS:
        where = path
        for name, id in keystone.ids.items():
            where = where.replace("{" + name + "}", id)
        for persona in reversed(PERSONAS):  # the admin last: what they may do changes things
            answer = await keystone.call(tokens[persona], method, where, body)
            is_let_in = answer.status_code not in (401, 403)
            if is_let_in != (persona in allowed):
                wrong.append((method, path, persona, answer.status_code, answer.text))
    assert wrong == []


async def test_who_acts_in_a_domain_sees_that_domain_only(keystone: Keystone, tokens: dict[str, str]) -> None:
    token = tokens["domain_reader"]
    users = (await keystone.call(token, "GET", "/users")).json()["users"]
    assert {u["name"] for u in users} == {"inside", "domain_manager", "domain_reader", "spare"}
    assert [p["name"] for p in (await keystone.call(token, "GET", "/projects")).json()["projects"]] == ["p1"]
    assert [d["id"] for d in (await keystone.call(token, "GET", "/domains")).json()["domains"]] == ["d1"]
    found = (await keystone.call(token, "GET", "/role_assignments")).json()["role_assignments"]
    assert {a["scope"]["domain"]["id"] for a in found} == {"d1"}


async def test_a_member_sees_only_their_own_credentials(keystone: Keystone, tokens: dict[str, str]) -> None:
    for owner in ("admin", "member"):
        body = {"credential": {"type": "cert", "blob": owner}}
        assert (await keystone.call(tokens[owner], "POST", "/credentials", body)).status_code == 201
    mine = (await keystone.call(tokens["member"], "GET", "/credentials")).json()["credentials"]
    assert [c["blob"] for c in mine] == ["member"]
    everybodys = (await keystone.call(tokens["admin"], "GET", "/credentials")).json()["credentials"]
    assert {c["blob"] for c in everybodys} == {"admin", "member"}

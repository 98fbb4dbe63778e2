"""Every route, asked nonsense: refused politely, and nothing has changed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from haneul import control_plane
from haneul.kernel.db import METADATA, Query
from tests.services.identity.conftest import V3, Keystone

ROUTES = [r for r in control_plane.served("identity").routes if r.auth and r.path != "/v3/auth/tokens"]
WRITES = [r for r in ROUTES if r.method in ("POST", "PUT", "PATCH", "DELETE")]
NONSENSE: list[Any] = [None, 1, "text", [], {}, {"x": 1}]
VALUES: list[Any] = [
    None,
    1,
    "text",
    [],
    {},
    {"name": 7},
    {"name": ""},
    {"name": "x" * 300},
    {"enabled": "no"},
]
SINGULARS = (
    "user", "project", "domain", "group", "role", "region", "service", "endpoint", "credential",
    "application_credential", "tags",
)  # fmt: skip


async def everything(keystone: Keystone) -> dict[str, list[Any]]:
    """All rows of identity."""
    found = {}
    async with keystone.cloud.platform.reading() as ctx:
        for table in METADATA.sorted_tables:
            if table.name.startswith("identity_"):
                found[table.name] = sorted(map(repr, await ctx.tx.all(Query(sa.select(table)))))
    return found


def filled(path: str, id: str) -> str:
    return re.sub(r"\{[^}]+\}", id, path.removeprefix("/v3"))


@pytest.mark.slow
async def test_bodies_of_the_wrong_shape(keystone: Keystone) -> None:
    admin = await keystone.token()
    before = await everything(keystone)
    bodies = [*NONSENSE, *({name: value} for name in SINGULARS for value in VALUES if value != {})]
    for route in WRITES:
        if route.body is None:
            continue
        path = filled(route.path, "unknown")
        for body in bodies:
            if (
                "projects/unknown/tags" not in path
                and path in ("/regions", "/regions/unknown")
                and (isinstance(body, dict) and isinstance(body.get("region"), dict))
            ):
                continue  # a region needs no name, and keeps what it does not know
            if path == "/OS-FEDERATION/identity_providers/unknown" and body == {}:
                continue  # an identity provider needs nothing but its id
            answer = await keystone.call(admin, route.method, path, body)
            assert answer.status_code in (400, 404), f"{route.method} {path} {body}: {answer.text}"
            assert set(answer.json()["error"]) == {"code", "message", "title"}
    assert await everything(keystone) == before


async def test_wrong_values_for_things_that_exist(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids
    service = (await keystone.call(admin, "GET", "/services")).json()["services"][0]["id"]
    endpoint = (await keystone.call(admin, "GET", "/endpoints")).json()["endpoints"][0]["id"]
    wrong = {
        f"/users/{ids['member']}": {"user": [{"name": 1}, {"enabled": "x"}, {"id": "x"}, {"domain_id": "x"}]},
        f"/projects/{ids['demo']}": {
            "project": [{"name": "nul\0"}, {"tags": ["a,b"]}, {"options": 1}, {"id": "x"}]
        },
        "/domains/default": {"domain": [{"name": None}, {"enabled": 1}, {"tags": "x"}, {"id": "x"}]},
        "/regions/RegionOne": {
            "region": [{"description": 1}, {"parent_region_id": "RegionOne"}, {"id": "x"}]
        },
        f"/services/{service}": {"service": [{"type": ""}, {"enabled": "yes"}, {"id": "x"}]},
        f"/endpoints/{endpoint}": {"endpoint": [{"url": "x"}, {"interface": "x"}, {"service_id": "x"}]},
    }
    before = await everything(keystone)
    for path, bodies in wrong.items():
        for singular, values in bodies.items():
            for value in values:
                answer = await keystone.call(admin, "PATCH", path, {singular: value})
                assert answer.status_code == 400, f"{path} {value}: {answer.text}"
    role = f"/roles/{ids['role:member']}"
    assert (await keystone.call(admin, "PATCH", role, {"role": {"name": "x"}})).status_code == 403
    assert (await keystone.call(admin, "DELETE", role)).status_code == 403
    assert await everything(keystone) == before


async def test_things_that_do_not_exist(keystone: Keystone) -> None:
    admin = await keystone.token()
    before = await everything(keystone)
    for route in ROUTES:
        if "{" not in route.path or route.body is not None:
            continue
        if "{group}" in route.path:  # unknown groups of options are 403: test_domain_config.py
            continue
        for id in ("unknown", "a%20b", "%27%22", "é" * 200):
            answer = await keystone.call(admin, route.method, filled(route.path, id))
            is_a_list_of_nobodys = route.method == "GET" and route.path.endswith(
                ("application_credentials", "access_tokens", "/protocols")
            )
            expected = 200 if is_a_list_of_nobodys else 404
            if "/access_rules" in route.path:
                expected = 403  # other people's are for admins of the system only
            assert answer.status_code == expected, f"{route.method} {route.path}: {answer.text}"
    assert await everything(keystone) == before


async def test_nobody_gets_in_without_a_token_or_a_role(keystone: Keystone) -> None:
    unscoped = await keystone.token("reader", "unscoped")
    before = await everything(keystone)
    for route in WRITES:
        path = filled(route.path, "unknown")
        assert (await keystone.cloud.http.request(route.method, V3 + path)).status_code == 401
        assert (await keystone.call("nonsense", route.method, path, {})).status_code == 401
        answer = await keystone.call(unscoped, route.method, path, {"user": {"name": "x"}, "tenant_id": "x"})
        # 404: some things are looked for first, and everybody is told of those that are not there
        assert answer.status_code in (400, 403, 404), f"{route.method} {path}: {answer.status_code}"
    assert await everything(keystone) == before


@pytest.mark.parametrize(
    "body",
    [
        None, 1, [], {}, {"auth": None}, {"auth": {}}, {"auth": {"identity": {}}},
        {"auth": {"identity": {"methods": "password"}}},
        {"auth": {"identity": {"methods": ["password"]}}},
        {"auth": {"identity": {"methods": ["password"], "password": {}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {}}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": 1, "password": "x"}}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x"}}}}},
        {"auth": {"identity": {"methods": ["token"]}}},
        {"auth": {"identity": {"methods": ["application_credential"], "application_credential": {}}}},
    ],
)  # fmt: skip
async def test_logins_of_the_wrong_shape(keystone: Keystone, body: Any) -> None:
    answer = await keystone.cloud.http.post(f"{V3}/auth/tokens", json=body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("identity", "status"),
    [
        ({"methods": []}, 401),
        ({"methods": ["magic"]}, 401),
        ({"methods": ["token"], "token": {"id": "nonsense"}}, 404),
        ({"methods": ["application_credential"], "application_credential": {"id": "x", "secret": "y"}}, 404),
    ],
)
async def test_logins_that_prove_nothing(keystone: Keystone, identity: Any, status: int) -> None:
    answer = await keystone.cloud.http.post(f"{V3}/auth/tokens", json={"auth": {"identity": identity}})
    assert answer.status_code == status


@pytest.mark.parametrize(
    "scope",
    ["everything", {}, {"project": {}}, {"project": {"name": "x"}}, {"domain": {}}, {"system": {}},
     {"project": 1}, {"project": {"id": "x"}, "system": {"all": True}}],
)  # fmt: skip
async def test_scopes_of_the_wrong_shape(keystone: Keystone, scope: Any) -> None:
    assert (await keystone.login(scope=scope)).status_code == 400


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=0", "limit=1.5"])
async def test_limits_of_the_wrong_shape(keystone: Keystone, query: str) -> None:
    admin = await keystone.token()
    assert (await keystone.call(admin, "GET", f"/users?{query}")).status_code == 400


async def test_large_limits_and_unknown_filters_are_fine(keystone: Keystone) -> None:
    admin = await keystone.token()
    query = f"limit={10**30}&nonsense=1&name__regex=x&enabled=perhaps"
    assert len((await keystone.call(admin, "GET", f"/users?{query}")).json()["users"]) == 3
    assert (await keystone.call(admin, "GET", "/users?marker=nobody")).status_code == 404

"""Who may do what, as a table under review: every route of identity, really called as every persona.

`policy_matrix.tsv` holds what was found last; `pytest --rewrite-golden` writes it again. In it, `+` is let
in, `-` is refused by a rule, 403 is let in by the rules and refused for another reason. All targets lie in
the domain d1: its project p1, the user `owner`, a group, and what these have.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haneul import control_plane
from haneul.kernel.http.routes import Route
from haneul.services.identity import public as identity
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.store.projects import DOMAINS
from tests.conftest import Persona
from tests.personas.matrix import LADDER, Unchanging, persona
from tests.services.identity.conftest import PASSWORD, V3, Keystone

GOLDEN = Path(__file__).with_name("policy_matrix.tsv")
ROUTES = sorted(control_plane.served("identity").routes, key=lambda r: (r.path, r.method))
PROVIDER = {"auth_url": "https://idp.test/auth", "sp_url": "https://idp.test/sp"}
MAPPING = {"rules": [{"local": [{"user": {"name": "{0}"}}], "remote": [{"type": "USER"}]}]}
ACCESS = {"access": "x", "signature": "x", "host": "x", "verb": "GET", "path": "/", "params": {}}


@pytest.fixture
async def ids(keystone: Keystone) -> dict[str, str]:
    """The targets, by the names that paths have for them."""
    cloud, found = keystone.cloud, keystone.ids
    async with cloud.platform.context() as ctx:
        for domain in ("d1", "d2"):
            await DOMAINS.add(ctx.tx, Domain(domain, domain))
        p1 = (await identity.ensure_project(ctx, "p1", domain_id="d1")).id
        owner = (await identity.ensure_user(ctx, "owner", PASSWORD, domain_id="d1")).id
        await identity.grant(ctx, "member", user_id=owner, project_id=p1)
    admin = await keystone.token()
    await keystone.call(admin, "PUT", "/OS-FEDERATION/mappings/m", {"mapping": MAPPING})

    async def made(path: str, kind: str, body: dict[str, Any], token: str = admin) -> str:
        answer = await keystone.call(token, "POST", path, {kind: body})
        assert answer.status_code == 201, answer.text
        return answer.json()[kind]["id"]

    group = await made("/groups", "group", {"name": "g1", "domain_id": "d1"})
    service = await made("/services", "service", {"type": "x"})
    endpoint = {"service_id": service, "interface": "public", "url": "http://x.test"}
    registered = {"service_id": service, "resource_name": "r", "default_limit": 5}
    answer = await keystone.call(admin, "POST", "/registered_limits", {"registered_limits": [registered]})
    limit = {"service_id": service, "resource_name": "r", "resource_limit": 1, "project_id": p1}
    limited = await keystone.call(admin, "POST", "/limits", {"limits": [limit]})
    credential = {"type": "cert", "blob": "x", "user_id": owner, "project_id": p1}
    ec2 = await keystone.call(admin, "POST", f"/users/{owner}/credentials/OS-EC2", {"tenant_id": p1})
    scope = {"project": {"id": p1}}
    login = {"user": {"id": owner, "password": PASSWORD}}
    said = {"identity": {"methods": ["password"], "password": login}, "scope": scope}
    logged_in = await cloud.http.post(f"{V3}/auth/tokens", json={"auth": said})
    mine = logged_in.headers["X-Subject-Token"]
    trust = {
        "trustor_user_id": owner,
        "trustee_user_id": found["member"],
        "impersonation": False,
        "project_id": p1,
        "roles": [{"name": "member"}],
    }
    return {
        **{name: "unknown" for route in ROUTES for name in route.path_names},
        "domain_id": "d1",
        "project_id": p1,
        "user_id": owner,
        "group_id": group,
        "role_id": found["role:member"],
        "implied_role_id": found["role:reader"],
        "region_id": "RegionOne",
        "service_id": service,
        "endpoint_id": await made("/endpoints", "endpoint", endpoint),
        "registered_limit_id": answer.json()["registered_limits"][0]["id"],
        "limit_id": limited.json()["limits"][0]["id"],
        "credential_id": await made("/credentials", "credential", credential),
        "ec2": ec2.json()["credential"]["access"],
        "trust_id": await made("/OS-TRUST/trusts", "trust", trust, mine),
        "trustee": found["member"],
        "group": "identity",
        "option": "driver",
        "tag": "tag",
        "token": mine,
    }


def personas(keystone: Keystone, ids: dict[str, str]) -> Iterator[tuple[str, Persona | None]]:
    """(name, who): a role implies those below it; somebody else each, but for `owner`."""

    def who(rank: int, user_id: str | None = None, **scope: Any) -> Persona:
        roles = LADDER[: rank + 1]
        return persona(keystone.cloud, roles, user_id, user_domain_id="d1", **scope)

    yield "none", None
    yield "owner", who(1, ids["user_id"], project_id=ids["project_id"], project_domain_id="d1")
    for name, scope in {
        "p1": {"project_id": ids["project_id"], "project_domain_id": "d1"},
        "p2": {"project_id": keystone.ids["demo"], "project_domain_id": "d2"},
        "d1": {"domain_id": "d1"},
        "d2": {"domain_id": "d2"},
        "system": {"system": True},
    }.items():
        for rank, role in enumerate(LADDER):
            yield f"{name}:{role}", who(rank, **scope)


def body(route: Route, ids: dict[str, str]) -> Any:
    """What the route understands."""
    is_new = route.method == "POST"
    in_domain = {"name": "new", "domain_id": "d1"}
    endpoint = {"service_id": ids["service_id"], "interface": "admin", "url": "http://x.test"}
    resource = {"service_id": ids["service_id"], "resource_name": "r"}
    trust = {
        "trustor_user_id": ids["user_id"],
        "trustee_user_id": ids["trustee"],
        "impersonation": False,
        "project_id": ids["project_id"],
        "roles": [{"name": "member"}],
    }
    config: dict[str, Any] = {"identity": {"driver": "ldap"}, "ldap": {"url": "ldap://x.test"}}
    if "{group}" in route.path:
        config = config["identity"] if "{option}" in route.path else {"identity": config["identity"]}
    return {
        "Agreement": {"roles": [{"id": ids["role_id"]}]},
        "ApplicationCredentialBody": {"application_credential": {"name": "new"}},
        "ChangedEndpointGroupBody": {"endpoint_group": {"name": "other"}},
        "ConfigBody": {"config": config},
        "ConsumerBody": {"consumer": {"description": "x"}},
        "CreateIdentityProvider": {"identity_provider": {}},
        "CreateProtocol": {"protocol": {"mapping_id": "m"}},
        "CreateServiceProvider": {"service_provider": PROVIDER},
        "CredentialBody": {"credential": {"type": "cert", "blob": "y", "user_id": ids["user_id"]}},
        "DomainBody": {"domain": {"name": "new"}},
        "Ec2Credentials": {"credentials": ACCESS},
        "EndpointBody": {"endpoint": endpoint},
        "EndpointGroupBody": {"endpoint_group": {"name": "new", "filters": {"interface": "public"}}},
        "GroupBody": {"group": in_domain if is_new else {"name": "new"}},
        "LimitBody": {"limit": {"resource_limit": 2}},
        "LimitsBody": {"limits": [{**resource, "resource_limit": 1, "domain_id": "d1"}]},
        "MappingBody": {"mapping": MAPPING},
        "NewEc2": {"tenant_id": ids["project_id"]},
        "PolicyBody": {"policy": {"type": "application/json", "blob": "{}"}},
        "ProjectBody": {"project": in_domain if is_new else {"name": "new"}},
        "ChangedRegionBody": {"region": {"description": "s"}},
        "RegionBody": {"region": {"description": "r"}},
        "RegisteredLimitBody": {"registered_limit": {"default_limit": 2}},
        "RegisteredLimitsBody": {
            "registered_limits": [{**resource, "resource_name": "other", "default_limit": 1}]
        },
        "RoleBody": {"role": {"name": "new"}},
        "S3Credentials": {"credentials": {"access": "x", "signature": "x", "token": "eA=="}},
        "ServiceBody": {"service": {"type": "y"}},
        "TagsBody": {"tags": ["x"]},
        "TrustBody": {"trust": trust},
        "UpdateIdentityProvider": {"identity_provider": {"enabled": True}},
        "UpdateProtocol": {"protocol": {"mapping_id": "m"}},
        "UpdateServiceProvider": {"service_provider": {"enabled": True}},
        "UserBody": {"user": in_domain if is_new else {"name": "new"}},
    }[route.body.__name__]


async def outcome(
    keystone: Keystone, who: Persona | None, method: str, path: str, json: Any, headers: dict[str, str]
) -> str:
    cloud = keystone.cloud
    token = {} if who is None else {"X-Auth-Token": who.token}
    answer = await cloud.http.request(method, path, json=json, headers={**headers, **token})
    assert answer.status_code != 400 and answer.status_code < 500, f"{method} {path}: {answer.text}"
    if cloud.platform.denials.of(answer.headers["x-openstack-request-id"]):
        return "-"
    return str(answer.status_code) if answer.status_code in (401, 403) else "+"


async def table(keystone: Keystone, ids: dict[str, str]) -> list[str]:
    everybody = list(personas(keystone, ids))
    lines = ["\t".join(("method", "path", *(name for name, _ in everybody)))]
    for route in ROUTES:
        said = [route.method, route.path]
        if not route.auth:
            lines.append("\t".join((*said, *("open" for _ in everybody))))
            continue
        names = {**ids, "credential_id": ids["ec2"]} if "OS-EC2" in route.path else ids
        path = "/identity" + route.path.format(**names)
        json = None if route.body is None else body(route, ids)
        headers = {"X-Subject-Token": ids["token"]} if route.path == "/v3/auth/tokens" else {}
        for _, who in everybody:
            said.append(await outcome(keystone, who, route.method, path, json, headers))
        lines.append("\t".join(said))
    return lines


@pytest.mark.slow
async def test_the_table_says_who_may_do_what(
    keystone: Keystone, ids: dict[str, str], request: pytest.FixtureRequest
) -> None:
    platform = keystone.cloud.platform
    platform.db = Unchanging(platform.db)  # type: ignore[assignment]
    found = await table(keystone, ids)
    if request.config.getoption("--rewrite-golden"):
        GOLDEN.write_text("\n".join(found) + "\n")
    differences = set(found).symmetric_difference(GOLDEN.read_text().splitlines())
    assert sorted(differences) == []


def test_every_route_is_in_the_table() -> None:
    listed = {tuple(line.split("\t")[:2]) for line in GOLDEN.read_text().splitlines()[1:]}
    assert listed == {(route.method, route.path) for route in ROUTES}

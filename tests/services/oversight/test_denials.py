"""Whoever is refused can be told why."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from tests.conftest import Cloud, Persona


def request_id(answer: httpx.Response) -> str:
    return answer.headers["x-openstack-request-id"]


async def why(asker: Persona, refused: httpx.Response) -> Any:
    answer = await asker.get(f"/haneul/v1/denials/{request_id(refused)}")
    return answer.json()["denial"] if answer.status_code == 200 else answer.status_code


def of_system(cloud: Cloud) -> Persona:
    admin = cloud.admin.auth
    unscoped = {name: None for name in admin.__struct_fields__ if name.startswith("project_")}
    return Persona(cloud, replace(admin, **unscoped, system=True))


REFUSED = [
    # method, path, body, the rule, the smallest role
    ("POST", "/identity/v3/regions", {"region": {}}, "identity:create_region", "admin"),
    ("POST", "/image/v2/images", {"name": "x"}, "add_image", "member"),
    ("GET", "/placement/resource_providers", None, "admin_or_service_api", "admin"),
    ("GET", "/compute/v2.1/os-hypervisors", None, "os_compute_api:os-hypervisors:list", "admin"),
    ("POST", "/networking/v2.0/networks", {"network": {}}, "create_network", "member"),
    ("POST", "/volume/v3/{project}/types", {"volume_type": {"name": "x"}}, None, "admin"),
    ("GET", "/haneul/v1/operations/x", None, None, None),
]


@pytest.mark.parametrize(("method", "path", "body", "rule", "smallest"), REFUSED)
async def test_every_service_says_which_rule_refused(
    cloud: Cloud, method: str, path: str, body: Any, rule: str | None, smallest: str | None
) -> None:
    path = path.replace("{project}", cloud.reader.auth.project_id or "")
    refused = await cloud.reader.call(method, path, json=body)
    if smallest is None:
        assert refused.status_code == 404
        assert await why(cloud.admin, refused) == 404  # nothing was refused, there is no such thing
        return
    assert refused.status_code == 403
    assert "haneul" not in refused.text
    found = await why(cloud.admin, refused)
    assert found["smallest_role"] == smallest
    assert found["roles"] == ["reader"]
    assert found["user_id"] == cloud.reader.auth.user_id
    assert rule in (None, found["rule"])


async def test_one_sees_why_oneself_was_refused_and_others_do_not(cloud: Cloud) -> None:
    refused = await cloud.reader.post("/identity/v3/regions", {"region": {}})
    assert (await why(cloud.reader, refused))["rule"] == "identity:create_region"
    assert await why(cloud.stranger, refused) == 404


async def test_who_is_told_that_there_is_nothing_does_not_learn_otherwise(cloud: Cloud) -> None:
    made = (await cloud.member.post("/networking/v2.0/networks", {"network": {}})).json()["network"]
    refused = await cloud.stranger.delete(f"/networking/v2.0/networks/{made['id']}")
    assert refused.status_code == 404
    assert await why(cloud.stranger, refused) == 404
    found = await why(cloud.admin, refused)
    assert found["is_hidden"] is True
    assert found["smallest_role"] == "admin"


async def test_an_admin_reads_it_in_the_fault_itself(cloud: Cloud) -> None:
    system = of_system(cloud)
    refused = await system.get("/compute/v2.1/servers")
    assert refused.status_code == 403, refused.text
    fault = refused.json()["forbidden"]
    assert fault["message"] == "Policy doesn't allow os_compute_api:servers:index to be performed."
    denial = fault["haneul:denial"]
    assert (denial["rule"], denial["scope"], denial["scopes"]) == (
        "os_compute_api:servers:index",
        "system",
        ["project"],
    )
    errors = (await system.get("/placement/resource_providers")).json()["errors"]
    assert errors[0]["haneul:denial"]["rule"] == "admin_or_service_api"
    page = await system.get("/image/v2/images")
    assert page.status_code == 403
    assert "rule get_images: " in page.text


async def test_nothing_is_remembered_of_what_was_allowed(cloud: Cloud) -> None:
    allowed = await cloud.reader.get("/identity/v3/regions")
    assert allowed.status_code == 200
    assert await why(cloud.admin, allowed) == 404

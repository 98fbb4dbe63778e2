"""Aggregates over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.placement import public as placement
from tests.conftest import Cloud

AGGREGATES = "/compute/v2.1/os-aggregates"
LATEST = "compute 2.104"
RESOURCES = {"VCPU": 1, "MEMORY_MB": 1024, "DISK_GB": 1}


async def add_host(cloud: Cloud, name: str) -> None:
    async with cloud.platform.context() as ctx:
        await placement.report(
            ctx, [{"name": name, "drivers": {"hypervisor": "fake"}, "resources": RESOURCES}]
        )


async def make(cloud: Cloud, name: str, zone: str | None = None) -> str:
    body = {"aggregate": {"name": name, "availability_zone": zone}}
    answer = await cloud.admin.post(AGGREGATES, body, version=LATEST)
    assert answer.status_code == 200, answer.text
    made = answer.json()["aggregate"]
    assert "hosts" not in made and made["uuid"]
    return f"{AGGREGATES}/{made['id']}"


async def act(cloud: Cloud, path: str, **action: Any) -> int:
    return (await cloud.admin.post(f"{path}/action", action)).status_code


async def zones(cloud: Cloud) -> list[str]:
    found = (await cloud.member.get("/compute/v2.1/os-availability-zone")).json()["availabilityZoneInfo"]
    return sorted(z["zoneName"] for z in found)


async def test_a_hosts_zone_follows_its_aggregates(cloud: Cloud) -> None:
    await add_host(cloud, "h1")
    seoul, busan = await make(cloud, "a", "seoul"), await make(cloud, "b", "busan")
    assert await act(cloud, seoul, add_host={"host": "h1"}) == 200
    assert await zones(cloud) == ["nova", "seoul"]
    assert await act(cloud, busan, add_host={"host": "h1"}) == 409
    assert await act(cloud, seoul, add_host={"host": "h1"}) == 409
    assert (await cloud.admin.delete(seoul)).status_code == 400
    renamed = await cloud.admin.put(seoul, {"aggregate": {"name": "c", "availability_zone": "jeju"}})
    assert renamed.json()["aggregate"]["availability_zone"] == "jeju"
    assert await zones(cloud) == ["jeju", "nova"]
    no_zone = {"availability_zone": None, "ssd": "yes"}
    assert await act(cloud, seoul, set_metadata={"metadata": no_zone}) == 400
    assert (await cloud.admin.put(seoul, {"aggregate": {"availability_zone": None}})).status_code == 400
    assert await act(cloud, seoul, set_metadata={"metadata": {"ssd": "yes"}}) == 200
    shown = (await cloud.admin.get(seoul)).json()["aggregate"]
    known = {"availability_zone": "jeju", "ssd": "yes"}
    assert (shown["metadata"], shown["hosts"], "uuid" in shown) == (known, ["h1"], False)
    assert await act(cloud, seoul, remove_host={"host": "h1"}) == 200
    assert await zones(cloud) == ["nova"]
    assert await act(cloud, busan, add_host={"host": "h1"}) == 200
    assert await act(cloud, seoul, add_host={"host": "h1"}) == 409
    alike = {"metadata": {"availability_zone": "busan"}}
    assert await act(cloud, seoul, set_metadata=alike) == 200
    assert await act(cloud, seoul, add_host={"host": "h1"}) == 200
    assert await act(cloud, seoul, set_metadata={"metadata": {"availability_zone": "seoul"}}) == 409
    assert await act(cloud, busan, remove_host={"host": "h1"}) == 200
    assert await act(cloud, busan, remove_host={"host": "h1"}) == 404
    assert await zones(cloud) == ["busan", "nova"]  # it is still in the other
    assert (await cloud.admin.delete(busan)).status_code == 200
    assert (await cloud.admin.get(busan)).status_code == 404


@pytest.mark.parametrize(
    "new", [{}, {"name": ""}, {"name": 5}, {"name": "x" * 256}, {"name": "x", "availability_zone": "a:b"},
            {"name": "x", "unknown": 1}, {"name": "x", "availability_zone": ""}]
)  # fmt: skip
async def test_bad_aggregates_are_refused(cloud: Cloud, new: dict[str, Any]) -> None:
    assert (await cloud.admin.post(AGGREGATES, {"aggregate": new})).status_code == 400
    assert (await cloud.admin.get(AGGREGATES)).json() == {"aggregates": []}


async def test_bad_changes_leave_the_aggregate_as_it_was(cloud: Cloud) -> None:
    path = await make(cloud, "a")
    before = (await cloud.admin.get(path)).json()
    bodies: tuple[dict[str, Any], ...] = (
        {}, {"add_host": {}}, {"add_host": {"host": 5}}, {"unknown": {}}, {"set_metadata": {}},
        {"set_metadata": {"metadata": {"a": 5}}}, {"set_metadata": {"metadata": {"a/b": "x"}}},
        {"set_metadata": {"metadata": {"availability_zone": "a:b"}}},
        {"add_host": {"host": "h"}, "remove_host": {"host": "h"}},
    )  # fmt: skip
    for body in bodies:
        assert await act(cloud, path, **body) == 400
    assert await act(cloud, path, add_host={"host": "none"}) == 404
    assert (await cloud.admin.put(path, {"aggregate": {}})).status_code == 400
    body = {"aggregate": {"name": "a"}}
    assert (await cloud.admin.post(AGGREGATES, body)).status_code == 409
    assert (await cloud.member.post(AGGREGATES, body)).status_code == 403
    assert (await cloud.member.post(f"{path}/action", {"add_host": {"host": "h"}})).status_code == 403
    assert (await cloud.member.get(AGGREGATES)).status_code == 403
    for id, status in (("x", 400), ("99", 404), ("99999999999999999999", 404)):  # "id must be an integer"
        assert (await cloud.admin.get(f"{AGGREGATES}/{id}")).status_code == status
    assert (await cloud.admin.get(path)).json() == before


async def test_extensions_are_listed(cloud: Cloud) -> None:
    found = (await cloud.reader.get("/compute/v2.1/extensions")).json()["extensions"]
    one = await cloud.reader.get(f"/compute/v2.1/extensions/{found[0]['alias']}")
    assert one.json()["extension"] == found[0]
    assert {"OS-EXT-STS", "OS-SCH-HNT", "os-attach-interfaces"} <= {e["alias"] for e in found}
    assert {e["alias"]: e["name"] for e in found}["os-quota-sets"] == "Quotas"
    assert (await cloud.reader.get("/compute/v2.1/extensions/none")).status_code == 404

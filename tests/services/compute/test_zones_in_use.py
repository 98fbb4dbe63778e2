"""A host's zone stays while the host has servers."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import World

AGGREGATES = "/compute/v2.1/os-aggregates"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def aggregate(w: World, zone: str | None) -> str:
    body = {"aggregate": {"name": f"of {zone}", "availability_zone": zone}}
    made = await w.cloud.admin.post(AGGREGATES, body)
    assert made.status_code == 200, made.text
    return f"{AGGREGATES}/{made.json()['aggregate']['id']}"


async def test_a_zone_does_not_change_under_servers(w: World) -> None:
    admin = w.cloud.admin
    zone = await aggregate(w, "z")
    for host in w.cloud.hosts:
        assert (await admin.post(f"{zone}/action", {"add_host": {"host": host}})).status_code == 200
    id = await w.create()
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    gone = {"remove_host": {"host": host}}
    assert (await admin.post(f"{zone}/action", gone)).status_code == 409
    renamed = {"aggregate": {"availability_zone": "other"}}
    assert (await admin.put(zone, renamed)).status_code == 400
    meta = {"set_metadata": {"metadata": {"availability_zone": "other"}}}
    assert (await admin.post(f"{zone}/action", meta)).status_code == 400
    services = (await admin.get("/compute/v2.1/os-services?binary=nova-compute")).json()["services"]
    assert {s["zone"] for s in services} == {"z"}
    assert (await admin.put(zone, {"aggregate": {"name": "new"}})).status_code == 200
    plain = await aggregate(w, None)
    assert (await admin.post(f"{plain}/action", {"add_host": {"host": host}})).status_code == 200
    assert (await w.cloud.member.delete(f"/compute/v2.1/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert (await admin.post(f"{zone}/action", gone)).status_code == 200


async def test_a_host_with_servers_joins_no_other_zone(w: World) -> None:
    host = (await w.show(await w.create()))["OS-EXT-SRV-ATTR:host"]
    zone = await aggregate(w, "z")
    answer = await w.cloud.admin.post(f"{zone}/action", {"add_host": {"host": host}})
    assert answer.status_code == 409, answer.text

"""Hypervisors, services and availability zones over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.placement import public as placement
from tests.conftest import Cloud

BASE = "/compute/v2.1"
LATEST = "compute 2.104"


async def add_hosts(cloud: Cloud, *names: str) -> None:
    facts = {
        "drivers": {"hypervisor": "fake"},
        "interfaces": {"hypervisor": {"hypervisor_type": "fake"}},
        "resources": {"VCPU": 8, "MEMORY_MB": 4096, "DISK_GB": 100},
    }
    async with cloud.platform.context() as ctx:
        await placement.report(ctx, [{"name": n, "traits": [], **facts} for n in names])


async def services(cloud: Cloud, query: str = "", version: str = LATEST) -> list[dict[str, Any]]:
    answer = await cloud.admin.get(f"{BASE}/os-services{query}", version=version)
    assert answer.status_code == 200, answer.text
    return answer.json()["services"]


async def hypervisors(cloud: Cloud, query: str = "", version: str = LATEST) -> list[dict[str, Any]]:
    answer = await cloud.admin.get(f"{BASE}/os-hypervisors{query}", version=version)
    assert answer.status_code == 200, answer.text
    return answer.json()["hypervisors"]


async def test_hypervisors_are_shown_as_the_version_knows_them(cloud: Cloud) -> None:
    await add_hosts(cloud, "a1", "a2")
    found = await hypervisors(cloud)
    assert [h["hypervisor_hostname"] for h in found] == ["a1", "a2", *cloud.hosts]
    assert found[0]["state"] == "up" and found[0]["status"] == "enabled"
    path = f"{BASE}/os-hypervisors/{found[0]['id']}"
    latest = (await cloud.admin.get(path, version=LATEST)).json()["hypervisor"]
    providers = (await cloud.admin.get("/placement/resource_providers?name=a1")).json()["resource_providers"]
    assert [p["uuid"] for p in providers] == [found[0]["id"]]
    services = (await cloud.admin.get(f"{BASE}/os-services?host=a1", version=LATEST)).json()["services"]
    assert [s["id"] for s in services] == [latest["service"]["id"]]
    assert latest["host_ip"] == "127.0.0.1"
    assert latest["hypervisor_type"] == "fake" and "uptime" in latest and "vcpus" not in latest
    at_2_87 = (await cloud.admin.get(path, version="compute 2.87")).json()["hypervisor"]
    assert (at_2_87["vcpus"], at_2_87["free_ram_mb"], at_2_87["local_gb"]) == (8, 4096, 100)
    assert at_2_87["cpu_info"] == {"model": ""} and "uptime" not in at_2_87
    old = (await hypervisors(cloud, "/detail", "compute 2.27"))[0]
    assert isinstance(old["id"], int) and old["cpu_info"] == '{"model":""}'
    assert (await cloud.admin.get(f"{BASE}/os-hypervisors/{old['id']}")).status_code == 200
    statistics = f"{BASE}/os-hypervisors/statistics"
    sums = (await cloud.admin.get(statistics)).json()["hypervisor_statistics"]
    assert (sums["count"], sums["running_vms"]) == (2 + len(cloud.hosts), 0)
    listed = await hypervisors(cloud, "/detail", "compute 2.87")
    assert sums["vcpus"] == sum(h["vcpus"] for h in listed) >= 16
    assert (await cloud.admin.get(statistics, version="compute 2.88")).status_code == 404
    assert (await cloud.admin.get(f"{path}/uptime", version="compute 2.87")).status_code == 400
    assert (await cloud.admin.get(f"{path}/uptime", version="compute 2.88")).status_code == 404


async def test_hypervisors_are_found_and_paged(cloud: Cloud) -> None:
    await add_hosts(cloud, "a1", "a2", "x3")
    assert len(await hypervisors(cloud, "/a/search", "compute 2.52")) == 2
    assert (await hypervisors(cloud, "/x/servers", "compute 2.52"))[0]["servers"] == []
    assert len(await hypervisors(cloud, "?hypervisor_hostname_pattern=a", "compute 2.53")) == 2
    assert (await hypervisors(cloud, "?with_servers=true"))[0]["servers"] == []
    answer = (
        await cloud.admin.get(f"{BASE}/os-hypervisors?limit={2 + len(cloud.hosts)}", version="compute 2.33")
    ).json()
    assert len(answer["hypervisors"]) == 2 + len(cloud.hosts)
    following = answer["hypervisors_links"][0]["href"].removeprefix("http://cloud.test")
    rest = (await cloud.admin.get(following, version="compute 2.33")).json()
    assert [h["hypervisor_hostname"] for h in rest["hypervisors"]] == ["x3"]
    for query, status in (("?limit=x", 400), ("?marker=x", 400), ("?with_servers=x", 400), ("?a=1", 400),
                          ("?hypervisor_hostname_pattern=no", 404), ("/none", 400)):  # fmt: skip
        answer = await cloud.admin.get(f"{BASE}/os-hypervisors{query}", version=LATEST)
        assert answer.status_code == status


async def test_services_are_disabled_and_forced_down(cloud: Cloud) -> None:
    await add_hosts(cloud, "a1")
    assert {s["binary"] for s in await services(cloud)} == {
        "nova-compute", "nova-conductor", "nova-scheduler"
    }  # fmt: skip
    service = (await services(cloud, "?binary=nova-compute&host=a1"))[0]
    path = f"{BASE}/os-services/{service['id']}"
    body = {"status": "disabled", "disabled_reason": "repair", "forced_down": True}
    changed = (await cloud.admin.put(path, body, version=LATEST)).json()["service"]
    assert (changed["status"], changed["state"], changed["disabled_reason"]) == ("disabled", "down", "repair")
    assert (await hypervisors(cloud))[0]["status"] == "disabled"
    await cloud.admin.put(path, {"status": "enabled", "forced_down": False}, version=LATEST)
    same = (await services(cloud, "?host=a1"))[0]
    assert (same["status"], same["state"], same["disabled_reason"]) == ("enabled", "up", None)
    for bad in ({}, {"status": "x"}, {"disabled_reason": "x"}, {"forced_down": "x"}, {"unknown": 1}):
        assert (await cloud.admin.put(path, bad, version=LATEST)).status_code == 400
    assert (await cloud.admin.put(f"{BASE}/os-services/none", body, version=LATEST)).status_code == 404
    assert (await services(cloud, "?host=a1"))[0]["status"] == "enabled"


async def test_services_as_old_versions_change_them(cloud: Cloud) -> None:
    await add_hosts(cloud, "a1")
    body = {"host": "a1", "binary": "nova-compute"}

    async def put(verb: str, version: str = "compute 2.1", **more: Any) -> int:
        url = f"{BASE}/os-services/{verb}"
        return (await cloud.admin.put(url, {**body, **more}, version=version)).status_code

    assert await put("disable") == 200
    assert (await services(cloud, "?host=a1", "compute 2.1"))[0]["status"] == "disabled"
    assert await put("disable-log-reason", disabled_reason="why") == 200
    assert (await services(cloud, "?host=a1"))[0]["disabled_reason"] == "why"
    assert await put("enable") == 200
    assert await put("force-down", "compute 2.10", forced_down=True) in (400, 404)
    assert await put("force-down", "compute 2.11", forced_down=True) == 200
    assert (await services(cloud, "?host=a1"))[0]["state"] == "down"
    assert await put("disable", host="none") == 404
    assert await put("disable", binary="nova-cert") == 404
    assert await put("disable-log-reason") == 400
    assert await put("whatever") == 404


async def test_only_a_service_that_is_down_is_forgotten(cloud: Cloud) -> None:
    await add_hosts(cloud, "a1")
    service = (await services(cloud, "?host=a1"))[0]
    path = f"{BASE}/os-services/{service['id']}"
    assert (await cloud.admin.delete(path, version=LATEST)).status_code == 409
    await cloud.admin.put(path, {"forced_down": True}, version=LATEST)
    assert (await cloud.admin.delete(path, version=LATEST)).status_code == 204
    assert [h["hypervisor_hostname"] for h in await hypervisors(cloud)] == cloud.hosts
    assert (await cloud.admin.delete(path, version=LATEST)).status_code == 404


async def test_zones_are_for_all_and_their_hosts_for_administrators(cloud: Cloud) -> None:
    await add_hosts(cloud, "a1")
    path = f"{BASE}/os-availability-zone"
    found = (await cloud.reader.get(path)).json()["availabilityZoneInfo"]
    assert found == [{"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}]
    assert (await cloud.member.get(f"{path}/detail")).status_code == 403
    detail = (await cloud.admin.get(f"{path}/detail")).json()["availabilityZoneInfo"]
    assert [z["zoneName"] for z in detail] == ["internal", "nova"]
    assert detail[1]["hosts"]["a1"]["nova-compute"]["available"] is True


@pytest.mark.parametrize(
    "path", ["os-hypervisors", "os-hypervisors/detail", "os-hypervisors/statistics", "os-hypervisors/x",
             "os-services"]
)  # fmt: skip
async def test_hosts_are_not_for_members(cloud: Cloud, path: str) -> None:
    for who in (cloud.member, cloud.reader):
        assert (await who.get(f"{BASE}/{path}")).status_code == 403

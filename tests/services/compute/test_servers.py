"""Servers over HTTP, on simulated hosts: the whole life, quotas, faults."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import pytest

from haneul.kernel.ids import new_id
from haneul.services.compute.operations import verification
from tests.conftest import Cloud, Persona
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def hypervisor_knows(w: World) -> dict[str, Any]:
    """Every machine on every simulated host."""
    found: dict[str, Any] = {}
    for host in w.cloud.hosts:
        found |= await w.cloud.platform.agents.on(host).hypervisor.machines()
    return found


async def is_consistent(w: World) -> None:
    async with w.cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None


async def test_a_server_becomes_active_on_a_host_with_an_address(w: World) -> None:
    id = await w.create(metadata={"a": "b"})
    server = await w.show(id)
    assert server["status"] == "ACTIVE", server
    assert server["OS-EXT-STS:power_state"] == 1
    assert server["OS-EXT-STS:task_state"] is None
    assert server["addresses"]["n"][0]["addr"].startswith("10.0.")
    assert server["security_groups"] == [{"name": "default"}]
    assert server["OS-EXT-SRV-ATTR:host"] in w.cloud.hosts
    assert await hypervisor_knows(w) == {id: "running"}
    assert "OS-EXT-SRV-ATTR:host" not in await w.show(id, w.cloud.member)
    await is_consistent(w)


async def test_a_deleted_server_leaves_nothing(w: World) -> None:
    id = await w.create()
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert (await w.cloud.member.get(f"{BASE}/servers/{id}")).status_code == 404
    assert await hypervisor_knows(w) == {}
    ports = (await w.cloud.member.get("/networking/v2.0/ports")).json()["ports"]
    assert [p for p in ports if p["device_id"] == id] == []
    await is_consistent(w)


async def test_power_goes_off_and_on(w: World) -> None:
    id = await w.create()
    for action, status, power in (
        ({"os-stop": None}, "SHUTOFF", 4),
        ({"os-start": None}, "ACTIVE", 1),
        ({"pause": None}, "PAUSED", 3),
        ({"unpause": None}, "ACTIVE", 1),
        ({"reboot": {"type": "SOFT"}}, "ACTIVE", 1),
        ({"reboot": {"type": "HARD"}}, "ACTIVE", 1),
    ):
        assert await w.act(id, action) == 202, action
        await w.cloud.settled()
        server = await w.show(id)
        assert (server["status"], server["OS-EXT-STS:power_state"]) == (status, power), action
    done = (await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions")).json()["instanceActions"]
    names = ["reboot", "reboot", "unpause", "pause", "start", "stop", "create"]
    assert [(a["action"], a["message"]) for a in done] == [(name, None) for name in names]


@pytest.mark.parametrize(
    ("action", "status"),
    [
        ({"os-start": None}, 409),
        ({"unpause": None}, 409),
        ({"reboot": {"type": "WARM"}}, 400),
        ({"reboot": None}, 400),
        ({"no-such-thing": None}, 400),
        ({}, 400),
        ({"os-stop": None, "os-start": None}, 400),
        ({"os-resetState": {"state": "error"}}, 403),
        ({"createImage": {}}, 400),
    ],
)
async def test_actions_that_cannot_be(w: World, action: dict[str, Any], status: int) -> None:
    id = await w.create()
    assert await w.act(id, action) == status
    assert (await w.show(id))["status"] == "ACTIVE"


async def test_strangers_do_not_know_that_the_server_exists(w: World) -> None:
    id = await w.create()
    stranger = w.cloud.stranger
    assert (await stranger.get(f"{BASE}/servers/{id}")).status_code == 404
    assert (await stranger.delete(f"{BASE}/servers/{id}")).status_code == 404
    assert await w.act(id, {"os-stop": None}, stranger) == 404
    assert (await stranger.get(f"{BASE}/servers")).json()["servers"] == []
    assert (await stranger.get(f"{BASE}/servers?all_tenants=1")).status_code == 403
    assert (await w.cloud.reader.delete(f"{BASE}/servers/{id}")).status_code == 403
    assert (await w.show(id))["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": ""}, 400),
        ({"name": "x" * 256}, 400),
        ({"name": 5}, 400),
        ({"flavorRef": "none"}, 400),
        ({"imageRef": "not-a-uuid"}, 400),
        ({"imageRef": new_id()}, 400),
        ({"unknown": 1}, 400),
        ({"networks": "some"}, 400),
        ({"networks": [{"uuid": new_id()}]}, 400),
        ({"networks": [{"port": new_id()}]}, 400),
        ({"networks": [{}]}, 400),
        ({"key_name": "nobody"}, 400),
        ({"user_data": "not base64!"}, 400),
        ({"min_count": 0}, 400),
        ({"min_count": 3, "max_count": 2}, 400),
        ({"metadata": {"k": 5}}, 400),
        ({"metadata": {"k" * 256: "v"}}, 400),
        ({"availability_zone": "mars"}, 400),
        ({"config_drive": "perhaps"}, 400),
        ({"host": "host-1"}, 400),
        ({"tags": ["a,b"]}, 400),
        ({"security_groups": [{"name": "none-such"}]}, 400),
        ({"block_device_mapping_v2": [{"source_type": "volume", "uuid": new_id(), "boot_index": 1,
                                       "destination_type": "volume"}]}, 400),
    ],
)  # fmt: skip
async def test_bad_wishes_are_refused_and_leave_nothing(
    w: World, changes: dict[str, Any], status: int
) -> None:
    version = "compute 2.52" if "tags" in changes or "host" in changes else V
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(**changes), version=version)
    assert answer.status_code == status, answer.text
    (fault,) = answer.json().values()
    assert fault["code"] == status
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []
    ports = (await w.cloud.admin.get("/networking/v2.0/ports?device_owner=compute:nova")).json()["ports"]
    assert ports == []


@pytest.mark.contended
async def test_of_two_hundred_at_once_the_quota_lets_ten_through(w: World) -> None:
    async def one() -> int:
        body = w.body(networks="none")
        return (await w.cloud.member.post(f"{BASE}/servers", body, version=V)).status_code

    statuses = await asyncio.gather(*(one() for _ in range(200)))
    assert sorted(set(statuses)) == [202, 403]
    assert statuses.count(202) == 10
    await w.cloud.settled()
    found = (await w.cloud.member.get(f"{BASE}/servers/detail")).json()["servers"]
    assert [s["status"] for s in found] == ["ACTIVE"] * 10
    await is_consistent(w)


async def test_what_does_not_fit_is_told_why(w: World) -> None:
    flavor = {"flavor": {"name": "huge", "vcpus": 1, "ram": 40960, "disk": 10**6}}
    id = (await w.cloud.admin.post(f"{BASE}/flavors", flavor)).json()["flavor"]["id"]
    made = await w.create(flavorRef=id)
    server = await w.show(made)
    assert server["status"] == "ERROR"
    assert server["fault"]["message"].startswith("No valid host was found.")
    answer = await w.cloud.admin.get(f"/haneul/v1/servers/{made}/explain")
    refusals = answer.json()["decision"]["refusals"]
    assert {r["host"] for r in refusals} == set(w.cloud.hosts)
    assert refusals[0]["check"] == "DISK_GB"
    assert refusals[0]["required"] == "1000000"
    mine = (await w.cloud.member.get(f"/haneul/v1/servers/{made}/explain")).json()
    assert not any(h in str(mine) for h in w.cloud.hosts)
    assert (await w.cloud.member.delete(f"{BASE}/servers/{made}")).status_code == 204
    await w.cloud.settled()
    await is_consistent(w)


async def test_pages_and_filters(w: World) -> None:
    body = w.body(networks="none", min_count=5, max_count=5, name="many")
    assert (await w.cloud.member.post(f"{BASE}/servers", body, version=V)).status_code == 202
    await w.cloud.settled()
    seen: list[str] = []
    path: str | None = f"{BASE}/servers?limit=2"
    while path:
        page = (await w.cloud.member.get(path)).json()
        seen += [s["id"] for s in page["servers"]]
        links = page.get("servers_links")
        path = links[0]["href"].removeprefix("http://cloud.test") if links else None
    assert len(set(seen)) == 5
    for query, count in (
        ("name=many-3", 1),
        ("status=ACTIVE", 5),
        ("status=ERROR", 0),
        ("status=NONSENSE", 0),
        (f"image={w.image}", 5),
        (f"flavor={w.flavor}", 5),
        ("changes-since=2099-01-01T00:00:00Z", 0),
        ("limit=0", 0),
    ):
        found = (await w.cloud.member.get(f"{BASE}/servers/detail?{query}")).json()["servers"]
        assert len(found) == count, query
    for query, status in (
        ("status=NONSENSE", 400),
        ("status=NONSENSE&status=active", 200),
        ("status=reboot", 200),
    ):
        answer = await w.cloud.member.get(f"{BASE}/servers?{query}", version="compute 2.38")
        assert answer.status_code == status, query
    for query in ("limit=-1", "limit=x", "marker=nobody", "sort_key=secret", "sort_dir=up"):
        assert (await w.cloud.member.get(f"{BASE}/servers?{query}")).status_code == 400, query


async def test_what_was_done_is_told_step_by_step(w: World) -> None:
    id = await w.create()
    actions = (await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions")).json()
    (create,) = actions["instanceActions"]
    assert create["action"] == "create"
    answer = await w.cloud.member.get(
        f"{BASE}/servers/{id}/os-instance-actions/{create['request_id']}", version=V
    )
    steps = [e["event"] for e in answer.json()["instanceAction"]["events"]]
    assert steps[0] == "mark_active"
    assert steps[-1] == "place"


async def test_metadata_and_tags(w: World) -> None:
    id = await w.create(metadata={"a": "1"})
    member, path = w.cloud.member, f"{BASE}/servers/{id}"
    assert (await member.post(f"{path}/metadata", {"metadata": {"b": "2"}})).json() == {
        "metadata": {"a": "1", "b": "2"}
    }
    assert (await member.put(f"{path}/metadata/a", {"meta": {"b": "2"}})).status_code == 400
    assert (await member.delete(f"{path}/metadata/a")).status_code == 204
    assert (await member.get(f"{path}/metadata/a")).status_code == 404
    assert (await member.put(f"{path}/tags/x", version=V)).status_code == 201
    assert (await member.put(f"{path}/tags/x", version=V)).status_code == 204
    assert (await member.get(f"{path}/tags", version=V)).json() == {"tags": ["x"]}
    assert (await member.get(f"{path}/tags/x", version=V)).status_code == 204
    assert (await member.get(f"{path}/tags/y", version=V)).status_code == 404
    assert (await member.get(f"{path}/tags")).status_code == 404


async def test_fields_appear_with_their_microversions(w: World) -> None:
    id = await w.create()
    for version, field, is_there in (
        ("2.1", "locked", False),
        ("2.9", "locked", True),
        ("2.18", "description", False),
        ("2.19", "description", True),
        ("2.25", "tags", False),
        ("2.26", "tags", True),
    ):
        answer = await w.cloud.member.get(f"{BASE}/servers/{id}", version=f"compute {version}")
        assert (field in answer.json()["server"]) is is_there, (version, field)
        assert answer.headers["OpenStack-API-Version"] == f"compute {version}"
    old = (await w.cloud.member.get(f"{BASE}/servers/{id}")).json()["server"]["flavor"]
    assert old["id"] == w.flavor
    new = (await w.cloud.member.get(f"{BASE}/servers/{id}", version=V)).json()["server"]["flavor"]
    assert new["original_name"] == "f"


async def test_a_locked_server_stays_as_it_is(w: World) -> None:
    id = await w.create()
    assert await w.act(id, {"lock": None}) == 202
    assert await w.act(id, {"os-stop": None}) == 409
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 409
    assert await w.act(id, {"unlock": None}) == 202
    assert await w.act(id, {"os-stop": None}) == 202
    await w.cloud.settled()


async def test_a_server_joins_and_leaves_a_security_group(w: World) -> None:
    id = await w.create()
    made = await w.cloud.member.post("/networking/v2.0/security-groups", {"security_group": {"name": "web"}})
    assert made.status_code == 201, made.text
    assert await w.act(id, {"addSecurityGroup": {"name": "web"}}) == 202
    assert await w.act(id, {"addSecurityGroup": {"name": "web"}}) == 400  # it is in it
    assert {g["name"] for g in (await w.show(id))["security_groups"]} == {"default", "web"}
    assert await w.act(id, {"removeSecurityGroup": {"name": "web"}}) == 202
    assert (await w.show(id))["security_groups"] == [{"name": "default"}]
    assert await w.act(id, {"removeSecurityGroup": {"name": "web"}}) == 404
    assert await w.act(id, {"addSecurityGroup": {"name": "nothing"}}) == 404
    assert await w.act(id, {"addSecurityGroup": {}}) == 400
    alone = await w.create(networks="none")
    assert await w.act(alone, {"addSecurityGroup": {"name": "web"}}) == 400


async def test_addresses_are_added_and_taken_away_below_2_44(w: World) -> None:
    id = await w.create()

    async def act(action: dict[str, Any], version: str = "compute 2.43", who: Persona | None = None) -> int:
        path = f"{BASE}/servers/{id}/action"
        return (await (who or w.cloud.member).post(path, action, version=version)).status_code

    async def addresses() -> list[str]:
        answer = await w.cloud.member.get(f"/networking/v2.0/ports?device_id={id}")
        (port,) = answer.json()["ports"]
        seen = [a["addr"] for a in (await w.show(id))["addresses"]["n"]]
        assert seen == [f["ip_address"] for f in port["fixed_ips"]]
        return seen

    (first,) = await addresses()
    assert await act({"addFixedIp": {"networkId": w.network}}) == 202
    kept, added = await addresses()
    assert kept == first
    subnet = (await w.cloud.member.get(f"/networking/v2.0/subnets?network_id={w.network}")).json()["subnets"]
    assert ipaddress.ip_address(added) in ipaddress.ip_network(subnet[0]["cidr"])
    assert await act({"removeFixedIp": {"address": first}}) == 202
    assert await addresses() == [added]
    for refused in (
        {"removeFixedIp": {"address": first}},
        {"removeFixedIp": {"address": "no address"}},
        {"removeFixedIp": {}},
        {"addFixedIp": {"networkId": id}},
        {"addFixedIp": {"networkId": ""}},
        {"addFixedIp": {"networkId": w.network, "more": 1}},
    ):
        assert await act(refused) == 400, refused
    assert await act({"addFixedIp": {"networkId": w.network}}, who=w.cloud.reader) == 403
    assert await act({"addFixedIp": {"networkId": w.network}}, who=w.cloud.stranger) == 404
    assert await act({"addFixedIp": {"networkId": w.network}}, version="compute 2.44") == 404
    assert await w.act(id, {"lock": None}) == 202
    assert await act({"removeFixedIp": {"address": added}}) == 409
    assert await addresses() == [added]


async def test_servers_are_found_by_what_their_first_disk_is_called(w: World) -> None:
    plain = await w.create(name="plain")
    scsi = await w.create(name="scsi", block_device_mapping_v2=[w.root_volume(disk_bus="scsi")])
    named = await w.create(name="named", block_device_mapping_v2=[w.root_volume(device_name="/dev/vdc")])

    async def found(expression: str, more: str = "") -> set[str]:
        answer = await w.cloud.admin.get(
            f"{BASE}/servers?all_tenants=1&root_device_name={expression}{more}", version="compute 2.74"
        )
        assert answer.status_code == 200, answer.text
        return {s["id"] for s in answer.json()["servers"]}

    shown = {s: (await w.show(s))["OS-EXT-SRV-ATTR:root_device_name"] for s in (plain, scsi, named)}
    assert shown == {plain: "/dev/vda", scsi: "/dev/sda", named: "/dev/vdc"}
    for server, device in shown.items():
        assert await found(device) == {server}
    assert await found("^/dev/vd") == {plain, named}
    assert await found("nothing") == set()
    gone = await w.cloud.member.delete(f"{BASE}/servers/{plain}")
    assert gone.status_code == 204
    await w.cloud.settled()
    assert await found("/dev/vda", "&deleted=1") == {plain}
    assert await found("/dev/sda", "&deleted=1") == set()


async def test_a_volume_is_attached_and_taken_away(w: World) -> None:
    id = await w.create()
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1, "name": "v"}})
    assert made.status_code == 202, made.text
    volume = made.json()["volume"]["id"]
    await w.cloud.settled()
    path = f"{BASE}/servers/{id}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    answer = await w.cloud.member.post(path, body, version="compute 2.89")
    assert answer.status_code == 200, answer.text
    fields = {"id", "device", "serverId", "volumeId", "tag", "delete_on_termination"}
    assert answer.json()["volumeAttachment"].keys() == fields
    assert answer.json()["volumeAttachment"]["device"] == "/dev/vdb"
    await w.cloud.settled()
    shown = (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]
    assert shown["status"] == "in-use"
    assert shown["attachments"][0]["server_id"] == id
    assert (await w.cloud.member.post(path, body, version=V)).status_code in (400, 409)
    assert (await w.cloud.member.delete(f"{path}/{volume}")).status_code == 202
    await w.cloud.settled()
    shown = (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]
    assert shown["status"] == "available"


async def test_several_volumes_asked_for_at_once_come_one_after_the_other(w: World) -> None:
    id = await w.create()
    path = f"{BASE}/servers/{id}/os-volume_attachments"
    volumes = []
    for _ in range(3):
        made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
        volumes.append(made.json()["volume"]["id"])
    await w.cloud.settled()
    for volume in volumes:
        body = {"volumeAttachment": {"volumeId": volume}}
        answer = await w.cloud.member.post(path, body, version=V)
        assert answer.status_code == 200, answer.text
    await w.cloud.settled()
    found = (await w.cloud.member.get(path)).json()["volumeAttachments"]
    assert sorted(a["device"] for a in found) == ["/dev/vdb", "/dev/vdc", "/dev/vdd"]
    for volume in volumes:
        assert (await w.cloud.member.delete(f"{path}/{volume}")).status_code == 202
    await w.cloud.settled()
    assert (await w.cloud.member.get(path)).json()["volumeAttachments"] == []


async def test_a_server_boots_from_a_volume_made_of_an_image(w: World) -> None:
    device = {
        "boot_index": 0,
        "source_type": "image",
        "destination_type": "volume",
        "uuid": w.image,
        "volume_size": 1,
        "delete_on_termination": True,
    }
    id = await w.create(imageRef=None, block_device_mapping_v2=[device])
    server = await w.show(id)
    assert server["status"] == "ACTIVE", server.get("fault")
    (volume,) = server["os-extended-volumes:volumes_attached"]
    assert server["image"] == ""
    await w.cloud.member.delete(f"{BASE}/servers/{id}")
    await w.cloud.settled()
    assert (await w.cloud.member.get(f"/volume/v3/volumes/{volume['id']}")).status_code == 404


async def test_a_machine_nobody_wants_is_removed(w: World) -> None:
    from haneul.services.compute.drivers.interface import MachineSpec
    from haneul.services.compute.reconcilers.machines import compare_machines

    host = w.cloud.hosts[0]
    stray = MachineSpec(id=new_id(), name="stray", vcpus=1, memory_mib=64)
    await w.cloud.platform.agents.on(host).hypervisor.ensure_running(stray)
    id = await w.create()
    await w.cloud.plane.reconcilers.look(compare_machines)
    assert await hypervisor_knows(w) == {id: "running"}


async def test_a_server_whose_machine_was_lost_runs_again(w: World) -> None:
    from haneul.services.compute.reconcilers.machines import compare_machines

    id = await w.create()
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    await w.cloud.platform.agents.on(host).hypervisor.ensure_gone(id)
    await w.cloud.plane.reconcilers.look(compare_machines)
    await w.cloud.settled()
    assert await hypervisor_knows(w) == {id: "running"}
    assert (await w.show(id))["status"] == "ACTIVE"

"""What a body says of a server is seen where it belongs: on the machine, its ports and volumes, or in what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def test_an_administrator_says_on_which_host(w: World) -> None:
    shared = {"network": {"shared": True}}
    assert (await w.cloud.admin.put(f"/networking/v2.0/networks/{w.network}", shared)).status_code == 200
    for field in ("host", "hypervisor_hostname"):
        for host in w.cloud.hosts:
            id = await w.create(w.cloud.admin, **{field: host})
            assert (await w.show(id))["OS-EXT-SRV-ATTR:host"] == host


async def test_a_nic_has_the_address_that_was_asked_for(w: World) -> None:
    id = await w.create(networks=[{"uuid": w.network, "fixed_ip": "10.0.7.7"}])
    assert [a["addr"] for a in (await w.show(id))["addresses"]["n"]] == ["10.0.7.7"]


async def test_several_servers_are_found_by_what_reserved_them(w: World) -> None:
    body = w.body(min_count=2, return_reservation_id=True)
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert list(answer.json()) == ["reservation_id"]
    await w.cloud.settled()
    path = f"{BASE}/servers?reservation_id={answer.json()['reservation_id']}"
    assert len((await w.cloud.member.get(path, version=V)).json()["servers"]) == 2


async def test_a_password_and_certificates_are_answered_as_given_or_refused(w: World) -> None:
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(adminPass="s3cret"), version=V)
    assert answer.json()["server"]["adminPass"] == "s3cret"
    certificates = {"trusted_image_certificates": ["5c1b6c7e-9f0c-4b2d-8f63-2a3f0d9f5b11"]}
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(**certificates), version=V)
    assert answer.status_code == 400


async def test_a_volume_goes_with_the_server_that_it_was_given_for_good(w: World) -> None:
    id = await w.create()
    kept: dict[bool, str] = {}
    for goes in (True, False):
        made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
        await w.cloud.settled()
        kept[goes] = made.json()["volume"]["id"]
        wish = {"volumeAttachment": {"volumeId": kept[goes], "delete_on_termination": goes}}
        answer = await w.cloud.member.post(f"{BASE}/servers/{id}/os-volume_attachments", wish, version=V)
        assert answer.status_code == 200, answer.text
        await w.cloud.settled()
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    found = (await w.cloud.member.get("/volume/v3/volumes")).json()["volumes"]
    assert [v["id"] for v in found] == [kept[False]]


async def test_a_volume_made_for_a_server_has_the_type_that_was_asked_for(w: World) -> None:
    made = await w.cloud.admin.post("/volume/v3/types", {"volume_type": {"name": "other"}})
    assert made.status_code == 200, made.text
    await w.create(imageRef="", block_device_mapping_v2=[w.root_volume(volume_type="other")])
    (volume,) = (await w.cloud.member.get("/volume/v3/volumes/detail")).json()["volumes"]
    assert volume["volume_type"] == "other"


async def test_both_names_of_hints_put_a_server_into_its_group(w: World) -> None:
    made = await w.cloud.member.post(
        f"{BASE}/os-server-groups", {"server_group": {"name": "g", "policy": "affinity"}}, version=V
    )
    group = made.json()["server_group"]["id"]
    ids = []
    for name in ("os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"):
        body = w.body() | {name: {"group": group}}
        answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
        ids.append(answer.json()["server"]["id"])
        await w.cloud.settled()
    shown = (await w.cloud.member.get(f"{BASE}/os-server-groups/{group}")).json()["server_group"]
    assert sorted(shown["members"]) == sorted(ids)


@pytest.mark.parametrize(
    ("limit", "wish"),
    [
        ("metadata_items", {"metadata": {"a": "1", "b": "2"}}),
        ("injected_files", {"personality": [{"path": f"/{n}", "contents": "YQ=="} for n in "ab"]}),
        ("injected_file_path_bytes", {"personality": [{"path": "/ab", "contents": "YQ=="}]}),
        ("injected_file_content_bytes", {"personality": [{"path": "/", "contents": "YWI="}]}),
    ],
)
async def test_what_a_server_may_be_given_has_a_limit_of_its_project(
    w: World, limit: str, wish: dict[str, Any]
) -> None:
    path = f"{BASE}/os-quota-sets/{w.cloud.member.auth.project_id}"
    set_ = await w.cloud.admin.put(path, {"quota_set": {limit: 1}}, version="compute 2.1")
    assert set_.status_code == 200, set_.text
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(**wish), version="compute 2.1")
    assert answer.status_code == 403, answer.text
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []


async def test_a_device_that_is_to_be_none_is_none_and_what_cannot_be_made_is_refused(w: World) -> None:
    blank = {"source_type": "blank", "destination_type": "volume", "volume_size": 1}
    await w.create(block_device_mapping_v2=[w.root_volume(), blank | {"no_device": True}], imageRef="")
    assert len((await w.cloud.member.get("/volume/v3/volumes")).json()["volumes"]) == 1
    body = w.body(block_device_mapping_v2=[w.root_volume(), blank | {"device_type": "cdrom"}], imageRef="")
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
    assert answer.status_code == 400
    assert "device_type" in answer.text


async def test_an_address_of_a_nic_may_be_spelled_in_any_way_and_must_be_one(w: World) -> None:
    network = await w.cloud.member.post("/networking/v2.0/networks", {"network": {"name": "six"}})
    id = network.json()["network"]["id"]
    body = {"subnet": {"network_id": id, "cidr": "fd00:7::/64", "ip_version": 6}}
    assert (await w.cloud.member.post("/networking/v2.0/subnets", body)).status_code == 201
    server = await w.create(networks=[{"uuid": id, "fixed_ip": "FD00:7::00AA"}])
    assert [a["addr"] for a in (await w.show(server))["addresses"]["six"]] == ["fd00:7::aa"]
    odd = w.body(networks=[{"uuid": id, "fixed_ip": "nonsense"}])
    assert (await w.cloud.member.post(f"{BASE}/servers", odd, version=V)).status_code == 400
    more = {"interfaceAttachment": {"net_id": id, "fixed_ips": [{"ip_address": "nonsense"}]}}
    path = f"{BASE}/servers/{server}/os-interface"
    assert (await w.cloud.member.post(path, more)).status_code == 400


async def test_a_server_goes_on_without_the_image_and_the_flavor_that_it_was_made_of(w: World) -> None:
    made = await w.cloud.admin.post(
        f"{BASE}/flavors", {"flavor": {"name": "passing", "vcpus": 1, "ram": 64, "disk": 1}}
    )
    flavor = made.json()["flavor"]["id"]
    id = await w.create(flavorRef=flavor)
    assert (await w.cloud.admin.delete(f"/image/v2/images/{w.image}")).status_code == 204
    assert (await w.cloud.admin.delete(f"{BASE}/flavors/{flavor}")).status_code == 202
    for action in ({"os-stop": None}, {"os-start": None}, {"reboot": {"type": "HARD"}}):
        assert await w.act(id, action) == 202
        await w.cloud.settled()
    shown = await w.show(id)
    assert (shown["status"], shown["flavor"]["original_name"]) == ("ACTIVE", "passing")
    assert await w.act(id, {"rebuild": {"imageRef": w.image}}) == 400
    assert (await w.show(id))["status"] == "ACTIVE"


async def test_a_host_with_servers_stays_whatever_their_state_says(w: World) -> None:
    id = await w.create()
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    assert await w.act(id, {"os-resetState": {"state": "error"}}, w.cloud.admin) == 202
    services = (await w.cloud.admin.get(f"{BASE}/os-services?binary=nova-compute", version=V)).json()[
        "services"
    ]
    service = next(s["id"] for s in services if s["host"] == host)
    answer = await w.cloud.admin.delete(f"{BASE}/os-services/{service}", version=V)
    assert answer.status_code == 409, answer.text
    aggregate = {"aggregate": {"name": "a", "availability_zone": "elsewhere"}}
    made = (await w.cloud.admin.post(f"{BASE}/os-aggregates", aggregate, version=V)).json()["aggregate"]
    path = f"{BASE}/os-aggregates/{made['id']}/action"
    assert (await w.cloud.admin.post(path, {"add_host": {"host": host}}, version=V)).status_code == 409

"""What a guest reads of itself, and what it is called."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from haneul.services.compute import public as compute
from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"
NETWORKING = "/networking/v2.0"
WITH_FILES = "compute 2.42"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def made(w: World, kind: str, **fields: Any) -> dict[str, Any]:
    answer = await w.cloud.member.post(f"{NETWORKING}/{kind}s", {kind: fields})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()[kind]
    return found


async def ports_of(w: World, server: str) -> list[dict[str, Any]]:
    answer = await w.cloud.admin.get(f"{NETWORKING}/ports?device_id={server}")
    found: list[dict[str, Any]] = answer.json()["ports"]
    return found


async def read(w: World, server: str, path: str) -> bytes:
    port = (await ports_of(w, server))[0]
    status, _, content = await compute.metadata(w.cloud.platform, port["binding:host_id"], port["id"], path)
    assert status == 200, path
    return content


async def document(w: World, server: str, name: str) -> Any:
    return json.loads(await read(w, server, f"/openstack/latest/{name}.json"))


async def drive(w: World, server: str) -> dict[str, bytes] | None:
    host = (await w.show(server))["OS-EXT-SRV-ATTR:host"]
    files: dict[str, bytes] | None = (
        (await w.cloud.agent.driver(host, "hypervisor")).spec(server).config_drive
    )
    return files


SIX = {"ip_version": 6, "cidr": "2001:db8::/64"}


@pytest.mark.parametrize(
    ("subnet", "expected"),
    [
        ({"ip_version": 4, "cidr": "10.1.0.0/24"}, {"type": "ipv4_dhcp"}),
        (
            {"ip_version": 4, "cidr": "10.1.0.0/24", "enable_dhcp": False, "dns_nameservers": ["10.1.0.53"],
             "host_routes": [{"destination": "10.9.0.0/16", "nexthop": "10.1.0.9"}]},
            {"type": "ipv4", "netmask": "255.255.255.0",
             "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.1.0.1"},
                        {"network": "10.9.0.0", "netmask": "255.255.0.0", "gateway": "10.1.0.9"}],
             "services": [{"type": "dns", "address": "10.1.0.53"}]},
        ),
        (SIX, {"type": "ipv6_dhcp"}),
        (
            SIX | {"enable_dhcp": False, "gateway_ip": None},
            {"type": "ipv6", "netmask": "ffff:ffff:ffff:ffff::", "routes": [], "services": []},
        ),
        *(
            (
                SIX | {"ipv6_address_mode": mode, "ipv6_ra_mode": mode},
                {"type": f"ipv6_{mode}", "netmask": "ffff:ffff:ffff:ffff::", "services": [],
                 "routes": [{"network": "::", "netmask": "::", "gateway": "2001:db8::"}]},
            )
            for mode in ("slaac", "dhcpv6-stateless", "dhcpv6-stateful")
        ),
    ],
)  # fmt: skip
async def test_each_nic_is_described_as_its_subnet_gives_addresses(
    w: World, subnet: dict[str, Any], expected: dict[str, Any]
) -> None:
    network = await made(w, "network", name="described", mtu=1400)
    await made(w, "subnet", network_id=network["id"], **subnet)
    id = await w.create(networks=[{"uuid": network["id"]}], config_drive=True)
    (port,) = await ports_of(w, id)
    link = f"tap{port['id'][:11]}"
    about = {"id": "network0", "link": link, "network_id": network["id"]}
    if "netmask" in expected:
        about["ip_address"] = port["fixed_ips"][0]["ip_address"]
    found = await document(w, id, "network_data")
    assert found == {
        "links": [
            {"id": link, "vif_id": port["id"], "type": "bridge", "mtu": 1400,
             "ethernet_mac_address": port["mac_address"]}
        ],
        "networks": [about | expected],
        "services": expected.get("services", []),
    }  # fmt: skip
    assert json.loads((await drive(w, id) or {})["openstack/latest/network_data.json"]) == found


async def test_nics_come_in_the_order_that_was_asked_for(w: World) -> None:
    other = await made(w, "network", name="other")
    await made(w, "subnet", network_id=other["id"], ip_version=4, cidr="10.2.0.0/24")
    port = await made(w, "port", network_id=w.network)
    nics = [{"uuid": other["id"], "tag": "outer"}, {"port": port["id"], "tag": "inner"}]
    id = await w.create(networks=nics)
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    spec = (await w.cloud.agent.driver(host, "hypervisor")).spec(id)
    assert [n.port_id == port["id"] for n in spec.nics] == [False, True]
    assert [n["network_id"] for n in (await document(w, id, "network_data"))["networks"]] == [
        other["id"], w.network
    ]  # fmt: skip
    shown = (await w.cloud.member.get(f"{BASE}/servers/{id}/os-interface", version=V)).json()
    assert [i["tag"] for i in shown["interfaceAttachments"]] == ["outer", "inner"]
    late = await made(w, "port", network_id=other["id"])
    body = {"interfaceAttachment": {"port_id": late["id"], "tag": "late"}}
    answer = await w.cloud.member.post(f"{BASE}/servers/{id}/os-interface", body, version=V)
    assert answer.json()["interfaceAttachment"]["tag"] == "late"
    await w.cloud.settled()
    devices = (await document(w, id, "meta_data"))["devices"]
    assert [(d["type"], d["tags"]) for d in devices] == [
        ("nic", ["outer"]), ("nic", ["inner"]), ("nic", ["late"])
    ]  # fmt: skip
    assert devices[1]["mac"] == port["mac_address"]
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}/os-interface/{late['id']}")).status_code == 202
    await w.cloud.settled()
    assert len((await document(w, id, "meta_data"))["devices"]) == 2


async def test_tags_of_disks_are_kept_shown_and_read_by_the_guest(w: World) -> None:
    tagged = {"source_type": "blank", "destination_type": "volume", "volume_size": 1, "tag": "first"}
    root = {"boot_index": 0, "source_type": "image", "destination_type": "local", "uuid": w.image}
    id = await w.create(block_device_mapping_v2=[root | {"tag": "system"}, tagged])
    volume = (await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})).json()["volume"]["id"]
    await w.cloud.settled()
    path = f"{BASE}/servers/{id}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume, "tag": "second"}}
    answer = await w.cloud.member.post(path, body, version=V)
    assert answer.json()["volumeAttachment"]["tag"] == "second"
    await w.cloud.settled()
    shown = (await w.cloud.member.get(path, version=V)).json()["volumeAttachments"]
    assert sorted(a["tag"] for a in shown) == ["first", "second"]
    devices = (await document(w, id, "meta_data"))["devices"]
    assert [(d["type"], d["path"], d["tags"]) for d in devices] == [
        ("disk", "/dev/vda", ["system"]), ("disk", "/dev/vdb", ["first"]), ("disk", "/dev/vdc", ["second"])
    ]  # fmt: skip
    assert devices[2]["serial"] == volume[:20]
    assert (await w.cloud.member.delete(f"{path}/{volume}")).status_code == 202
    await w.cloud.settled()
    assert len((await document(w, id, "meta_data"))["devices"]) == 2


async def test_files_reach_the_guest_by_service_and_by_drive(w: World) -> None:
    motd = base64.encodebytes(b"welcome " * 20).decode()
    body = w.body(personality=[{"path": "/etc/motd", "contents": motd}])
    answer = await w.cloud.member.post(f"{BASE}/servers", body, version=WITH_FILES)
    assert answer.status_code == 202, answer.text
    await w.cloud.settled()
    id = answer.json()["server"]["id"]
    assert (await w.show(id))["config_drive"] == ""
    (file,) = (await document(w, id, "meta_data"))["files"]
    assert file == {"path": "/etc/motd", "content_path": "/content/0000"}
    assert await read(w, id, f"/openstack{file['content_path']}") == b"welcome " * 20
    assert (await drive(w, id) or {})["openstack/content/0000"] == b"welcome " * 20
    rebuild = {"rebuild": {"imageRef": w.image, "personality": [{"path": "/a", "contents": "Yg=="}]}}
    answer = await w.cloud.member.post(f"{BASE}/servers/{id}/action", rebuild, version=WITH_FILES)
    assert answer.status_code == 202, answer.text
    await w.cloud.settled()
    assert (await drive(w, id) or {})["openstack/content/0000"] == b"b"


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([{"path": "/a", "contents": "Yg=="}] * 6, 403),
        ([{"path": "/" + "a" * 255, "contents": "Yg=="}], 403),
        ([{"path": "/a", "contents": base64.b64encode(bytes(10241)).decode()}], 403),
        ([{"path": "/a", "contents": "%%"}], 400),
        ([{"path": "/a"}], 400),
        ([{"path": "/a", "contents": "Yg==", "mode": "0600"}], 400),
    ],
)
async def test_files_that_are_too_many_too_long_or_no_files(w: World, files: list[Any], status: int) -> None:
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(personality=files), version=WITH_FILES)
    assert answer.status_code == status, answer.text
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []


async def test_user_data_may_be_broken_into_lines(w: World) -> None:
    script = b"#!/bin/sh\n" + b"echo hello\n" * 20
    id = await w.create(user_data=base64.encodebytes(script).decode())
    assert await read(w, id, "/openstack/latest/user_data") == script
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(user_data="no base 64!"), version=V)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("name", "hostname"),
    [
        ("web_1.example org", "web-1-example-org"), ("하늘", "Server-{id}"), ("/*[$]*/", "Server-{id}"),
        ("...", "Server-{id}"), ("-A-", "a"), ("x" * 70, "x" * 63),
    ],
)  # fmt: skip
async def test_host_names_are_made_as_upstream_makes_them(w: World, name: str, hostname: str) -> None:
    id = await w.create(name=name)
    expected = hostname.format(id=id)
    assert (await w.show(id))["OS-EXT-SRV-ATTR:hostname"] == expected
    assert (await document(w, id, "meta_data"))["hostname"] == f"{expected}.novalocal"


@pytest.mark.parametrize(("name", "hostnames"), [("Web", ["web-1", "web-2"]), ("하늘", None)])
async def test_several_servers_have_host_names_of_their_own(
    w: World, name: str, hostnames: list[str] | None
) -> None:
    await w.create(name=name, min_count=2)
    found = (await w.cloud.member.get(f"{BASE}/servers/detail?sort_key=created_at&sort_dir=asc")).json()
    shown = [await w.show(s["id"]) for s in found["servers"]]
    assert sorted(s["name"] for s in shown) == [f"{name}-1", f"{name}-2"]
    expected = hostnames or sorted(f"Server-{s['id']}" for s in shown)
    assert sorted(s["OS-EXT-SRV-ATTR:hostname"] for s in shown) == expected


@pytest.mark.parametrize(
    ("name", "fine", "value", "words"),
    [
        ("architecture", "AMD64", "x64", "Architecture name 'x64' is not valid"),
        ("hw_disk_bus", "scsi", "floppydisk", "Field value floppydisk is invalid"),
        ("hw_cpu_cores", "2", "abc", "invalid literal for int() with base 10: 'abc'"),
        ("os_type", "Linux", "beos", "Field value beos is invalid"),
        ("hw_vif_model", "VIRTIO", "ne1", "Field value ne1 is invalid"),
        ("hypervisor_type", "QEMU", "minix", "Hypervisor virt type 'minix' is not valid"),
        ("vm_mode", "hv", "dos", "Virtual machine mode 'dos' is not valid"),
    ],
)
async def test_images_that_ask_for_impossible_hardware_do_not_boot(
    w: World, name: str, fine: str, value: str, words: str
) -> None:
    id = await w.create()
    assert await _boot_with(w, name, fine) == 202
    assert await _boot_with(w, name, value) == 400
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(), version=V)
    assert answer.json()["badRequest"]["message"] == f"Invalid image metadata. Error: {words}"
    assert await w.act(id, {"rebuild": {"imageRef": w.image}}) == 400


async def _boot_with(w: World, name: str, value: str) -> int:
    await w.cloud.admin.call(
        "PATCH",
        f"/image/v2/images/{w.image}",
        json=[{"op": "add", "path": f"/{name}", "value": value}],
        headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
    )
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(), version=V)
    await w.cloud.settled()
    if answer.status_code == 202:
        await w.cloud.member.delete(f"{BASE}/servers/{answer.json()['server']['id']}")
        await w.cloud.settled()
    return answer.status_code


async def test_a_server_group_has_no_more_members_than_the_quota_allows(w: World) -> None:
    await w.cloud.admin.put(
        f"{BASE}/os-quota-sets/{w.cloud.member.auth.project_id}",
        {"quota_set": {"server_group_members": 2}},
    )
    made = await w.cloud.member.post(
        f"{BASE}/os-server-groups", {"server_group": {"name": "g", "policies": ["affinity"]}}
    )
    group = made.json()["server_group"]["id"]

    async def boot(count: int) -> int:
        body = w.body(min_count=count) | {"os:scheduler_hints": {"group": group}}
        answer = await w.cloud.member.post(f"{BASE}/servers", body, version=V)
        await w.cloud.settled()
        return answer.status_code

    assert await boot(3) == 403
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []
    assert await boot(2) == 202
    assert await boot(1) == 403


async def test_a_guest_reads_the_host_name_that_its_server_was_given_later(w: World) -> None:
    id = await w.create(name="web")
    body = {"server": {"hostname": "db"}}
    answer = await w.cloud.member.put(f"{BASE}/servers/{id}", body, version="compute 2.90")
    assert answer.status_code == 200, answer.text
    assert (await w.show(id))["OS-EXT-SRV-ATTR:hostname"] == "db"
    assert (await document(w, id, "meta_data"))["hostname"] == "db.novalocal"

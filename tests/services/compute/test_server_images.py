"""Images of servers: what they say of the server, and servers that are made of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Cloud, Persona
from tests.services.compute import world
from tests.services.compute.world import V, World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def image_of(w: World, id: str, who: Persona | None = None, **more: Any) -> dict[str, Any]:
    """The image that is made of a server, when it is there."""
    who = who or w.cloud.member
    action = {"createImage": {"name": "snap"} | more}
    answer = await who.post(f"{BASE}/servers/{id}/action", action, version=V)
    assert answer.status_code == 202, answer.text
    await w.cloud.settled()
    found = await who.get(f"/image/v2/images/{answer.json()['image_id']}")
    image: dict[str, Any] = found.json()
    assert image["status"] == "active", image
    return image


async def snapshots(w: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await w.cloud.member.get("/volume/v3/snapshots/detail")).json()[
        "snapshots"
    ]
    return found


async def test_an_image_of_a_root_disk_says_where_it_is_from(w: World) -> None:
    change = [
        {"op": "add", "path": f"/{name}", "value": value}
        for name, value in (
            ("os_distro", "x"),
            ("cache_in_nova", "1"),
            ("owner_specified.a", "b"),
            ("min_ram", 16),
        )
    ]
    content_type = "application/openstack-images-v2.1-json-patch"
    changed = await w.cloud.admin.call(
        "PATCH", f"/image/v2/images/{w.image}", content=json.dumps(change).encode(),
        headers={"Content-Type": content_type},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    id = await w.create()
    image = await image_of(w, id, metadata={"mine": "yes", "os_distro": "y"})
    auth = w.cloud.member.auth
    wanted = {
        "base_image_ref": w.image,
        "boot_roles": ",".join(sorted(auth.roles)),
        "disk_format": "qcow2",
        "image_type": "snapshot",
        "instance_uuid": id,
        "min_disk": 1,
        "min_ram": 16,
        "mine": "yes",
        "os_distro": "y",
        "owner_project_name": auth.project_name,
        "owner_specified.a": "b",
        "owner_user_name": auth.user_name,
        "user_id": auth.user_id,
        "visibility": "private",
    }
    assert {name: image.get(name) for name in wanted} == wanted
    assert "cache_in_nova" not in image


async def test_an_image_that_an_administrator_makes_is_shared_with_the_servers_project(w: World) -> None:
    id = await w.create()
    image = await image_of(w, id, w.cloud.admin)
    assert image["visibility"] == "shared"
    seen = await w.cloud.member.get(f"/image/v2/images/{image['id']}")
    assert seen.status_code == 200


async def test_an_image_of_volumes_names_their_snapshots(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 2}})
    await w.cloud.settled()
    body = {"volumeAttachment": {"volumeId": made.json()["volume"]["id"]}}
    assert (await w.cloud.member.post(f"{BASE}/servers/{id}/os-volume_attachments", body)).status_code == 200
    await w.cloud.settled()
    image = await image_of(w, id)
    assert (image["size"], image["min_disk"], image["disk_format"]) == (0, 1, "raw")
    assert (image["bdm_v2"], image["root_device_name"], image["base_image_ref"]) == ("True", "/dev/vda", "")
    assert "instance_uuid" not in image
    taken = {s["id"]: s["size"] for s in await snapshots(w)}
    mapping = json.loads(image["block_device_mapping"])
    assert {m["snapshot_id"]: m["volume_size"] for m in mapping} == taken
    assert [(m["device_name"], m["boot_index"], m["source_type"]) for m in mapping] == [
        ("/dev/vda", 0, "snapshot"),
        ("/dev/vdb", None, "snapshot"),
    ]


async def test_a_server_made_of_such_an_image_gets_a_volume_of_each_snapshot(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    image = await image_of(w, id)
    second = await w.create(imageRef=image["id"])
    server = await w.show(second)
    assert server["status"] == "ACTIVE", server.get("fault")
    assert server["image"]["id"] == image["id"]
    (attached,) = server["os-extended-volumes:volumes_attached"]
    volume = (await w.cloud.member.get(f"/volume/v3/volumes/{attached['id']}")).json()["volume"]
    (snapshot,) = await snapshots(w)
    assert (volume["snapshot_id"], volume["bootable"]) == (snapshot["id"], "true")
    again = await image_of(w, second)
    assert again["base_image_ref"] == image["id"]
    named = [json.loads(i["block_device_mapping"])[0]["snapshot_id"] for i in (image, again)]
    assert sorted(named) == sorted(s["id"] for s in await snapshots(w))


async def test_deleting_such_an_image_leaves_the_snapshots(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    image = await image_of(w, id)
    assert (await w.cloud.member.delete(f"/image/v2/images/{image['id']}")).status_code == 204
    await w.cloud.settled()
    assert [s["status"] for s in await snapshots(w)] == ["available"]


async def test_what_goes_beyond_the_quota_of_snapshots_changes_nothing(w: World) -> None:
    id = await w.create(imageRef=None, block_device_mapping_v2=[w.root_volume()])
    project = w.cloud.member.auth.project_id
    quota = {"quota_set": {"snapshots": 0}}
    assert (await w.cloud.admin.put(f"/volume/v3/os-quota-sets/{project}", quota)).status_code == 200
    assert await w.act(id, {"createImage": {"name": "snap"}}) == 403
    assert (await w.cloud.member.get("/image/v2/images?name=snap")).json()["images"] == []
    assert await snapshots(w) == []


@pytest.mark.parametrize(
    "mapping", ["no json", "{}", '[{"source_type": "image", "destination_type": "volume"}]']
)
async def test_an_image_that_asks_for_what_cannot_be_boots_nothing(w: World, mapping: str) -> None:
    body = {"name": "odd", "disk_format": "raw", "container_format": "bare"}
    made = await w.cloud.member.post(
        "/image/v2/images", body | {"bdm_v2": "True", "block_device_mapping": mapping}
    )
    path = f"/image/v2/images/{made.json()['id']}"
    headers = {"Content-Type": "application/octet-stream"}
    await w.cloud.member.call("PUT", f"{path}/file", content=b"", headers=headers)
    answer = await w.cloud.member.post(f"{BASE}/servers", w.body(imageRef=made.json()["id"]), version=V)
    assert answer.status_code == 400, answer.text
    assert (await w.cloud.member.get(f"{BASE}/servers")).json()["servers"] == []


async def test_old_clients_find_images_through_compute(w: World) -> None:
    image = await image_of(w, await w.create(name="s"))
    shown = (await w.cloud.member.get(f"{BASE}/images/{image['id']}")).json()["image"]
    assert (shown["status"], shown["progress"], shown["OS-EXT-IMG-SIZE:size"]) == (
        "ACTIVE",
        100,
        image["size"],
    )
    assert shown["metadata"]["image_type"] == "snapshot"
    for query in (
        "name=snap",
        "type=snapshot",
        "status=ACTIVE",
        f"server={shown['metadata']['instance_uuid']}",
    ):
        listed = (await w.cloud.member.get(f"{BASE}/images/detail?{query}")).json()["images"]
        assert image["id"] in {each["id"] for each in listed}, query
    for query in ("name=other", "status=SAVING", "minRam=100000"):
        assert (await w.cloud.member.get(f"{BASE}/images?{query}")).json()["images"] == [], query
    assert (await w.cloud.stranger.get(f"{BASE}/images/{image['id']}")).status_code == 404
    assert (await w.cloud.member.get(f"{BASE}/images", version="compute 2.36")).status_code == 404
    assert (await w.cloud.member.delete(f"{BASE}/images/{image['id']}")).status_code == 204
    assert (await w.cloud.member.get(f"/image/v2/images/{image['id']}")).status_code == 404


async def test_an_images_properties_are_read_one_by_one_until_they_are_images_own_affair(w: World) -> None:
    change = [{"op": "add", "path": "/os_distro", "value": "x"}]
    changed = await w.cloud.admin.call(
        "PATCH", f"/image/v2/images/{w.image}", content=json.dumps(change).encode(),
        headers={"Content-Type": "application/openstack-images-v2.1-json-patch"},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    path = f"{BASE}/images/{w.image}/metadata"
    one = await w.cloud.member.get(f"{path}/os_distro")
    assert (one.status_code, one.json()) == (200, {"meta": {"os_distro": "x"}})
    assert (await w.cloud.member.get(path)).json()["metadata"]["os_distro"] == "x"
    assert (await w.cloud.member.get(f"{path}/nothing")).status_code == 404
    assert (await w.cloud.member.get(f"{path}/os_distro", version="compute 2.39")).status_code == 404


async def test_compute_names_the_server_that_an_image_was_made_of(w: World) -> None:
    id = await w.create()
    image = await image_of(w, id)
    listed = (await w.cloud.member.get(f"{BASE}/images/detail")).json()["images"]
    servers = {each["id"]: each.get("server") for each in listed}
    assert servers[w.image] is None
    assert servers[image["id"]]["id"] == id
    (self, *_) = servers[image["id"]]["links"]
    assert (await w.cloud.member.get(self["href"])).json()["server"]["id"] == id

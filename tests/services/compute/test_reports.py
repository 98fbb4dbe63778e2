"""What people reported of other clouds: `docs/reports.md` says who, and what is right."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import World

BASE = "/compute/v2.1"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def test_servers_have_tags_from_2_26_on(w: World) -> None:
    path = f"{BASE}/servers/{await w.create()}/tags"
    statuses = [
        (await w.cloud.member.put(path, {"tags": ["a"]}, version=f"compute {version}")).status_code
        for version in ("2.25", "2.26")
    ]
    assert statuses == [404, 200]


async def test_metadata_is_merged_replaced_and_removed_by_key(w: World) -> None:
    path = f"{BASE}/servers/{await w.create(metadata={'a': '1'})}/metadata"
    merged = await w.cloud.member.post(path, {"metadata": {"b": "2"}})
    assert merged.json()["metadata"] == {"a": "1", "b": "2"}
    replaced = await w.cloud.member.put(path, {"metadata": {"c": "3"}})
    assert replaced.json()["metadata"] == {"c": "3"}
    assert (await w.cloud.member.delete(f"{path}/a")).status_code == 404


async def test_a_volume_is_at_one_server_and_is_taken_from_no_other(w: World) -> None:
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
    await w.cloud.settled()
    volume = made.json()["volume"]["id"]
    first, second = await w.create(), await w.create()
    path = BASE + "/servers/{}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    assert (await w.cloud.member.post(path.format(first), body)).status_code == 200
    await w.cloud.settled()
    assert (await w.cloud.member.post(path.format(second), body)).status_code == 400
    assert (await w.cloud.member.delete(f"{path.format(second)}/{volume}")).status_code == 404
    shown = (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]
    assert [(a["server_id"], a["host_name"]) for a in shown["attachments"]] == [(first, None)]
    seen = (await w.cloud.admin.get(f"/volume/v3/volumes/{volume}")).json()["volume"]
    assert seen["attachments"][0]["host_name"] in w.cloud.hosts


async def test_a_server_without_a_description_has_none_once_there_are_any(w: World) -> None:
    found = []
    for version in ("compute 2.18", "compute 2.19"):
        made = await w.cloud.member.post(f"{BASE}/servers", w.body(name="box"), version=version)
        assert made.status_code == 202, made.text
        await w.cloud.settled()
        id = made.json()["server"]["id"]
        shown = await w.cloud.member.get(f"{BASE}/servers/{id}", version="compute 2.19")
        found.append(shown.json()["server"]["description"])
    assert found == ["box", None]


async def test_whether_a_volume_goes_with_its_server_is_decided_later_too(w: World) -> None:
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
    await w.cloud.settled()
    volume, server = made.json()["volume"]["id"], await w.create()
    path = f"{BASE}/servers/{server}/os-volume_attachments"
    await w.cloud.member.post(path, {"volumeAttachment": {"volumeId": volume}})
    await w.cloud.settled()

    async def ask(who: object = w.cloud.member, version: str = "compute 2.85", **more: object) -> int:
        body = {"volumeAttachment": {"volumeId": volume} | more}
        return (await who.put(f"{path}/{volume}", body, version=version)).status_code  # type: ignore[attr-defined]

    assert await ask(version="compute 2.84", delete_on_termination=True) in (400, 404, 405)
    for fixed in (
        {"device": "/dev/vdz"},
        {"tag": "t"},
        *({name: server[::-1]} for name in ("id", "serverId", "volumeId")),
    ):
        assert await ask(**fixed, delete_on_termination=True) == 400, fixed
    assert await ask(w.cloud.stranger, delete_on_termination=True) == 404
    assert await ask(w.cloud.reader, delete_on_termination=True) == 403
    assert await ask(delete_on_termination=True) == 202
    shown = await w.cloud.member.get(f"{path}/{volume}", version="compute 2.85")
    assert shown.json()["volumeAttachment"]["delete_on_termination"] is True
    assert (await w.cloud.member.delete(f"{BASE}/servers/{server}")).status_code == 204
    await w.cloud.settled()
    assert (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).status_code == 404


async def test_a_server_has_only_so_much_metadata_and_who_sets_more_is_told_how_much(w: World) -> None:
    path = f"{BASE}/servers/{await w.create()}/metadata"
    refusal = await w.cloud.member.put(path, {"metadata": {f"k{n}": "" for n in range(129)}})
    assert (refusal.status_code, refusal.json()["forbidden"]["message"]) == (
        403,
        "Maximum number of metadata items exceeds 128",
    )


async def test_a_resize_takes_a_flavor_and_is_confirmed_once_it_waits_for_that(w: World) -> None:
    id = await w.create()
    await w.cloud.settled()
    path = f"{BASE}/servers/{id}/action"
    extra = {"resize": {"flavorRef": w.flavor, "personality": [], "metadata": {}}}
    assert (await w.cloud.member.post(path, extra)).status_code == 400
    assert (await w.cloud.member.post(path, {"resize": {"flavorRef": w.flavor}})).status_code == 400
    assert (await w.cloud.member.post(path, {"confirmResize": None})).status_code == 409


async def test_a_volume_is_free_again_once_its_server_is_gone(w: World) -> None:
    made = await w.cloud.member.post("/volume/v3/volumes", {"volume": {"size": 1}})
    server = await w.create()
    await w.cloud.settled()
    volume = made.json()["volume"]["id"]
    path = f"{BASE}/servers/{server}"
    body = {"volumeAttachment": {"volumeId": volume}}
    assert (await w.cloud.member.post(f"{path}/os-volume_attachments", body)).status_code == 200
    await w.cloud.settled()
    assert (await w.cloud.member.delete(path)).status_code == 204
    await w.cloud.settled()
    left = (await w.cloud.member.get(f"/volume/v3/volumes/{volume}")).json()["volume"]
    assert (left["status"], left["attachments"]) == ("available", [])

"""What people reported of other clouds: `docs/reports.md` says who, and what is right."""

from __future__ import annotations

import pytest

from tests.bodies.cases import KEY
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


@pytest.mark.parametrize("state", ["error", "rescued", "shelved", "locked", "stopped"])
async def test_labels_of_a_server_change_while_it_stands(w: World, state: str) -> None:
    id = await w.create(metadata={"a": "1"})
    path = f"{BASE}/servers/{id}"
    assert (
        await w.cloud.member.put(f"{path}/tags", {"tags": ["x"]}, version="compute 2.26")
    ).status_code == 200
    how = {"error": {"os-resetState": {"state": "error"}}, "rescued": {"rescue": None}, "shelved": {"shelve": None},
           "locked": {"lock": None}, "stopped": {"os-stop": None}}  # fmt: skip
    assert await w.act(id, how[state], w.cloud.admin) in (200, 202)
    await w.cloud.settled()
    metadata = [
        await w.cloud.member.put(f"{path}/metadata", {"metadata": {"b": "2"}}),
        await w.cloud.member.post(f"{path}/metadata", {"metadata": {"b": "3"}}),
        await w.cloud.member.put(f"{path}/metadata/b", {"meta": {"b": "4"}}),
        await w.cloud.member.delete(f"{path}/metadata/{'b' if state == 'stopped' else 'a'}"),
    ]
    tags = [
        await w.cloud.member.put(f"{path}/tags/y", None, version="compute 2.26"),
        await w.cloud.member.put(f"{path}/tags", {"tags": ["z"]}, version="compute 2.26"),
        await w.cloud.member.delete(f"{path}/tags/z", version="compute 2.26"),
        await w.cloud.member.delete(f"{path}/tags", version="compute 2.26"),
    ]
    refused = {409}
    done_metadata, done_tags = {200, 204}, {200, 201, 204}
    assert {a.status_code for a in metadata} == (done_metadata if state == "stopped" else refused)
    assert {a.status_code for a in tags} == (done_tags if state in ("stopped", "locked") else refused)
    shown = await w.show(id)
    assert shown["metadata"] == ({} if state == "stopped" else {"a": "1"})
    assert shown["tags"] == ([] if state in ("stopped", "locked") else ["x"])
    renamed = await w.cloud.member.put(path, {"server": {"name": "other"}})
    assert renamed.status_code == 200  # its name is its owner's in every state


async def test_what_cannot_be_of_a_server_or_a_key_is_refused(w: World) -> None:
    member = w.cloud.member
    made = await member.post("/networking/v2.0/ports", {"port": {"network_id": w.network, "fixed_ips": []}})
    port = made.json()["port"]["id"]
    bare = await member.post(f"{BASE}/servers", w.body(networks=[{"port": port}]))
    assert (bare.status_code, "requires a FixedIP" in bare.text) == (400, True)
    assert (await member.get(f"{BASE}/servers/")).status_code == 404
    alone = await w.create(networks="none")
    interfaces = await member.get(f"{BASE}/servers/{alone}/os-interface")
    assert (interfaces.status_code, interfaces.json()) == (200, {"interfaceAttachments": []})
    shown = await member.get(f"{BASE}/servers/{alone}", version="compute 2.71")
    assert shown.json()["server"]["server_groups"] == []
    floating = {"addFloatingIp": {"address": "203.0.113.9"}}
    assert await w.act(alone, floating) == 404
    key = {"name": "k", "public_key": KEY}
    odd = await member.post(f"{BASE}/os-keypairs", {"keypair": {**key, "deleted": False}})
    assert (odd.status_code, "deleted" in odd.text) == (400, True)
    answers = [(await member.post(f"{BASE}/os-keypairs", {"keypair": key})).status_code for _ in range(2)]
    assert answers == [200, 409]


async def test_a_port_that_has_a_server_is_attached_to_no_other(w: World) -> None:
    first, second = await w.create(), await w.create(networks="none")
    (attached,) = (await w.cloud.member.get(f"{BASE}/servers/{first}/os-interface")).json()[
        "interfaceAttachments"
    ]
    wish = {"interfaceAttachment": {"port_id": attached["port_id"]}}
    for server in (first, second):
        answer = await w.cloud.member.post(f"{BASE}/servers/{server}/os-interface", wish)
        assert answer.status_code == 409, answer.text


@pytest.mark.parametrize(
    ("version", "group", "status"),
    [
        ("2.1", {"policies": ["soft-anti-affinity"]}, 400),
        ("2.15", {"policies": ["soft-anti-affinity"]}, 200),
        ("2.63", {"policies": ["anti-affinity", "affinity"]}, 400),
        ("2.64", {"policies": ["anti-affinity"]}, 400),
        ("2.64", {"policy": "anti-affinity", "rules": {"max_server_per_host": 2}}, 200),
        ("2.64", {"policy": "affinity", "rules": {"max_server_per_host": 2}}, 400),
    ],
)
async def test_policies_of_groups_are_said_as_the_version_knows_them(
    w: World, version: str, group: dict[str, object], status: int
) -> None:
    body = {"server_group": {"name": "g", **group}}
    answer = await w.cloud.member.post(f"{BASE}/os-server-groups", body, version=f"compute {version}")
    assert answer.status_code == status, answer.text


async def test_a_quota_below_what_is_used_is_forced_or_refused(w: World) -> None:
    await w.create()
    path = f"{BASE}/os-quota-sets/{w.cloud.member.auth.project_id}"
    for force, status in ((False, 400), (True, 200)):
        body = {"quota_set": {"instances": 0, **({"force": True} if force else {})}}
        answer = await w.cloud.admin.put(path, body)
        assert answer.status_code == status, answer.text


async def test_a_server_in_error_is_rebooted_hard(w: World) -> None:
    id = await w.create()
    assert await w.act(id, {"os-resetState": {"state": "error"}}, w.cloud.admin) == 202
    assert await w.act(id, {"reboot": {"type": "SOFT"}}) == 409
    assert await w.act(id, {"reboot": {"type": "HARD"}}) == 202
    await w.cloud.settled()
    assert (await w.show(id))["status"] == "ACTIVE"

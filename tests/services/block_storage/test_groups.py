"""Groups of volumes, their types, their snapshots and copies, and consistency groups by their older names."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from haneul.services.block_storage.drivers.fake import FakeVolumes
from haneul.services.block_storage.operations import group_types
from haneul.services.block_storage.sagas.create_group_snapshot import CREATE_GROUP_SNAPSHOT
from haneul.services.block_storage.sagas.delete_group_snapshot import DELETE_GROUP_SNAPSHOT
from tests.conftest import Cloud, Persona
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.block_storage.calls import V3, make_volume, message, volume

NEWEST = {"OpenStack-API-Version": "volume 3.71"}
DEFAULT = "__DEFAULT__"
GROUPS, SNAPSHOTS, TYPES = f"{V3}/groups", f"{V3}/group_snapshots", f"{V3}/group_types"


@pytest.fixture(autouse=True)
async def consistency(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        await group_types.ensure_consistency(ctx)


async def make_type(cloud: Cloud, **wish: Any) -> dict[str, Any]:
    body = {"group_type": {"name": f"t{uuid.uuid4().hex}", **wish}}
    answer = await cloud.admin.post(TYPES, body, headers=NEWEST)
    assert answer.status_code == 202, answer.text
    return answer.json()["group_type"]


async def make_group(cloud: Cloud, kind: str, **wish: Any) -> dict[str, Any]:
    body = {"group": {"group_type": kind, "volume_types": [DEFAULT], **wish}}
    answer = await cloud.member.post(GROUPS, body, headers=NEWEST)
    assert answer.status_code == 202, answer.text
    return await group(cloud, answer.json()["group"]["id"])


async def group(cloud: Cloud, id: str) -> dict[str, Any]:
    answer = await cloud.admin.get(f"{GROUPS}/{id}?list_volume=true", headers=NEWEST)
    assert answer.status_code == 200, answer.text
    return answer.json()["group"]


async def act(who: Persona, id: str, **body: Any) -> Any:
    return await who.post(f"{GROUPS}/{id}/action", body, headers=NEWEST)


async def make_member(cloud: Cloud, group_id: str, **wish: Any) -> dict[str, Any]:
    body = {"volume": {"size": 1, "volume_type": DEFAULT, "group_id": group_id, **wish}}
    answer = await cloud.member.post(f"{V3}/volumes", body, headers=NEWEST)
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    shown = await cloud.admin.get(f"{V3}/volumes/{answer.json()['volume']['id']}", headers=NEWEST)
    return shown.json()["volume"]


async def take(cloud: Cloud, group_id: str) -> dict[str, Any]:
    body = {"group_snapshot": {"group_id": group_id, "name": "s"}}
    answer = await cloud.member.post(SNAPSHOTS, body, headers=NEWEST)
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    shown = await cloud.member.get(f"{SNAPSHOTS}/{answer.json()['group_snapshot']['id']}", headers=NEWEST)
    return shown.json()["group_snapshot"]


async def test_types_of_groups_and_what_they_say(cloud: Cloud) -> None:
    made = await make_type(cloud, name="tiered", description="d", group_specs={"a": "b"})
    assert (made["is_public"], made["group_specs"]) == (True, {"a": "b"})
    seen = (await cloud.member.get(f"{TYPES}/{made['id']}", headers=NEWEST)).json()["group_type"]
    assert set(seen) == {"id", "name", "description", "is_public"}
    again = await cloud.admin.post(TYPES, {"group_type": {"name": "tiered"}}, headers=NEWEST)
    assert again.status_code == 409
    hidden = await make_type(cloud, name="hidden", is_public=False)
    listed = (await cloud.member.get(TYPES, headers=NEWEST)).json()["group_types"]
    assert {t["name"] for t in listed} == {"tiered", "default_cgsnapshot_type"}
    listed = (await cloud.admin.get(f"{TYPES}?is_public=none&limit=2&sort=name:asc", headers=NEWEST)).json()
    assert [t["name"] for t in listed["group_types"]] == ["default_cgsnapshot_type", "hidden"]
    assert "marker=" in listed["group_type_links"][0]["href"]
    assert (await cloud.member.get(f"{TYPES}/{hidden['id']}", headers=NEWEST)).status_code == 404
    path = f"{TYPES}/{made['id']}"
    changed = await cloud.admin.put(
        path, {"group_type": {"name": "other", "is_public": False}}, headers=NEWEST
    )
    assert (changed.status_code, changed.json()["group_type"]["name"]) == (200, "other")
    assert (await cloud.admin.put(path, {"group_type": {}}, headers=NEWEST)).status_code == 400
    specs = f"{path}/group_specs"
    more = await cloud.admin.post(specs, {"group_specs": {"c": "d"}}, headers=NEWEST)
    assert (more.status_code, more.json()) == (202, {"group_specs": {"c": "d"}})
    assert (await cloud.admin.put(f"{specs}/c", {"c": "e"}, headers=NEWEST)).json() == {"c": "e"}
    assert (await cloud.admin.get(f"{specs}/c", headers=NEWEST)).json() == {"c": "e"}
    assert (await cloud.admin.delete(f"{specs}/a", headers=NEWEST)).status_code == 202
    assert (await cloud.admin.get(specs, headers=NEWEST)).json() == {"group_specs": {"c": "e"}}
    assert (await cloud.admin.get(f"{specs}/a", headers=NEWEST)).status_code == 404
    assert (await cloud.member.get(specs, headers=NEWEST)).status_code == 403
    assert (await cloud.admin.delete(path, headers=NEWEST)).status_code == 202
    assert (await cloud.admin.get(path, headers=NEWEST)).status_code == 404
    assert (await cloud.member.get(f"{TYPES}/default", headers=NEWEST)).status_code == 404
    assert (await cloud.admin.get(TYPES, headers={"OpenStack-API-Version": "volume 3.10"})).status_code == 404


async def test_a_group_has_volumes_of_its_types(cloud: Cloud) -> None:
    kind = await make_type(cloud)
    made = await make_group(cloud, kind["name"], name="g", description="d")
    assert (made["status"], made["group_type"], made["volumes"]) == ("available", kind["id"], [])
    first = await make_member(cloud, made["id"])
    assert first["group_id"] == made["id"]
    loose = await make_volume(cloud)
    path = f"{GROUPS}/{made['id']}"
    change = {"group": {"name": "new", "add_volumes": loose["id"], "remove_volumes": first["id"]}}
    assert (await cloud.member.put(path, change, headers=NEWEST)).status_code == 202
    now = await group(cloud, made["id"])
    assert (now["name"], now["volumes"], now["description"]) == ("new", [loose["id"]], "d")
    found = await cloud.member.get(f"{V3}/volumes?group_id={made['id']}", headers=NEWEST)
    assert [v["id"] for v in found.json()["volumes"]] == [loose["id"]]
    held = await cloud.member.delete(f"{V3}/volumes/{loose['id']}")
    assert held.status_code == 400
    assert "belong to a group" in message(held, "badRequest")
    offered = await cloud.member.post(
        f"{V3}/volume-transfers", {"transfer": {"volume_id": loose["id"]}}, headers=NEWEST
    )
    assert offered.status_code == 400
    listed = (await cloud.member.get(f"{GROUPS}/detail?name=new", headers=NEWEST)).json()["groups"]
    assert [g["id"] for g in listed] == [made["id"]]
    assert (await cloud.member.get(GROUPS, headers=NEWEST)).json()["groups"] == [
        {"id": made["id"], "name": "new"}
    ]
    summary = (await cloud.stranger.get(GROUPS, headers=NEWEST)).json()
    assert summary == {"groups": []}


async def test_what_cannot_be_in_a_group(cloud: Cloud) -> None:
    kind = await make_type(cloud)
    made, other = await make_group(cloud, kind["id"]), await make_group(cloud, kind["id"])
    path = f"{GROUPS}/{made['id']}"

    async def refusal(**change: Any) -> str:
        answer = await cloud.member.put(path, {"group": change}, headers=NEWEST)
        assert answer.status_code == 400, answer.text
        return message(answer, "badRequest")

    elsewhere = await make_member(cloud, other["id"])
    theirs = await make_volume(cloud, cloud.stranger)
    assert "is already in group" in await refusal(add_volumes=elsewhere["id"])
    assert "cannot be found" in await refusal(add_volumes=theirs["id"])
    assert "is not in the group" in await refusal(remove_volumes=elsewhere["id"])
    both = elsewhere["id"]
    assert "both add and remove" in await refusal(add_volumes=both, remove_volumes=both)
    assert "no valid name" in await refusal(name="")
    await refusal()
    typed = await cloud.admin.post(f"{V3}/types", {"volume_type": {"name": "fast"}})
    fast = await make_volume(cloud, volume_type="fast")
    assert "is not supported by the group" in await refusal(add_volumes=fast["id"])
    for wish in ({}, {"volume_type": typed.json()["volume_type"]["id"]}):
        body = {"volume": {"size": 1, "group_id": made["id"], **wish}}
        assert (await cloud.member.post(f"{V3}/volumes", body, headers=NEWEST)).status_code == 400
    body = {"volume": {"size": 1, "volume_type": DEFAULT, "group_id": str(uuid.uuid4())}}
    assert (await cloud.member.post(f"{V3}/volumes", body, headers=NEWEST)).status_code == 404
    for wish in (
        {"group_type": "none", "volume_types": [DEFAULT]},
        {"group_type": kind["id"], "volume_types": ["none"]},
    ):
        assert (await cloud.member.post(GROUPS, {"group": wish}, headers=NEWEST)).status_code == 404
    for wish in (
        {"group_type": kind["id"], "volume_types": []},
        {"group_type": kind["id"], "volume_types": [DEFAULT, DEFAULT]},
        {"group_type": kind["id"], "volume_types": [DEFAULT], "availability_zone": "elsewhere"},
        {"group_type": "default_cgsnapshot_type", "volume_types": [DEFAULT]},
        {"group_type": kind["id"]},
    ):
        assert (await cloud.member.post(GROUPS, {"group": wish}, headers=NEWEST)).status_code == 400, wish


async def test_a_group_goes_with_its_volumes(cloud: Cloud, host: FakeVolumes) -> None:
    kind = await make_type(cloud)
    made = await make_group(cloud, kind["id"])
    for _ in range(2):
        await make_member(cloud, made["id"])
    refused = await act(cloud.member, made["id"], delete={})
    assert refused.status_code == 400
    assert "still contains volumes" in message(refused, "badRequest")
    assert (await cloud.admin.delete(f"{TYPES}/{kind['id']}", headers=NEWEST)).status_code == 400
    assert (await act(cloud.stranger, made["id"], delete={"delete-volumes": True})).status_code == 404
    assert (await act(cloud.member, made["id"], delete={"delete-volumes": True})).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(f"{GROUPS}/{made['id']}", headers=NEWEST)).status_code == 404
    assert await host.volumes() == {}
    empty = await make_group(cloud, kind["id"])
    assert (await act(cloud.member, empty["id"], delete={"delete-volumes": False})).status_code == 202
    assert (await cloud.member.get(f"{GROUPS}/{empty['id']}", headers=NEWEST)).status_code == 404
    assert (await cloud.admin.delete(f"{TYPES}/{kind['id']}", headers=NEWEST)).status_code == 202


async def test_a_group_whose_volume_cannot_go_says_so_and_can_go_later(
    cloud: Cloud, host: FakeVolumes
) -> None:
    kind = await make_type(cloud)
    made = await make_group(cloud, kind["id"])
    await make_member(cloud, made["id"])
    host.knobs.fail["ensure_gone"] = 1
    assert (await act(cloud.member, made["id"], delete={"delete-volumes": True})).status_code == 202
    await cloud.settled()
    assert (await group(cloud, made["id"]))["status"] == "error_deleting"
    assert (await act(cloud.member, made["id"], delete={"delete-volumes": True})).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(f"{GROUPS}/{made['id']}", headers=NEWEST)).status_code == 404


async def test_a_snapshot_of_a_group_has_a_part_of_each_volume(cloud: Cloud, host: FakeVolumes) -> None:
    kind = await make_type(cloud)
    made = await make_group(cloud, kind["id"])
    empty = await cloud.member.post(SNAPSHOTS, {"group_snapshot": {"group_id": made["id"]}}, headers=NEWEST)
    assert empty.status_code == 400
    volumes = {(await make_member(cloud, made["id"]))["id"] for _ in range(2)}
    taken = await take(cloud, made["id"])
    assert (taken["status"], taken["group_id"], taken["group_type_id"]) == (
        "available",
        made["id"],
        kind["id"],
    )
    parts = (await cloud.member.get(f"{V3}/snapshots/detail", headers=NEWEST)).json()["snapshots"]
    assert {p["volume_id"] for p in parts} == volumes
    assert {(p["group_snapshot_id"], p["status"]) for p in parts} == {(taken["id"], "available")}
    alone = await cloud.member.delete(f"{V3}/snapshots/{parts[0]['id']}")
    assert alone.status_code == 400
    forced = await cloud.admin.post(f"{V3}/snapshots/{parts[0]['id']}/action", {"os-force_delete": {}})
    assert forced.status_code == 400
    refused = await act(cloud.member, made["id"], delete={"delete-volumes": True})
    assert "existing snapshots" in message(refused, "badRequest")
    listed = (await cloud.member.get(f"{SNAPSHOTS}/detail?group_id={made['id']}", headers=NEWEST)).json()
    assert [s["id"] for s in listed["group_snapshots"]] == [taken["id"]]
    assert (await cloud.stranger.get(f"{SNAPSHOTS}/{taken['id']}", headers=NEWEST)).status_code == 404
    reset = {"reset_status": {"status": "error"}}
    action = f"{SNAPSHOTS}/{taken['id']}/action"
    assert (await cloud.member.post(action, reset, headers=NEWEST)).status_code == 403
    assert (await cloud.admin.post(action, reset, headers=NEWEST)).status_code == 202
    assert (
        await cloud.admin.post(action, {"reset_status": {"status": "x"}}, headers=NEWEST)
    ).status_code == 400
    assert (await cloud.member.delete(f"{SNAPSHOTS}/{taken['id']}", headers=NEWEST)).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(f"{SNAPSHOTS}/{taken['id']}", headers=NEWEST)).status_code == 404
    assert await host.snapshots() == set()


async def test_a_group_is_copied(cloud: Cloud, host: FakeVolumes) -> None:
    kind = await make_type(cloud)
    made = await make_group(cloud, kind["id"])
    await make_member(cloud, made["id"])
    taken = await take(cloud, made["id"])
    sources = ({"group_snapshot_id": taken["id"]}, {"source_group_id": made["id"]})
    for source in sources:
        body = {"create-from-src": {"name": "copy", **source}}
        answer = await cloud.member.post(f"{GROUPS}/action", body, headers=NEWEST)
        assert answer.status_code == 202, answer.text
        await cloud.settled()
        copy = await group(cloud, answer.json()["group"]["id"])
        assert (copy["status"], copy["group_type"], len(copy["volumes"])) == ("available", kind["id"], 1)
        assert source.items() <= copy.items()
        assert (await volume(cloud, copy["volumes"][0]))["status"] == "available"
    for wish in ({}, sources[0] | sources[1], {"source_group_id": "x"}):
        refused = await cloud.member.post(f"{GROUPS}/action", {"create-from-src": wish}, headers=NEWEST)
        assert refused.status_code == 400, wish
    nothing = {"create-from-src": {"source_group_id": str(uuid.uuid4())}}
    assert (await cloud.member.post(f"{GROUPS}/action", nothing, headers=NEWEST)).status_code == 404


async def test_a_copy_that_cannot_be_made_is_an_error(cloud: Cloud, host: FakeVolumes) -> None:
    kind = await make_type(cloud)
    made = await make_group(cloud, kind["id"])
    await make_member(cloud, made["id"])
    host.knobs.fail["ensure_volume"] = 5
    body = {"create-from-src": {"source_group_id": made["id"]}}
    answer = await cloud.member.post(f"{GROUPS}/action", body, headers=NEWEST)
    await cloud.settled()
    copy = answer.json()["group"]["id"]
    assert (await group(cloud, copy))["status"] == "error"
    assert (await act(cloud.member, copy, delete={"delete-volumes": True})).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(f"{GROUPS}/{copy}", headers=NEWEST)).status_code == 404


async def test_administrators_set_a_groups_status_and_nothing_replicates(cloud: Cloud) -> None:
    made = await make_group(cloud, (await make_type(cloud))["id"])
    assert (await act(cloud.member, made["id"], reset_status={"status": "error"})).status_code == 403
    assert (await act(cloud.admin, made["id"], reset_status={"status": "error"})).status_code == 202
    assert (await group(cloud, made["id"]))["status"] == "error"
    assert (await act(cloud.admin, made["id"], reset_status={"status": "fine"})).status_code == 400
    for action in (
        "enable_replication",
        "disable_replication",
        "failover_replication",
        "list_replication_targets",
    ):
        refused = await act(cloud.member, made["id"], **{action: {}})
        assert refused.status_code == 400
        assert "is not a replication group type" in message(refused, "badRequest")
    replicated = await make_type(cloud, group_specs={"group_replication_enabled": "<is> True"})
    assert (await make_group(cloud, replicated["id"]))["status"] == "error"


async def test_how_many_groups_there_may_be_is_limited(cloud: Cloud) -> None:
    kind = await make_type(cloud)
    quotas = f"{V3}/os-quota-sets/{cloud.member.auth.project_id}"
    assert (await cloud.admin.put(quotas, {"quota_set": {"groups": 1}})).status_code == 200
    await make_group(cloud, kind["id"])
    body = {"group": {"group_type": kind["id"], "volume_types": [DEFAULT]}}
    answer = await cloud.member.post(GROUPS, body, headers=NEWEST)
    assert answer.status_code == 413
    assert "Maximum number of groups allowed (1) exceeded" in message(answer, "overLimit")


async def test_consistency_groups_by_their_older_names(cloud: Cloud, host: FakeVolumes) -> None:
    base = f"{V3}/consistencygroups"
    body = {"consistencygroup": {"name": "cg", "description": "d", "volume_types": f"{DEFAULT},"}}
    answer = await cloud.member.post(base, body)
    assert answer.status_code == 202, answer.text
    id = answer.json()["consistencygroup"]["id"]
    shown = (await cloud.member.get(f"{base}/{id}")).json()["consistencygroup"]
    assert (shown["status"], shown["name"], len(shown["volume_types"])) == ("available", "cg", 1)
    assert (await cloud.member.get(f"{GROUPS}/{id}", headers=NEWEST)).status_code == 400
    assert (await cloud.member.get(GROUPS, headers=NEWEST)).json()["groups"] == []
    assert [g["id"] for g in (await cloud.member.get(f"{base}/detail")).json()["consistencygroups"]] == [id]
    assert (await cloud.member.get(base)).json()["consistencygroups"] == [{"id": id, "name": "cg"}]
    loose = await make_volume(cloud)
    change = {"consistencygroup": {"add_volumes": loose["id"]}}
    assert (await cloud.member.put(f"{base}/{id}/update", change)).status_code == 202
    assert (await cloud.member.put(f"{base}/{id}", {"consistencygroup": {"name": "two"}})).status_code == 202
    assert (await cloud.member.put(f"{base}/{id}", {"consistencygroup": {}})).status_code == 400
    assert (await volume(cloud, loose["id"]))["consistencygroup_id"] == id
    taken = await cloud.member.post(
        f"{V3}/cgsnapshots", {"cgsnapshot": {"consistencygroup_id": id, "name": "s"}}
    )
    assert taken.status_code == 202, taken.text
    await cloud.settled()
    taken_id = taken.json()["cgsnapshot"]["id"]
    snapshot = (await cloud.member.get(f"{V3}/cgsnapshots/{taken_id}")).json()["cgsnapshot"]
    assert (snapshot["status"], snapshot["consistencygroup_id"]) == ("available", id)
    assert len((await cloud.member.get(f"{V3}/cgsnapshots/detail")).json()["cgsnapshots"]) == 1
    assert (await cloud.member.get(f"{V3}/cgsnapshots")).json()["cgsnapshots"] == [
        {"id": taken_id, "name": "s"}
    ]
    for source in ({"cgsnapshot_id": taken_id}, {"source_cgid": id}):
        body = {"consistencygroup-from-src": {"name": "copy", **source}}
        copy = await cloud.member.post(f"{base}/create_from_src", body)
        assert copy.status_code == 202, copy.text
        await cloud.settled()
        path = f"{base}/{copy.json()['consistencygroup']['id']}"
        assert (await cloud.member.delete(path)).status_code == 400
        forced = await cloud.member.post(f"{path}/delete", {"consistencygroup": {"force": True}})
        assert forced.status_code == 202
        await cloud.settled()
        assert (await cloud.member.get(path)).status_code == 404
    neither = {"consistencygroup-from-src": {}}
    assert (await cloud.member.post(f"{base}/create_from_src", neither)).status_code == 400
    assert (await cloud.member.delete(f"{V3}/cgsnapshots/{taken_id}")).status_code == 202
    await cloud.settled()
    assert (
        await cloud.member.post(f"{base}/{id}/delete", {"consistencygroup": {"force": False}})
    ).status_code == 400
    empty = await cloud.member.post(base, {"consistencygroup": {"volume_types": DEFAULT}})
    path = f"{base}/{empty.json()['consistencygroup']['id']}"
    await cloud.settled()
    assert (await cloud.member.delete(path)).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(path)).status_code == 404
    nothing = {"consistencygroup": {"volume_types": ""}}
    assert (await cloud.member.post(base, nothing)).status_code == 400


async def test_a_snapshot_of_a_group_leaves_nothing_behind(cloud: Cloud, host: FakeVolumes) -> None:
    lift = {"quota_set": {"snapshots": -1}}
    assert (
        await cloud.admin.put(f"{V3}/os-quota-sets/{cloud.member.auth.project_id}", lift)
    ).status_code == 200
    consistent = await make_type(cloud, group_specs={"consistent_group_snapshot_enabled": "<is> True"})
    made = await make_group(cloud, consistent["id"])
    for _ in range(2):
        await make_member(cloud, made["id"])
    taken: list[str] = []

    async def begin() -> None:
        answer = await cloud.member.post(
            SNAPSHOTS, {"group_snapshot": {"group_id": made["id"]}}, headers=NEWEST
        )
        assert answer.status_code == 202, answer.text
        taken.append(answer.json()["group_snapshot"]["id"])

    await assert_unwinds(cloud, CREATE_GROUP_SNAPSHOT, begin, host.snapshots)
    failed = await cloud.member.get(f"{SNAPSHOTS}/{taken[-1]}", headers=NEWEST)
    assert failed.json()["group_snapshot"]["status"] == "error"
    await assert_repeatable(cloud, CREATE_GROUP_SNAPSHOT, begin)
    assert len(await host.snapshots()) == 2

    async def drop() -> None:
        assert (await cloud.member.delete(f"{SNAPSHOTS}/{taken[-1]}", headers=NEWEST)).status_code == 202

    async def exists() -> int:
        return (await cloud.member.get(f"{SNAPSHOTS}/{taken[-1]}", headers=NEWEST)).status_code

    await assert_unwinds(cloud, DELETE_GROUP_SNAPSHOT, drop, exists)
    await assert_repeatable(cloud, DELETE_GROUP_SNAPSHOT, drop)
    assert await host.snapshots() == set()

"""Backups over HTTP: made, restored, added to, listed, taken up by their records, limited, and whose they are."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest

from haneul.services.block_storage.drivers.fake_backups import FakeBackups
from haneul.services.block_storage.sagas.create_backup import CREATE_BACKUP
from haneul.services.block_storage.sagas.delete_backup import DELETE_BACKUP
from haneul.services.block_storage.sagas.import_backup import IMPORT_BACKUP
from haneul.services.block_storage.sagas.restore_backup import RESTORE_BACKUP
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, message, volume

NEWEST = {"OpenStack-API-Version": "volume 3.71"}


@pytest.fixture
async def store(cloud: Cloud) -> FakeBackups:
    return await cloud.agent.driver(cloud.hosts[0], "backups")


async def back_up(cloud: Cloud, volume_id: str, **wish: Any) -> dict[str, Any]:
    answer = await cloud.member.post(f"{V3}/backups", {"backup": {"volume_id": volume_id, **wish}})
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    return await backup(cloud, answer.json()["backup"]["id"])


async def backup(cloud: Cloud, id: str) -> dict[str, Any]:
    """The backup as an administrator sees it now."""
    answer = await cloud.admin.get(f"{V3}/backups/{id}", headers=NEWEST)
    assert answer.status_code == 200, answer.text
    return answer.json()["backup"]


async def test_a_volume_is_backed_up_and_restored_to_a_new_one(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud, size=2, metadata={"a": "b"})
    action = f"{V3}/volumes/{made['id']}/action"
    assert (await cloud.member.post(action, {"os-set_bootable": {"bootable": True}})).status_code == 200
    kept = await back_up(cloud, made["id"], name="evening", description="of a day")
    assert (kept["status"], kept["size"], kept["volume_id"]) == ("available", 2, made["id"])
    assert (kept["is_incremental"], kept["has_dependent_backups"], kept["fail_reason"]) == (
        False,
        False,
        None,
    )
    assert kept["os-backup-project-attr:project_id"] == cloud.member.auth.project_id
    assert (await volume(cloud, made["id"]))["status"] == "available"
    answer = await cloud.member.post(f"{V3}/backups/{kept['id']}/restore", {"restore": {}})
    assert answer.status_code == 202, answer.text
    restored = answer.json()["restore"]
    assert (restored["backup_id"], restored["volume_name"]) == (kept["id"], f"restore_backup_{kept['id']}")
    assert (await backup(cloud, kept["id"]))["status"] in ("restoring", "available")
    await cloud.settled()
    new = await volume(cloud, restored["volume_id"])
    assert (new["status"], new["size"], new["bootable"], new["metadata"]) == (
        "available",
        2,
        "true",
        {"a": "b"},
    )
    assert (await backup(cloud, kept["id"]))["status"] == "available"
    assert await store.backups() == {kept["id"]}


async def test_a_backup_is_written_over_a_volume_that_is_there(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud, size=2)
    kept = await back_up(cloud, made["id"])
    path = f"{V3}/backups/{kept['id']}/restore"
    small = await make_volume(cloud)
    answer = await cloud.member.post(path, {"restore": {"volume_id": small["id"]}})
    assert answer.status_code == 400
    assert "volume size 1 is too small to restore backup of size 2." in message(answer, "badRequest")
    answer = await cloud.member.post(path, {"restore": {"volume_id": made["id"]}})
    assert (answer.status_code, answer.json()["restore"]["volume_id"]) == (202, made["id"])
    again = await cloud.member.post(path, {"restore": {"volume_id": made["id"]}})
    assert again.status_code in (400, 202)
    await cloud.settled()
    assert (await volume(cloud, made["id"]))["status"] == "available"


async def test_an_incremental_backup_keeps_its_parent(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    answer = await cloud.member.post(
        f"{V3}/backups", {"backup": {"volume_id": made["id"], "incremental": True}}
    )
    assert answer.status_code == 400
    assert "No backups available to do an incremental backup." in message(answer, "badRequest")
    whole = await back_up(cloud, made["id"])
    more = await back_up(cloud, made["id"], incremental=True)
    assert more["is_incremental"]
    assert (await store.stored(more["id"])).parent_id == whole["id"]
    assert (await backup(cloud, whole["id"]))["has_dependent_backups"]
    answer = await cloud.member.delete(f"{V3}/backups/{whole['id']}")
    assert answer.status_code == 400
    assert "Incremental backups exist for this backup." in message(answer, "badRequest")
    for each in (more, whole):
        assert (await cloud.member.delete(f"{V3}/backups/{each['id']}")).status_code == 202
        await cloud.settled()
    assert await store.backups() == set()
    assert (await cloud.member.get(f"{V3}/backups/{whole['id']}")).status_code == 404


async def test_a_snapshot_is_backed_up_of_its_time(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    taken = await make_snapshot(cloud, made["id"])
    kept = await back_up(cloud, made["id"], snapshot_id=taken["id"])
    assert (kept["status"], kept["snapshot_id"]) == ("available", taken["id"])
    assert kept["data_timestamp"] == taken["created_at"]
    other = await make_volume(cloud)
    answer = await cloud.member.post(
        f"{V3}/backups", {"backup": {"volume_id": other["id"], "snapshot_id": taken["id"]}}
    )
    assert answer.status_code == 400
    assert "does not match with snapshot.volume_id" in message(answer, "badRequest")


async def test_a_volume_in_use_needs_force(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    action = f"{V3}/volumes/{made['id']}/action"
    attach = {"os-attach": {"instance_uuid": str(uuid.uuid4()), "mountpoint": "/dev/vdb"}}
    assert (await cloud.member.post(action, attach)).status_code == 202
    answer = await cloud.member.post(f"{V3}/backups", {"backup": {"volume_id": made["id"]}})
    assert answer.status_code == 400
    assert "must use the force flag" in message(answer, "badRequest")
    kept = await back_up(cloud, made["id"], force=True)
    assert kept["status"] == "available"
    assert (await volume(cloud, made["id"]))["status"] == "in-use"
    over = await cloud.member.post(
        f"{V3}/backups/{kept['id']}/restore", {"restore": {"volume_id": made["id"]}}
    )
    assert over.status_code == 400


async def test_a_volume_can_be_made_of_a_backup(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud, size=2)
    kept = await back_up(cloud, made["id"])
    wish = {"volume": {"backup_id": kept["id"], "name": "of a backup"}}
    answer = await cloud.member.post(f"{V3}/volumes", wish, headers=NEWEST)
    assert answer.status_code == 202, answer.text
    assert answer.json()["volume"]["size"] == 2
    await cloud.settled()
    assert (await volume(cloud, answer.json()["volume"]["id"]))["status"] == "available"
    small = {"volume": {"backup_id": kept["id"], "size": 1}}
    assert (await cloud.member.post(f"{V3}/volumes", small, headers=NEWEST)).status_code == 400
    nothing = {"volume": {"backup_id": str(uuid.uuid4())}}
    assert (await cloud.member.post(f"{V3}/volumes", nothing, headers=NEWEST)).status_code == 404


async def test_where_there_is_no_store_nothing_is_backed_up(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    wish = {"backup": {"volume_id": made["id"], "availability_zone": "elsewhere"}}
    answer = await cloud.member.post(f"{V3}/backups", wish, headers=NEWEST)
    assert answer.status_code == 503
    assert (await volume(cloud, made["id"]))["status"] == "available"


async def test_lists_of_backups_are_paged_sorted_and_filtered(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    ids = {name: (await back_up(cloud, made["id"], name=name))["id"] for name in ("b", "a", "c")}

    async def names(query: str) -> list[str]:
        answer = await cloud.member.get(f"{V3}/backups/detail?{query}", headers=NEWEST)
        assert answer.status_code == 200, answer.text
        return [b["name"] for b in answer.json()["backups"]]

    assert await names("sort=name:asc") == ["a", "b", "c"]
    assert await names(f"sort=name:asc&limit=1&marker={ids['a']}") == ["b"]
    assert await names("name=c") == ["c"]
    assert await names(f"volume_id={uuid.uuid4()}") == []
    counted = (await cloud.member.get(f"{V3}/backups?with_count=true&limit=1", headers=NEWEST)).json()
    assert (len(counted["backups"]), counted["count"]) == (1, 3)
    assert set(counted["backups"][0]) == {"id", "name", "links"}
    assert "limit=1" in counted["backups_links"][0]["href"]
    refused = await cloud.member.get(f"{V3}/backups?status~=x&size=1", headers=NEWEST)
    assert refused.status_code == 400


async def test_a_backup_is_called_otherwise(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    kept = await back_up(cloud, made["id"])
    path = f"{V3}/backups/{kept['id']}"
    wish = {"backup": {"name": "new", "description": "words", "metadata": {"k": "v"}}}
    assert (await cloud.member.put(path, wish)).status_code == 404  # before 3.9
    answer = await cloud.member.put(path, wish, headers=NEWEST)
    assert (answer.status_code, answer.json()["backup"]["name"]) == (200, "new")
    now = await backup(cloud, kept["id"])
    assert (now["description"], now["metadata"]) == ("words", {"k": "v"})
    assert (await cloud.member.put(path, {"backup": {}}, headers=NEWEST)).status_code == 400
    assert (await cloud.member.put(path, {"backup": {"size": 3}}, headers=NEWEST)).status_code == 400


async def test_how_much_may_be_backed_up_is_limited(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud, size=2)
    quotas = f"{V3}/os-quota-sets/{cloud.member.auth.project_id}"
    assert (await cloud.admin.put(quotas, {"quota_set": {"backups": 1}})).status_code == 200
    kept = await back_up(cloud, made["id"])
    wish = {"backup": {"volume_id": made["id"]}}
    answer = await cloud.member.post(f"{V3}/backups", wish)
    assert answer.status_code == 413
    assert "Maximum number of backups allowed (1) exceeded" in message(answer, "overLimit")
    limits = {"quota_set": {"backups": 5, "backup_gigabytes": 3}}
    assert (await cloud.admin.put(quotas, limits)).status_code == 200
    answer = await cloud.member.post(f"{V3}/backups", wish)
    assert answer.status_code == 413
    assert "allowed Backup gigabytes quota. Requested 2G, quota is 3G and 2G" in message(answer, "overLimit")
    usage = (await cloud.admin.get(f"{quotas}?usage=true")).json()["quota_set"]
    assert (usage["backups"]["in_use"], usage["backup_gigabytes"]["in_use"]) == (1, 2)
    absolute = (await cloud.member.get(f"{V3}/limits")).json()["limits"]["absolute"]
    assert (absolute["totalBackupsUsed"], absolute["totalBackupGigabytesUsed"]) == (1, 2)
    assert kept["status"] == "available"


def changed(url: str, **changes: Any) -> str:
    record = json.loads(base64.b64decode(url))
    return base64.b64encode(json.dumps(record | changes).encode()).decode()


async def test_a_backup_is_taken_up_by_its_record(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    kept = await back_up(cloud, made["id"], name="evening")
    path = f"{V3}/backups/import_record"
    answer = await cloud.admin.get(f"{V3}/backups/{kept['id']}/export_record")
    assert answer.status_code == 200, answer.text
    record = answer.json()["backup-record"]
    assert record["backup_service"].startswith("cinder.backup.drivers")
    answer = await cloud.admin.post(path, {"backup-record": record})
    assert answer.status_code == 400
    assert "Backup already exists in database." in message(answer, "badRequest")
    new = str(uuid.uuid4())
    record["backup_url"] = changed(record["backup_url"], id=new)
    answer = await cloud.admin.post(path, {"backup-record": record})
    assert (answer.status_code, answer.json()["backup"]["id"]) == (201, new)
    await cloud.settled()
    taken = await backup(cloud, new)
    assert (taken["status"], taken["name"], taken["volume_id"]) == (
        "available", "evening", "00000000-0000-0000-0000-000000000000",
    )  # fmt: skip
    answer = await cloud.admin.post(f"{V3}/backups/{new}/restore", {"restore": {}})
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    assert (await volume(cloud, answer.json()["restore"]["volume_id"]))["status"] == "available"
    assert (await cloud.admin.delete(f"{V3}/backups/{kept['id']}")).status_code == 202
    await cloud.settled()
    assert await store.backups() == {kept["id"]}  # the other record still stands for it
    assert (await cloud.admin.delete(f"{V3}/backups/{new}")).status_code == 202
    await cloud.settled()
    assert await store.backups() == set()


async def test_what_is_no_record_is_refused_and_what_is_not_stored_is_an_error(cloud: Cloud) -> None:
    path, service = f"{V3}/backups/import_record", "cinder.backup.drivers.posix.PosixBackupDriver"
    for url in ("%%%", base64.b64encode(b"[]").decode(), base64.b64encode(b'{"id": "x"}').decode()):
        body = {"backup-record": {"backup_service": service, "backup_url": url}}
        assert (await cloud.admin.post(path, body)).status_code == 400, url
    url = base64.b64encode(json.dumps({"id": str(uuid.uuid4()), "size": 1}).encode()).decode()
    answer = await cloud.admin.post(path, {"backup-record": {"backup_service": "another", "backup_url": url}})
    assert answer.status_code == 503
    answer = await cloud.admin.post(path, {"backup-record": {"backup_service": service, "backup_url": url}})
    assert answer.status_code == 201
    await cloud.settled()
    id = answer.json()["backup"]["id"]
    assert (await backup(cloud, id))["status"] == "error"
    assert (await cloud.admin.delete(f"{V3}/backups/{id}")).status_code == 202
    await cloud.settled()
    assert (await cloud.admin.get(f"{V3}/backups/{id}")).status_code == 404


async def test_administrators_set_the_status_and_delete_by_force(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    kept = await back_up(cloud, made["id"])
    action = f"{V3}/backups/{kept['id']}/action"
    reset = {"os-reset_status": {"status": "error"}}
    assert (await cloud.member.post(action, reset)).status_code == 403
    assert (await cloud.admin.post(action, {"os-reset_status": {"status": "fine"}})).status_code == 400
    assert (await cloud.admin.post(action, reset)).status_code == 202
    assert (await backup(cloud, kept["id"]))["status"] == "error"
    restore = await cloud.member.post(f"{V3}/backups/{kept['id']}/restore", {"restore": {}})
    assert restore.status_code == 400
    assert (await cloud.admin.post(action, {"os-reset_status": {"status": "creating"}})).status_code == 202
    assert (await cloud.member.delete(f"{V3}/backups/{kept['id']}")).status_code == 400
    assert (await cloud.member.post(action, {"os-force_delete": {}})).status_code == 403
    assert (await cloud.admin.post(action, {"os-force_delete": {}})).status_code == 202
    await cloud.settled()
    assert await store.backups() == set()


async def test_backups_are_their_projects(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    kept = await back_up(cloud, made["id"])
    stranger, reader, path = cloud.stranger, cloud.reader, f"{V3}/backups/{kept['id']}"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.delete(path)).status_code == 404
    assert (await stranger.post(f"{path}/restore", {"restore": {}})).status_code == 404
    assert (await stranger.get(f"{V3}/backups")).json()["backups"] == []
    wish = {"backup": {"volume_id": made["id"]}}
    assert (await stranger.post(f"{V3}/backups", wish)).status_code == 404
    assert (await reader.get(path)).status_code == 200
    assert (await reader.post(f"{V3}/backups", wish)).status_code == 403
    assert (await cloud.member.get(f"{path}/export_record")).status_code == 403


# -- the long work


async def test_making_a_backup_leaves_nothing_behind(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)

    async def begin() -> None:
        answer = await cloud.member.post(f"{V3}/backups", {"backup": {"volume_id": made["id"]}})
        assert answer.status_code == 202, answer.text

    async def world() -> Any:
        return await store.backups(), (await volume(cloud, made["id"]))["status"]

    lift = {"quota_set": {"backups": -1}}
    assert (
        await cloud.admin.put(f"{V3}/os-quota-sets/{cloud.member.auth.project_id}", lift)
    ).status_code == 200
    await assert_unwinds(cloud, CREATE_BACKUP, begin, world)
    failed = (await cloud.member.get(f"{V3}/backups/detail")).json()["backups"]
    assert {b["status"] for b in failed} == {"error"}
    told = (await cloud.member.get(f"{V3}/messages", headers=NEWEST)).json()["messages"]
    assert {(m["resource_type"], m["user_message"]) for m in told} == {
        ("VOLUME_BACKUP", "create backup:Backup driver failed to create backup.")
    }
    await assert_repeatable(cloud, CREATE_BACKUP, begin)
    assert len(await store.backups()) == 1


async def test_restoring_over_a_volume_can_be_tried_again(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    kept = await back_up(cloud, made["id"])
    action = f"{V3}/volumes/{made['id']}/action"

    async def begin() -> None:
        await cloud.admin.post(action, {"os-reset_status": {"status": "available"}})
        wish = {"restore": {"volume_id": made["id"]}}
        answer = await cloud.member.post(f"{V3}/backups/{kept['id']}/restore", wish)
        assert answer.status_code == 202, answer.text

    async def world() -> Any:
        return await store.backups(), (await backup(cloud, kept["id"]))["status"]

    await assert_unwinds(cloud, RESTORE_BACKUP, begin, world)
    assert (await volume(cloud, made["id"]))["status"] == "error_restoring"
    await assert_repeatable(cloud, RESTORE_BACKUP, begin)
    assert (await volume(cloud, made["id"]))["status"] == "available"


async def test_deleting_and_taking_up_can_be_tried_again(cloud: Cloud, store: FakeBackups) -> None:
    made = await make_volume(cloud)
    kept = await back_up(cloud, made["id"])
    record = (await cloud.admin.get(f"{V3}/backups/{kept['id']}/export_record")).json()["backup-record"]

    async def take_up() -> None:
        url = changed(record["backup_url"], id=str(uuid.uuid4()))
        body = {"backup-record": {**record, "backup_url": url}}
        assert (await cloud.admin.post(f"{V3}/backups/import_record", body)).status_code == 201

    await assert_unwinds(cloud, IMPORT_BACKUP, take_up, store.backups)
    await assert_repeatable(cloud, IMPORT_BACKUP, take_up)
    for each in (await cloud.admin.get(f"{V3}/backups")).json()["backups"]:
        if each["id"] != kept["id"]:
            assert (await cloud.admin.delete(f"{V3}/backups/{each['id']}")).status_code == 202
    await cloud.settled()

    async def drop() -> None:
        assert (await cloud.member.delete(f"{V3}/backups/{kept['id']}")).status_code == 202

    async def exists() -> int:
        return (await cloud.member.get(f"{V3}/backups/{kept['id']}")).status_code

    await assert_unwinds(cloud, DELETE_BACKUP, drop, exists)
    assert (await backup(cloud, kept["id"]))["status"] == "error_deleting"
    await assert_repeatable(cloud, DELETE_BACKUP, drop)
    assert await store.backups() == set()

"""Volumes over HTTP."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from haneul.services.block_storage.drivers.fake import FakeVolumes
from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, message, volume

NOBODY = "00000000-0000-4000-8000-000000000000"


async def test_a_volume_is_made_on_the_host_and_goes_from_there(cloud: Cloud, host: FakeVolumes) -> None:
    answer = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 2, "name": "one"}})
    assert answer.status_code == 202
    assert answer.json()["volume"]["status"] == "creating"
    id = answer.json()["volume"]["id"]
    await cloud.settled()
    assert await host.volumes() == {id: 2}
    seen = (await cloud.member.get(f"{V3}/volumes/{id}")).json()["volume"]
    assert (seen["status"], seen["bootable"], seen["volume_type"]) == ("available", "false", "__DEFAULT__")
    assert "os-vol-host-attr:host" not in seen
    assert (await volume(cloud, id))["os-vol-host-attr:host"] == "host-1@file#pool"
    assert (await cloud.member.delete(f"{V3}/volumes/{id}")).status_code == 202
    await cloud.settled()
    assert await host.volumes() == {}
    gone = await cloud.member.get(f"{V3}/volumes/{id}")
    assert gone.status_code == 404
    assert message(gone, "itemNotFound") == f"Volume {id} could not be found."


async def test_both_forms_of_the_path_and_a_foreign_project(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    mine = cloud.member.auth.project_id
    assert (await cloud.member.get(f"{V3}/{mine}/volumes/{made['id']}")).status_code == 200
    foreign = await cloud.member.get(f"{V3}/{uuid4().hex}/volumes/{made['id']}")
    assert foreign.status_code == 400
    assert message(foreign, "badRequest") == "Malformed request url"


async def test_a_volume_copied_from_a_snapshot_or_a_volume(cloud: Cloud, host: FakeVolumes) -> None:
    origin = await make_volume(cloud, size=3)
    snapshot = await make_snapshot(cloud, origin["id"])
    from_snapshot = await make_volume(cloud, size=None, snapshot_id=snapshot["id"])
    clone = await make_volume(cloud, size=5, source_volid=origin["id"])
    assert (from_snapshot["size"], clone["size"]) == (3, 5)
    assert await host.volumes() == {origin["id"]: 3, from_snapshot["id"]: 3, clone["id"]: 5}
    small = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 2, "snapshot_id": snapshot["id"]}})
    assert small.status_code == 400
    assert "cannot be smaller than the snapshot size 3GB" in message(small, "badRequest")


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ({}, 400, "size"),
        ({"size": -1}, 400, "size"),
        ({"size": 0}, 400, "size"),
        ({"size": "big"}, 400, "size"),
        ({"size": 1.5}, 400, "size"),
        ({"size": 10**13}, 400, "size"),
        ({"size": 1, "name": "x" * 256}, 400, "name"),
        ({"size": 1, "metadata": {"k": 1}}, 400, "metadata"),
        ({"size": 1, "metadata": {"k": "v" * 256}}, 400, "k"),
        ({"size": 1, "metadata": {"": "v"}}, 400, "metadata"),
        ({"size": 1, "multiattach": "perhaps"}, 400, "multiattach"),
        ({"size": 1, "availability_zone": "mars"}, 400, "mars"),
        ({"size": 1, "volume_type": "no-such"}, 404, "no-such"),
        ({"size": 1, "imageRef": str(uuid4())}, 400, "image"),
        ({"size": 1, "snapshot_id": "nope"}, 400, "nope"),
        ({"size": 1, "source_volid": "nope"}, 400, "nope"),
        ({"size": 1, "snapshot_id": NOBODY}, 404, NOBODY),
        ({"size": 1, "source_volid": NOBODY}, 404, NOBODY),
        ({"size": 1, "source_volid": NOBODY, "snapshot_id": NOBODY}, 400, "only one"),
        ({"size": 1001}, 413, "gigabytes"),
    ],
)
async def test_what_cannot_be_created(cloud: Cloud, wish: dict, status: int, field: str) -> None:
    answer = await cloud.member.post(f"{V3}/volumes", {"volume": wish})
    assert answer.status_code == status, answer.text
    assert field in answer.text


@pytest.mark.parametrize(
    ("field", "version"), [("backup_id", "3.47"), ("group_id", "3.13"), ("consistencygroup_id", "3.0")]
)
async def test_what_a_volume_cannot_be_made_of_or_belong_to(cloud: Cloud, field: str, version: str) -> None:
    wish = {"volume": {"size": 1, field: str(uuid4())}}
    answer = await cloud.member.post(f"{V3}/volumes", wish, version=f"volume {version}")
    assert answer.status_code == 404, answer.text
    assert (await cloud.member.get(f"{V3}/volumes")).json() == {"volumes": []}


async def test_bodies_that_are_none(cloud: Cloud) -> None:
    for content in (b"", b"{", b"[]", b"null", b'{"volume": 1}', b"\xff", b'{"other": {}}'):
        answer = await cloud.member.post(f"{V3}/volumes", content=content)
        assert answer.status_code == 400, (content, answer.text)
        assert message(answer, "badRequest")


async def test_who_may_do_what(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    path = f"{V3}/volumes/{made['id']}"
    refused = await cloud.reader.post(f"{V3}/volumes", {"volume": {"size": 1}})
    assert refused.status_code == 403
    assert message(refused, "forbidden") == "Policy doesn't allow volume:create to be performed."
    assert (await cloud.reader.get(path)).status_code == 200
    assert (await cloud.reader.delete(path)).status_code == 403
    for call in (cloud.stranger.get, cloud.stranger.delete):
        assert (await call(path)).status_code == 404
    assert (await cloud.stranger.get(f"{V3}/volumes?all_tenants=1")).json() == {"volumes": []}
    everybody = (await cloud.admin.get(f"{V3}/volumes?all_tenants=1")).json()["volumes"]
    assert [v["id"] for v in everybody] == [made["id"]]
    assert (await cloud.admin.get(f"{V3}/volumes")).json() == {"volumes": []}


async def test_lists_page_sort_and_filter(cloud: Cloud) -> None:
    for number, name in enumerate(("pear", "apple", "plum"), 1):
        await make_volume(cloud, name=name, size=number, metadata={"kind": name})
    get = cloud.member.get
    assert await names(get, "") == ["plum", "apple", "pear"]
    assert await names(get, "?sort=name:asc") == ["apple", "pear", "plum"]
    assert await names(get, "?sort_key=size&sort_dir=asc") == ["pear", "apple", "plum"]
    first = (await get(f"{V3}/volumes/detail?sort=name:asc&limit=2")).json()
    assert [v["name"] for v in first["volumes"]] == ["apple", "pear"]
    following = first["volumes_links"][0]["href"].removeprefix("http://cloud.test")
    rest = (await get(following)).json()
    assert [v["name"] for v in rest["volumes"]] == ["plum"]
    assert "volumes_links" not in rest
    assert await names(get, "?limit=0") == []
    assert await names(get, "?offset=1&limit=1") == ["apple"]
    assert await names(get, "?name=plum") == ["plum"]
    assert await names(get, "?status=available&size=2") == ["apple"]
    assert await names(get, "?metadata={'kind': 'pear'}") == ["pear"]
    everywhere = "?all_tenants=1&name~=P"
    assert await names(cloud.admin.get, everywhere, version="volume 3.34") == ["plum", "apple", "pear"]
    refusal = await get(f"{V3}/volumes?name~=P", version="volume 3.34")
    assert refusal.status_code == 400  # members' filters are those of upstream's configuration
    counted = await get(f"{V3}/volumes?limit=1&with_count=true", version="volume 3.45")
    assert counted.json()["count"] == 3
    summary = (await get(f"{V3}/volumes/summary", version="volume 3.36")).json()["volume-summary"]
    assert (summary["total_size"], summary["total_count"]) == (6, 3)
    assert (await get(f"{V3}/volumes/summary", version="volume 3.11")).status_code == 404


async def names(get, query: str, **options) -> list[str]:
    answer = await get(f"{V3}/volumes/detail{query}", **options)
    assert answer.status_code == 200, answer.text
    return [v["name"] for v in answer.json()["volumes"]]


@pytest.mark.parametrize(
    "query",
    ["limit=-1", "limit=x", "limit=99999999999999999999999", "offset=-1", "offset=y", "sort=name:up",
     "sort=colour", "sort_key=colour", "sort=name&sort_key=size", "all_tenants=perhaps"],
)  # fmt: skip
async def test_questions_that_make_no_sense(cloud: Cloud, query: str) -> None:
    who = cloud.admin
    assert (await who.get(f"{V3}/volumes?{query}")).status_code == 400


async def test_what_no_volume_can_be_finds_nothing(cloud: Cloud) -> None:
    await make_volume(cloud)
    for query in ("metadata=x", "size=big", "migration_status=x"):
        assert (await cloud.member.get(f"{V3}/volumes?{query}")).json() == {"volumes": []}, query
    for query in ("bootable=maybe", "created_at=x", "consumes_quota=maybe"):
        answer = await cloud.member.get(f"{V3}/volumes?{query}", version="volume 3.65")
        assert answer.status_code == 400, query
    old, new = "created_at=lt:2000-01-01T00:00:00", "created_at=gt:2000-01-01T00:00:00,lt:2100-01-01T00:00:00"
    for query, number in ((old, 0), (new, 1)):
        answer = await cloud.member.get(f"{V3}/volumes?{query}", version="volume 3.60")
        assert len(answer.json()["volumes"]) == number, query


async def test_unknown_markers_and_filters(cloud: Cloud) -> None:
    assert (await cloud.member.get(f"{V3}/volumes?marker={uuid4()}")).status_code == 404
    assert (await cloud.member.get(f"{V3}/volumes?colour=red", version="volume 3.30")).status_code == 200
    assert (await cloud.member.get(f"{V3}/volumes?colour=red", version="volume 3.31")).status_code == 400


async def test_updating_and_metadata(cloud: Cloud) -> None:
    made = await make_volume(cloud, metadata={"a": "1"})
    path = f"{V3}/volumes/{made['id']}"
    changed = await cloud.member.put(path, {"volume": {"name": "new", "description": "d"}})
    assert changed.json()["volume"]["name"] == "new"
    assert (await cloud.member.put(path, {"volume": {}})).status_code == 400
    assert (await cloud.member.put(path, {"volume": {"size": 9}})).status_code == 400
    added = await cloud.member.post(f"{path}/metadata", {"metadata": {"b": "2"}})
    assert added.json() == {"metadata": {"a": "1", "b": "2"}}
    assert (await cloud.member.put(f"{path}/metadata/a", {"meta": {"a": "3"}})).json() == {"meta": {"a": "3"}}
    assert (await cloud.member.put(f"{path}/metadata/a", {"meta": {"x": "3"}})).status_code == 400
    assert (await cloud.member.get(f"{path}/metadata/a")).json() == {"meta": {"a": "3"}}
    assert (await cloud.member.delete(f"{path}/metadata/a")).status_code == 200
    assert (await cloud.member.delete(f"{path}/metadata/a")).status_code == 404
    replaced = await cloud.member.put(f"{path}/metadata", {"metadata": {"c": "4"}})
    assert replaced.json() == {"metadata": {"c": "4"}}
    assert (await cloud.member.post(f"{path}/metadata", {"metadata": {"c": None}})).status_code == 400
    assert (await cloud.stranger.get(f"{path}/metadata")).status_code == 404


@pytest.mark.contended
async def test_exactly_as_many_volumes_as_the_quota_allows(cloud: Cloud, host: FakeVolumes) -> None:
    body = {"volume": {"size": 1}}
    answers = await asyncio.gather(*(cloud.member.post(f"{V3}/volumes", body) for _ in range(14)))
    await cloud.settled()
    assert sorted(a.status_code for a in answers) == [202] * 10 + [413] * 4
    assert len(await host.volumes()) == 10
    refused = next(a for a in answers if a.status_code == 413)
    assert message(refused, "overLimit") == (
        "VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded for quota 'volumes'."
    )


async def test_versions_and_what_they_show(cloud: Cloud) -> None:
    made = await make_volume(cloud)
    path = f"{V3}/volumes/{made['id']}"
    old = await cloud.member.get(path)
    assert old.headers["OpenStack-API-Version"] == "volume 3.0"
    assert "volume_type_id" not in old.json()["volume"]
    new = await cloud.member.get(path, version="volume 3.63")
    assert new.json()["volume"]["volume_type_id"]
    assert (await cloud.member.get(path, version="volume 3.72")).status_code == 406
    assert (await cloud.member.get(path, version="volume x")).status_code == 400
    documents = await cloud.http.get("/volume/")
    assert documents.status_code == 300
    assert documents.json()["versions"][0]["version"] == "3.71"
    assert (await cloud.http.get("/volume/v3/")).json()["versions"][0]["id"] == "v3.0"


async def test_deleting_with_snapshots(cloud: Cloud, host: FakeVolumes) -> None:
    made = await make_volume(cloud)
    await make_snapshot(cloud, made["id"])
    path = f"{V3}/volumes/{made['id']}"
    refused = await cloud.member.delete(path)
    assert refused.status_code == 400
    assert "have snapshots" in message(refused, "badRequest")
    assert (await cloud.member.delete(f"{path}?cascade=true")).status_code == 202
    await cloud.settled()
    assert (await host.volumes(), await host.snapshots()) == ({}, set())
    assert (await cloud.member.get(f"{V3}/snapshots")).json() == {"snapshots": []}


async def test_a_volume_that_one_host_cannot_make_is_made_on_another(cloud: Cloud, host: FakeVolumes) -> None:
    host.knobs.fail["ensure_volume"] = -1
    made = await make_volume(cloud)
    assert made["status"] == "available"
    assert made["os-vol-host-attr:host"] == f"{cloud.hosts[1]}@file#pool"
    assert await host.volumes() == {}


async def test_a_volume_that_nobody_can_make_is_in_error_and_can_be_deleted(cloud: Cloud) -> None:
    for name in cloud.hosts:
        driver = await cloud.agent.driver(name, "volumes")
        driver.knobs.fail["ensure_volume"] = -1
    made = await make_volume(cloud)
    assert made["status"] == "error"
    assert (await cloud.member.delete(f"{V3}/volumes/{made['id']}")).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(f"{V3}/volumes/{made['id']}")).status_code == 404

"""Imports: what was staged, packed, told or refused, and that they unwind."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import zipfile
from typing import Any

import pytest

from haneul.kernel.reconciler import Runner
from haneul.services.image.reconcilers.dead_uploads import forget_old_tasks
from haneul.services.image.sagas.import_image import IMPORT_IMAGE
from haneul.services.image.store.stores import stores
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.image.importing import (
    LOOPBACK,
    SEVERAL,
    TASKS,
    ask,
    configure,
    imported,
    leftovers,
    look,
    staged,
    task_of,
    world,
)
from tests.services.image.test_data import send, show, stored_files
from tests.services.image.test_images import IMAGES, create
from tests.services.image.web_server import Answer, Pages


async def test_staged_data_is_imported_into_every_store(several: Cloud) -> None:
    data = os.urandom(300_000)
    id = await staged(several, data)
    image = await imported(several, id, "glance-direct", all_stores=True)
    assert image["status"] == "active"
    assert set(image["stores"].split(",")) == {"file", "second", "memory"}
    assert (image["os_glance_importing_to_stores"], image["os_glance_failed_import"]) == ("", "")
    assert "os_glance_import_task" not in image
    assert image["os_hash_value"] == hashlib.sha512(data).hexdigest()
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == data
    task = await task_of(several, id)
    assert (task["status"], task["type"], task["result"]) == ("success", "api_image_import", {"image_id": id})
    await look(several)
    assert len(stored_files(several)) == 1
    assert await leftovers(several) == []


async def test_packed_data_is_unpacked_and_converted(cloud: Cloud, web: Pages) -> None:
    plugins = {"decompress": True, "convert_to": "qcow2", "inject": {"from": "web"}}
    configure(cloud, web=LOOPBACK, plugins=plugins)
    disk = os.urandom(1 << 16) + bytes(1 << 20)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("disk.raw", disk)
    for path, data in (("/disk.gz", gzip.compress(disk)), ("/disk.zip", packed.getvalue())):
        web.answers[path] = Answer(data)
        id = (await create(cloud.member))["id"]
        image = await imported(cloud, id, {"name": "web-download", "uri": web.url(path)})
        assert (image["status"], image["disk_format"], image["from"]) == ("active", "qcow2", "web")
        assert image["virtual_size"] == len(disk)
        content = (await cloud.member.get(f"{IMAGES}/{id}/file")).content
        assert (image["size"], image["os_hash_value"]) == (len(content), hashlib.sha512(content).hexdigest())
        copy = cloud.platform.folder / "copy.qcow2"
        copy.write_bytes(content)
        raw = copy.with_suffix(".raw")
        subprocess.run(["qemu-img", "convert", "-O", "raw", copy, raw], check=True)  # noqa: ASYNC221
        assert raw.read_bytes() == disk
    await look(cloud)
    assert len(stored_files(cloud)) == 2


async def test_bombs_and_broken_packs_are_refused(cloud: Cloud) -> None:
    configure(cloud, plugins={"decompress": True, "unpacked_ratio_max": 20})
    for data in (gzip.compress(bytes(64 << 20)), gzip.compress(os.urandom(1000))[:-20], b"PK\3\4 no archive"):
        id = await staged(cloud, data)
        image = await imported(cloud, id, "glance-direct")
        assert image["status"] == "queued"
        assert (await task_of(cloud, id))["status"] == "failure"
    await look(cloud)
    assert stored_files(cloud) == set()


async def test_data_that_is_not_what_was_declared_is_refused(cloud: Cloud) -> None:
    id = await staged(cloud, b"no qcow2 at all", disk_format="qcow2")
    image = await imported(cloud, id, "glance-direct")
    assert image["status"] == "queued"
    assert "does not match" in (await task_of(cloud, id))["message"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"method": "web-download"}, {"method": {}}, {"method": {"name": "magic"}}, {"method": {"name": 5}},
        {"method": {"name": "glance-direct"}, "all_stores": "yes"},
        {"method": {"name": "glance-direct"}, "all_stores_must_succeed": 1},
        {"method": {"name": "glance-direct"}, "stores": "file"},
        {"method": {"name": "glance-direct"}, "stores": ["file"], "all_stores": True},
        {"method": {"name": "web-download", "uri": ["x"]}},
    ],
)  # fmt: skip
async def test_imports_that_make_no_sense_are_refused(cloud: Cloud, body: dict[str, Any]) -> None:
    id = await staged(cloud, b"data")
    assert (await cloud.member.post(f"{IMAGES}/{id}/import", json=body)).status_code == 400
    assert (await show(cloud.member, id))["status"] == "uploading"


async def test_an_image_must_be_in_the_state_that_the_method_needs(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    web = {"name": "web-download", "uri": "http://example.org/x"}
    assert await ask(cloud.member, id, "glance-direct") == 409
    assert await ask(cloud.admin, id, "copy-image") == 409
    await send(cloud.member, id, b"data", "stage")
    assert await ask(cloud.member, id, web) == 409
    assert await ask(cloud.reader, id, "glance-direct") == 403
    assert await ask(cloud.stranger, id, "glance-direct") == 404
    assert await ask(cloud.member, id, "glance-direct", stores=["moon"]) == 409
    assert await ask(cloud.member, id, "glance-direct") == 202
    await cloud.settled()
    assert await ask(cloud.member, id, "glance-direct") == 409


async def test_an_image_deleted_while_it_is_imported_leaves_nothing(several: Cloud) -> None:
    id = await staged(several, b"data")
    assert await ask(several.member, id, "glance-direct", all_stores=True) == 202
    assert (await several.member.delete(f"{IMAGES}/{id}")).status_code == 204
    await several.settled()
    await look(several)
    memory: Any = stores(several.platform).built("memory")
    assert (stored_files(several), memory.images, await leftovers(several)) == (set(), {}, [])
    assert list((several.platform.folder / "images-second").iterdir()) == []


async def test_imports_unwind_and_repeat(several: Cloud, web: Pages) -> None:
    web.answers["/disk"] = Answer(b"data" * 1000)

    async def from_web() -> None:
        id = (await create(several.member))["id"]
        assert await ask(
            several.member, id, {"name": "web-download", "uri": web.url("/disk")}, all_stores=True
        ) == 202  # fmt: skip

    async def from_stage() -> None:
        await ask(several.member, await staged(several, b"data" * 500), "glance-direct", all_stores=True)

    for begin in (from_web, from_stage):
        await assert_unwinds(several, IMPORT_IMAGE, begin, lambda: world(several))
        await assert_repeatable(several, IMPORT_IMAGE, begin)


async def test_tasks_of_the_old_kind_make_their_image(several: Cloud, web: Pages) -> None:
    web.answers["/disk"] = Answer(b"data")
    formats = {"disk_format": "raw", "container_format": "bare", "name": "by task"}
    given = {"import_from": web.url("/disk"), "import_from_format": "raw", "image_properties": formats}
    assert (await several.member.post(TASKS, json={"type": "import", "input": given})).status_code == 403
    for body in ({}, {"type": "import"}, {"type": "export", "input": given}, {"type": "import", "input": {}}):
        assert (await several.admin.post(TASKS, json=body)).status_code == 400
    refused = {**given, "import_from": "file:///etc/passwd"}
    assert (await several.admin.post(TASKS, json={"type": "import", "input": refused})).status_code == 400
    answer = await several.admin.post(TASKS, json={"type": "import", "input": given})
    assert answer.status_code == 201
    task = answer.json()
    assert answer.headers["location"].endswith(f"/v2/tasks/{task['id']}")
    await several.settled()
    task = (await several.admin.get(f"{TASKS}/{task['id']}")).json()
    assert (task["status"], task["type"], task["input"]) == ("success", "import", given)
    image = await show(several.admin, task["result"]["image_id"])
    assert (image["name"], image["status"], image["size"]) == ("by task", "active", 4)
    listed = (await several.admin.get(f"{TASKS}?status=success&type=import&limit=1")).json()
    assert [t["id"] for t in listed["tasks"]] == [task["id"]]
    assert "input" not in listed["tasks"][0]
    assert listed["next"]
    for query in ("status=odd", "type=odd", "sort_dir=up", "sort_key=odd", "marker=x", "limit=-1", "limit=x"):
        assert (await several.admin.get(f"{TASKS}?{query}")).status_code == 400
    assert (await several.admin.get(f"{TASKS}/nothing")).status_code == 404
    assert (await several.admin.delete(f"{TASKS}/{task['id']}")).status_code == 405
    assert (await several.admin.get(f"{TASKS}/{task['id']}")).json()["status"] == "success"
    assert (await several.admin.delete(f"{TASKS}/{task['id']}")).status_code == 405


async def test_tasks_are_forgotten_some_days_after_their_end(several: Cloud) -> None:
    configure(several, stores={"file": {}, **SEVERAL}, task_hours=0)
    id = await staged(several, b"data")
    await imported(several, id, "glance-direct")
    await Runner(several.platform, []).look(forget_old_tasks)
    assert (await several.member.get(f"{IMAGES}/{id}/tasks")).json() == {"tasks": []}

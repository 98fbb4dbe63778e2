"""Imports: every way for data to come in, into one store or several, and what is left when one breaks."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.reconciler import Runner
from haneul.services.image import public
from haneul.services.image.reconcilers.dead_uploads import forget_old_tasks, remove_dead_uploads
from haneul.services.image.sagas.import_image import IMPORT_IMAGE
from haneul.services.image.store.images import UPLOADS, Upload
from haneul.services.image.store.leftovers import LEFTOVERS, Leftover
from haneul.services.image.store.stores import stores
from tests.conftest import Cloud, Persona
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.image.test_data import OCTETS, send, show, stored_files
from tests.services.image.test_images import IMAGES, create
from tests.services.image.web_server import Answer, Pages, pages

TASKS = "/image/v2/tasks"
SEVERAL = {"second": {"type": "file"}, "memory": {"type": "fake", "weight": -1}}
LOOPBACK = {"private_networks": ("127.0.0.0/8",), "allowed_ports": ()}


def configure(cloud: Cloud, **options: Any) -> None:
    cloud.platform.config["image"] = options  # type: ignore[index]


@pytest.fixture
async def web() -> AsyncIterator[Pages]:
    async with pages() as found:
        yield found


@pytest.fixture
def several(cloud: Cloud) -> Cloud:
    """A cloud with three stores, whose downloads may come from loopback."""
    configure(cloud, stores={"file": {"type": "file"}, **SEVERAL}, web=LOOPBACK)
    return cloud


async def ask(who: Persona, id: str, method: dict[str, Any] | str, **more: Any) -> int:
    name = {"name": method} if isinstance(method, str) else method
    return (await who.post(f"{IMAGES}/{id}/import", json={"method": name, **more})).status_code


async def staged(cloud: Cloud, data: bytes, **attributes: Any) -> str:
    id = (await create(cloud.member, **attributes))["id"]
    assert await send(cloud.member, id, data, "stage") == 204
    return id


async def imported(cloud: Cloud, id: str, method: dict[str, Any] | str, **more: Any) -> dict[str, Any]:
    assert await ask(cloud.member, id, method, **more) == 202
    await cloud.settled()
    return await show(cloud.member, id)


async def task_of(cloud: Cloud, id: str) -> dict[str, Any]:
    return (await cloud.member.get(f"{IMAGES}/{id}/tasks")).json()["tasks"][0]


async def look(cloud: Cloud) -> None:
    await Runner(cloud.platform, []).look(remove_dead_uploads)


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


async def leftovers(cloud: Cloud) -> list[Any]:
    async with cloud.platform.reading() as ctx:
        return await LEFTOVERS.find(ctx.tx)


async def test_what_is_fetched_from_the_web_is_the_image(several: Cloud, web: Pages) -> None:
    data = os.urandom(700_000)
    web.answers["/disk"] = Answer(data)
    web.answers["/moved"] = Answer(status=302, headers=("Location: /disk",))
    id = (await create(several.member))["id"]
    image = await imported(several, id, {"name": "web-download", "uri": web.url("/moved")}, stores=["second"])
    assert (image["status"], image["stores"], image["size"]) == ("active", "second", len(data))
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == data
    assert stored_files(several) == set()


@pytest.mark.parametrize(
    "answer",
    [Answer(status=500), Answer(b"half", announced=100), Answer(status=302, headers=("Location: ftp://x/",))],
)
async def test_a_download_that_breaks_leaves_the_image_queued(
    several: Cloud, web: Pages, answer: Answer
) -> None:
    web.answers["/disk"] = answer
    id = (await create(several.member))["id"]
    image = await imported(several, id, {"name": "web-download", "uri": web.url("/disk")})
    assert (image["status"], image["size"]) == ("queued", None)
    task = await task_of(several, id)
    assert task["status"] == "failure"
    assert task["message"]
    await look(several)
    assert stored_files(several) == set()
    assert await leftovers(several) == []


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd", "ftp://example.org/x", "http://", "http://user:word@example.org/", "gopher://x",
        "http://example.org:22/", "//example.org/x", "http://exa mple.org/", "http://[::1", 7, None,
        "http://example.org:99999/",
    ],
)  # fmt: skip
async def test_addresses_that_may_not_be_asked_are_refused_at_once(cloud: Cloud, uri: Any) -> None:
    id = (await create(cloud.member))["id"]
    assert await ask(cloud.member, id, {"name": "web-download", "uri": uri}) == 400
    assert (await show(cloud.member, id))["status"] == "queued"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "[::ffff:127.0.0.1]",
     "0.0.0.0", "2130706433", "0x7f.1", "[fe80::1]", "100.64.0.1", "[64:ff9b::7f00:1]", "224.0.0.1"],
)  # fmt: skip
async def test_private_addresses_are_never_asked(cloud: Cloud, web: Pages, host: str) -> None:
    configure(cloud, web={"allowed_ports": ()})
    id = (await create(cloud.member))["id"]
    uri = f"http://{host}:{web.port}/"
    image = await imported(cloud, id, {"name": "web-download", "uri": uri})
    assert image["status"] == "queued"
    assert (await task_of(cloud, id))["status"] == "failure"
    assert web.asked == []


async def test_a_redirect_to_a_private_address_is_not_followed(cloud: Cloud, web: Pages) -> None:
    configure(cloud, web={"allowed_ports": (), "private_networks": ("127.0.0.1/32",)})
    web.answers["/"] = Answer(status=302, headers=(f"Location: http://127.0.0.2:{web.port}/secret",))
    id = (await create(cloud.member))["id"]
    image = await imported(cloud, id, {"name": "web-download", "uri": web.url("/")})
    assert image["status"] == "queued"
    assert [path for path, _ in web.asked] == ["/"]


async def test_stores_fail_alone_or_together(several: Cloud) -> None:
    memory: Any = await stores(several.platform).get("memory")
    memory.is_down = True
    wanted = {"stores": ["memory", "file"]}
    id = await staged(several, b"data")
    image = await imported(several, id, "glance-direct", **wanted, all_stores_must_succeed=False)
    assert (image["status"], image["stores"]) == ("active", "file")
    assert image["os_glance_failed_import"] == "memory"
    id = await staged(several, b"data")
    image = await imported(several, id, "glance-direct", **wanted)
    assert (image["status"], image["os_glance_failed_import"]) == ("queued", "memory")
    assert "stores" not in image
    id = await staged(several, b"data")
    image = await imported(several, id, "glance-direct", stores=["memory"], all_stores_must_succeed=False)
    assert image["status"] == "queued"
    memory.is_down = False
    await look(several)
    assert memory.images == {}


async def test_an_active_image_is_copied_to_more_stores(several: Cloud) -> None:
    data = os.urandom(100_000)
    id = (await create(several.member))["id"]
    await send(several.member, id, data)
    assert await ask(several.member, id, "copy-image", stores=["memory"]) == 403
    assert await ask(several.admin, id, "copy-image", stores=["file"]) == 400
    assert await ask(several.admin, id, "copy-image", stores=["moon"]) == 409
    assert await ask(several.admin, id, "copy-image", all_stores=True) == 202
    await several.settled()
    image = await show(several.member, id)
    assert image["stores"] == "file,second,memory"
    assert await ask(several.admin, id, "copy-image", all_stores=True) == 202  # nothing left to do
    for store in ("file", "second"):
        assert (await several.admin.delete(f"/image/v2/stores/{store}/{id}")).status_code == 204
    await look(several)
    assert stored_files(several) == set()
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == data
    assert (await several.admin.delete(f"/image/v2/stores/memory/{id}")).status_code == 403
    assert (await several.admin.delete(f"/image/v2/stores/file/{id}")).status_code == 403
    assert await ask(several.admin, id, "copy-image", stores=["file"]) == 202
    await several.settled()
    assert (await several.admin.delete(f"/image/v2/stores/second/{id}")).status_code == 404
    assert (await several.admin.delete(f"/image/v2/stores/moon/{id}")).status_code == 409
    assert (await several.member.delete(f"/image/v2/stores/file/{id}")).status_code == 403
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == data


async def test_another_copy_is_read_when_a_store_is_down(several: Cloud) -> None:
    configure(
        several,
        stores={
            "file": {"type": "file"},
            "memory": {"type": "fake", "weight": 9},
            "second": {"type": "fake"},
        },
    )
    id = await staged(several, b"x" * 200_000)
    await imported(several, id, "glance-direct", stores=["memory", "second"])
    known = stores(several.platform)
    first: Any = known.built("memory")
    first.is_down = True
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == b"x" * 200_000
    second: Any = known.built("second")
    second.is_down = True
    assert (await several.member.get(f"{IMAGES}/{id}/file")).status_code == 503


async def test_uploads_go_to_the_store_that_is_named(several: Cloud) -> None:
    id = (await create(several.member))["id"]
    named = {**OCTETS, "X-Image-Meta-Store": "memory"}
    answer = await several.member.put(f"{IMAGES}/{id}/file", content=b"data", headers=named)
    assert answer.status_code == 204
    assert (await show(several.member, id))["stores"] == "memory"
    assert stored_files(several) == set()
    memory: Any = stores(several.platform).built("memory")
    memory.is_down = True
    id = (await create(several.member))["id"]
    answer = await several.member.put(f"{IMAGES}/{id}/file", content=b"data", headers=named)
    assert answer.status_code == 503
    assert (await show(several.member, id))["status"] == "queued"
    memory.is_down = False
    await look(several)
    assert len(memory.images) == 1
    assert stored_files(several) == set()


async def test_equal_images_are_kept_once(cloud: Cloud) -> None:
    data = os.urandom(50_000)
    ids = [(await create(cloud.member))["id"] for _ in range(2)]
    for id in ids:
        assert await send(cloud.member, id, data) == 204
    folder = cloud.platform.folder / "images"
    assert len({path.stat().st_ino for path in folder.iterdir() if path.is_file()}) == 1
    assert (await cloud.member.delete(f"{IMAGES}/{ids[0]}")).status_code == 204
    await look(cloud)
    assert (await cloud.member.get(f"{IMAGES}/{ids[1]}/file")).content == data


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


async def test_another_cloud_can_be_fetched_from(cloud: Cloud, web: Pages) -> None:
    remote = "11111111-2222-3333-4444-555555555555"
    configure(cloud, remotes={"north": {"url": web.url("/image")}})
    shown = {
        "status": "active", "disk_format": "iso", "container_format": "ovf", "hw_cpu_cores": "5",
        "trait:SSD": "required", "speed": "fast", "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(b"from afar").hexdigest(),
    }  # fmt: skip
    path = f"/image/v2/images/{remote}"
    web.answers[path] = Answer(json.dumps(shown).encode())
    web.answers[f"{path}/file"] = Answer(b"from afar")
    id = (await create(cloud.member, hw_cpu_cores="1"))["id"]
    method = {"name": "glance-download", "glance_image_id": remote}
    assert await ask(cloud.member, id, method) == 400
    bad = {**method, "glance_region": "north", "glance_image_id": "../../x"}
    assert await ask(cloud.member, id, bad) == 400
    image = await imported(cloud, id, {**method, "glance_region": "nowhere"})
    assert image["status"] == "queued"
    image = await imported(cloud, id, {**method, "glance_region": "north"})
    assert (image["status"], image["size"]) == ("active", 9)
    assert (image["disk_format"], image["container_format"]) == ("iso", "ovf")
    assert (image["hw_cpu_cores"], image["trait:SSD"]) == ("5", "required")
    assert "speed" not in image
    assert all(headers["x-auth-token"] for _, headers in web.asked)


@pytest.mark.parametrize(
    "told",
    [b"", b"no json", b"[]", b"{}", b'{"status": "queued", "disk_format": "raw", "container_format": "bare"}',
     b'{"status": "active", "disk_format": "odd", "container_format": "bare"}',
     b'{"status": "active", "disk_format": "raw", "container_format": "bare", "os_type": 5}',
     b'{"status": "active", "disk_format": "raw", "container_format": "bare", "os_hash_algo": "sha512",'
     b' "os_hash_value": "other"}'],
)  # fmt: skip
async def test_what_another_cloud_says_is_not_believed(cloud: Cloud, web: Pages, told: bytes) -> None:
    remote = "11111111-2222-3333-4444-555555555555"
    configure(cloud, remotes={"north": {"url": web.url("/image")}})
    web.answers[f"/image/v2/images/{remote}"] = Answer(told)
    web.answers[f"/image/v2/images/{remote}/file"] = Answer(b"data")
    id = (await create(cloud.member))["id"]
    method = {"name": "glance-download", "glance_image_id": remote, "glance_region": "north"}
    image = await imported(cloud, id, method)
    assert (image["status"], (await task_of(cloud, id))["status"]) == ("queued", "failure")
    assert image["os_glance_failed_import"] == "file"


async def world(cloud: Cloud) -> object:
    await look(cloud)
    second = cloud.platform.folder / "images-second"
    memory: Any = stores(cloud.platform).built("memory")
    kept = sorted(p.name for p in second.iterdir()) if second.exists() else []
    return stored_files(cloud), kept, sorted(memory.images), await leftovers(cloud)


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


async def test_copies_unwind_and_repeat(several: Cloud) -> None:
    id = (await create(several.member))["id"]
    await send(several.member, id, b"data")

    async def copy() -> None:
        assert await ask(several.admin, id, "copy-image", all_stores=True) == 202

    await assert_unwinds(several, IMPORT_IMAGE, copy, lambda: world(several))
    assert (await show(several.member, id))["stores"] == "file"
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == b"data"
    await assert_repeatable(several, IMPORT_IMAGE, copy)


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


async def test_stores_are_told(several: Cloud) -> None:
    brief = (await several.member.get("/image/v2/info/stores")).json()["stores"]
    assert [s["id"] for s in brief] == ["file", "second", "memory"]
    assert [s.get("default") for s in brief] == ["true", None, None]
    assert (await several.member.get("/image/v2/info/stores/detail")).status_code == 403
    detail = (await several.admin.get("/image/v2/info/stores/detail")).json()["stores"]
    assert [(s["type"], s["weight"]) for s in detail] == [("file", 0), ("file", 0), ("fake", -1)]


async def test_hosts_fetch_from_the_api_what_is_no_file(several: Cloud) -> None:
    data = os.urandom(10_000)
    id = await staged(several, data)
    await imported(several, id, "glance-direct", stores=["memory"])
    async with several.platform.reading(several.member.auth) as ctx:
        source = public.source(ctx, await public.get(ctx, id))
    assert source.path is None
    answer = await several.http.get(str(source.url), headers={"X-Auth-Token": str(source.token)})
    assert answer.content == data
    assert await ask(several.admin, id, "copy-image", stores=["second"]) == 202
    await several.settled()
    async with several.platform.reading(several.member.auth) as ctx:
        source = public.source(ctx, await public.get(ctx, id))
    assert Path(str(source.path)).read_bytes() == data
    assert (source.url, source.token) == (None, None)


async def test_an_upload_whose_process_died_leaves_nothing_in_its_store(several: Cloud) -> None:
    id = (await create(several.member))["id"]
    memory: Any = stores(several.platform).built("memory")
    async with several.platform.context() as ctx:
        dead = Upload("dead", id, "upload", ctx.now() - timedelta(seconds=1))
        await UPLOADS.add(ctx.tx, dead)
        await LEFTOVERS.add(ctx.tx, Leftover("memory", "dead"))
    memory.images["dead"] = b"data"
    await look(several)
    assert (memory.images, await leftovers(several)) == ({}, [])
    assert (await show(several.member, id))["status"] == "queued"


async def test_what_a_silent_store_should_forget_is_not_forgotten(several: Cloud) -> None:
    id = await staged(several, b"data")
    await imported(several, id, "glance-direct", stores=["memory"])
    memory: Any = stores(several.platform).built("memory")
    memory.is_down = True
    assert (await several.member.delete(f"{IMAGES}/{id}")).status_code == 204
    await look(several)
    assert len(memory.images) == 1
    memory.is_down = False
    await look(several)
    assert (memory.images, await leftovers(several)) == ({}, [])


async def test_tasks_are_forgotten_some_days_after_their_end(several: Cloud) -> None:
    configure(several, stores={"file": {}, **SEVERAL}, task_hours=0)
    id = await staged(several, b"data")
    await imported(several, id, "glance-direct")
    await Runner(several.platform, []).look(forget_old_tasks)
    assert (await several.member.get(f"{IMAGES}/{id}/tasks")).json() == {"tasks": []}

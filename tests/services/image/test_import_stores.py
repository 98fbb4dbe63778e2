"""Several stores: imports, uploads and copies into them, and when one fails."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from haneul.services.image import public
from haneul.services.image.sagas.import_image import IMPORT_IMAGE
from haneul.services.image.store.images import UPLOADS, Upload
from haneul.services.image.store.leftovers import LEFTOVERS, Leftover
from haneul.services.image.store.stores import stores
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.image.importing import (
    ask,
    configure,
    imported,
    leftovers,
    look,
    staged,
    world,
)
from tests.services.image.test_data import OCTETS, send, show, stored_files
from tests.services.image.test_images import IMAGES, create


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


async def test_copies_unwind_and_repeat(several: Cloud) -> None:
    id = (await create(several.member))["id"]
    await send(several.member, id, b"data")

    async def copy() -> None:
        assert await ask(several.admin, id, "copy-image", all_stores=True) == 202

    await assert_unwinds(several, IMPORT_IMAGE, copy, lambda: world(several))
    assert (await show(several.member, id))["stores"] == "file"
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == b"data"
    await assert_repeatable(several, IMPORT_IMAGE, copy)


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

"""Data of images over HTTP: up, down, and everything that can break on the way."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from haneul.kernel.auth import SYSTEM
from haneul.kernel.db import Tx
from haneul.kernel.errors import Waiting
from haneul.kernel.ids import new_id
from haneul.kernel.reconciler import Runner
from haneul.services.image import public
from haneul.services.image.reconcilers.dead_uploads import remove_dead_uploads, remove_leftovers
from haneul.services.image.sagas import import_image
from haneul.services.image.store import images as images_store
from haneul.services.image.store import leftovers
from haneul.services.image.store.images import UPLOADS, Upload
from haneul.services.image.store.leftovers import LEFTOVERS
from tests.conftest import Cloud, Persona
from tests.services.image.test_images import IMAGES, PATCH, create

OCTETS = {"Content-Type": "application/octet-stream"}


async def send(who: Persona, id: str, data: bytes | AsyncIterator[bytes], path: str = "file") -> int:
    return (await who.put(f"{IMAGES}/{id}/{path}", content=data, headers=OCTETS)).status_code


async def show(who: Persona, id: str) -> dict:
    return (await who.get(f"{IMAGES}/{id}")).json()


def stored_files(cloud: Cloud) -> set[str]:
    folder = cloud.platform.folder / "images"
    return {path.name for path in folder.rglob("*") if path.is_file()}


async def look(cloud: Cloud) -> None:
    await Runner(cloud.platform, []).look(remove_dead_uploads)


async def test_uploaded_data_comes_back_the_same(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    data = os.urandom(3_500_000)
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).status_code == 204
    assert await send(cloud.member, id, data) == 204
    image = await show(cloud.member, id)
    assert (image["status"], image["size"], image["virtual_size"]) == ("active", len(data), len(data))
    assert image["checksum"] == hashlib.md5(data).hexdigest()
    assert (image["os_hash_algo"], image["os_hash_value"]) == ("sha512", hashlib.sha512(data).hexdigest())
    answer = await cloud.member.get(f"{IMAGES}/{id}/file")
    assert answer.content == data
    assert answer.headers["content-md5"] == image["checksum"]
    assert answer.headers["content-length"] == str(len(data))
    assert await send(cloud.member, id, data) == 409
    assert len(stored_files(cloud)) == 1


async def test_an_image_without_a_byte_is_an_image(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"") == 204
    assert (await show(cloud.member, id))["size"] == 0
    answer = await cloud.member.get(f"{IMAGES}/{id}/file")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("size", ["9" * 5000, "-1", "1e3", "٣", "x"])
async def test_a_size_that_is_none_is_refused(cloud: Cloud, size: str) -> None:
    id = (await create(cloud.member))["id"]

    async def data() -> AsyncIterator[bytes]:
        yield b"data"

    headers = {b"Content-Type": b"application/octet-stream", b"X-OpenStack-Image-Size": size.encode()}
    answer = await cloud.member.call("PUT", f"{IMAGES}/{id}/file", content=data(), headers=headers)
    assert answer.status_code == 400
    assert (await show(cloud.member, id))["status"] == "queued"
    assert stored_files(cloud) == set()


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-4", 0, 5), ("bytes=5-", 5, 100), ("bytes=-3", 97, 100), ("bytes=90-1000", 90, 100)],
)
async def test_ranges_are_sent(cloud: Cloud, asked: str, start: int, end: int) -> None:
    id = (await create(cloud.member))["id"]
    data = os.urandom(100)
    await send(cloud.member, id, data)
    answer = await cloud.member.get(f"{IMAGES}/{id}/file", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, data[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/100"


@pytest.mark.parametrize(
    "asked", ["bytes=100-", "bytes=5-4", "bytes=-0", "bytes=-", "lines=1-2", "bytes=a-b"]
)
async def test_ranges_that_cannot_be_are_refused(cloud: Cloud, asked: str) -> None:
    id = (await create(cloud.member))["id"]
    await send(cloud.member, id, os.urandom(100))
    answer = await cloud.member.get(f"{IMAGES}/{id}/file", headers={"Range": asked})
    assert answer.status_code == 416


async def test_data_needs_its_formats_type_and_owner(cloud: Cloud) -> None:
    bare = (await cloud.member.post(IMAGES, json={})).json()["id"]
    assert await send(cloud.member, bare, b"x") == 400
    id = (await create(cloud.member))["id"]
    assert await send(cloud.reader, id, b"x") == 403
    assert await send(cloud.stranger, id, b"x") == 404
    assert (await cloud.member.put(f"{IMAGES}/{id}/file", json={})).status_code == 415
    unknown = {**OCTETS, "X-Image-Meta-Store": "moon"}
    answer = await cloud.member.put(f"{IMAGES}/{id}/file", content=b"x", headers=unknown)
    assert answer.status_code == 400
    assert (await show(cloud.member, id))["status"] == "queued"
    assert stored_files(cloud) == set()


async def test_a_truncated_upload_leaves_no_rubbish(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    short = {**OCTETS, "Content-Length": "5000000"}
    answer = await cloud.member.put(f"{IMAGES}/{id}/file", content=b"x" * 2_000_000, headers=short)
    assert answer.status_code == 400
    assert (await show(cloud.member, id))["status"] == "queued"
    assert stored_files(cloud) == set()
    assert await send(cloud.member, id, b"whole") == 204


async def test_too_much_is_refused_announced_or_not(cloud: Cloud) -> None:
    cloud.platform.config["image"] = {"image_size_cap": 1000}
    id = (await create(cloud.member))["id"]

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100

    assert await send(cloud.member, id, b"x" * 1001) == 413
    assert await send(cloud.member, id, pieces()) == 413
    assert (await show(cloud.member, id))["status"] == "queued"
    assert stored_files(cloud) == set()
    assert await send(cloud.member, id, b"x" * 1000) == 204


async def test_while_data_comes_the_image_is_saving_and_nobody_else_can_send(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    seen: list[object] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        seen.append((await show(cloud.member, id))["status"])
        seen.append(await send(cloud.member, id, b"b"))
        yield b"c"

    assert await send(cloud.member, id, pieces()) == 204
    assert seen == ["saving", 409]
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == b"ac"


async def test_an_image_deleted_while_data_comes_leaves_nothing(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        await cloud.member.delete(f"{IMAGES}/{id}")
        yield b"b"

    assert await send(cloud.member, id, pieces()) == 410
    assert stored_files(cloud) == set()


async def test_an_image_deleted_when_its_data_is_about_to_be_stored_is_gone(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = (await create(cloud.member))["id"]
    put = import_image.put

    async def put_too_late(*arguments: Any) -> None:
        await cloud.member.delete(f"{IMAGES}/{id}")
        await look(cloud)
        await put(*arguments)

    monkeypatch.setattr(import_image, "put", put_too_late)
    assert await send(cloud.member, id, b"data") == 410
    assert stored_files(cloud) == set()


async def test_deleting_removes_the_file_and_a_crash_in_between_is_mended(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    await send(cloud.member, id, b"data")
    kept = stored_files(cloud)
    (cloud.platform.folder / "images" / "stray").write_bytes(b"x")
    (cloud.platform.folder / "images" / "incoming" / "half").write_bytes(b"x")
    await look(cloud)
    assert stored_files(cloud) == kept
    await cloud.member.delete(f"{IMAGES}/{id}")
    await look(cloud)
    assert stored_files(cloud) == set()


async def test_an_upload_whose_process_died_is_ended(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    async with cloud.platform.context() as ctx:
        await UPLOADS.add(ctx.tx, Upload("dead", id, "upload", ctx.now() - timedelta(seconds=1)))
    assert (await show(cloud.member, id))["status"] == "saving"
    await look(cloud)
    assert (await show(cloud.member, id))["status"] == "queued"


async def test_deactivated_data_is_for_administrators(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    path = f"{IMAGES}/{id}/actions"
    assert (await cloud.member.post(f"{path}/deactivate")).status_code == 400
    await send(cloud.member, id, b"data")
    assert (await cloud.reader.post(f"{path}/deactivate")).status_code == 403
    assert (await cloud.member.post(f"{path}/deactivate")).status_code == 204
    assert (await cloud.member.post(f"{path}/deactivate")).status_code == 204
    assert (await show(cloud.member, id))["status"] == "deactivated"
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).status_code == 403
    assert (await cloud.admin.get(f"{IMAGES}/{id}/file")).status_code == 200
    assert (await cloud.member.post(f"{path}/reactivate")).status_code == 204
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).status_code == 200
    change = [{"op": "replace", "path": "/disk_format", "value": "iso"}]
    assert (await cloud.member.patch(f"{IMAGES}/{id}", json=change, headers=PATCH)).status_code == 403


async def test_staged_data_is_imported(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    body = {"method": {"name": "glance-direct"}}
    assert (await cloud.member.post(f"{IMAGES}/{id}/import", json=body)).status_code == 409
    assert await send(cloud.member, id, b"data", "stage") == 204
    assert (await show(cloud.member, id))["status"] == "uploading"
    assert await send(cloud.member, id, b"data", "file") == 409
    assert (await cloud.member.post(f"{IMAGES}/{id}/import", json=body)).status_code == 202
    await cloud.settled()
    assert (await show(cloud.member, id))["status"] == "active"
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == b"data"
    assert len(stored_files(cloud)) == 1


async def test_staged_data_that_is_not_what_was_declared_is_not_imported(cloud: Cloud) -> None:
    id = (await create(cloud.member, disk_format="qcow2"))["id"]
    await send(cloud.member, id, b"data", "stage")
    body = {"method": {"name": "glance-direct"}}
    assert (await cloud.member.post(f"{IMAGES}/{id}/import", json=body)).status_code == 202
    await cloud.settled()
    assert (await show(cloud.member, id))["status"] == "queued"
    await look(cloud)
    assert stored_files(cloud) == set()


@pytest.mark.parametrize(
    "body",
    [[], {}, {"method": "x"}, {"method": {}}, {"method": {"name": "web-download"}}, {"method": {"name": 1}}],
)
async def test_bad_imports_are_refused(cloud: Cloud, body: object) -> None:
    id = (await create(cloud.member))["id"]
    assert (await cloud.member.post(f"{IMAGES}/{id}/import", json=body)).status_code == 400


async def test_other_services_store_a_file_and_learn_where_it_is(cloud: Cloud) -> None:
    path = cloud.platform.folder / "disk.raw"
    await asyncio.to_thread(path.write_bytes, b"snapshot" * 1000)
    async with cloud.platform.context(cloud.member.auth) as ctx:
        image = await public.create_queued(ctx, "snap", "raw", "bare", {"image_type": "snapshot"})
    image = await public.store_file(cloud.platform, SYSTEM, image.id, path)
    assert (image.status, image.size) == ("active", 8000)
    async with cloud.platform.reading(cloud.member.auth) as ctx:
        found = public.source(ctx, await public.get(ctx, image.id))
        assert (found.format, found.size_bytes, found.checksum_algorithm) == ("raw", 8000, "sha512")
        assert found.path is not None
        assert hashlib.sha512(b"snapshot" * 1000).hexdigest() == found.checksum
    async with cloud.platform.reading(cloud.stranger.auth) as ctx:
        with pytest.raises(public.ImageNotFound):
            await public.get(ctx, image.id)


async def test_a_step_that_stores_a_file_waits_for_its_dead_predecessor(cloud: Cloud) -> None:
    path = cloud.platform.folder / "disk.raw"
    await asyncio.to_thread(path.write_bytes, b"snapshot")
    async with cloud.platform.context(cloud.member.auth) as ctx:
        queued = await public.create_queued(ctx, "snap", "raw", "bare", {})
        dead = await UPLOADS.add(
            ctx.tx, Upload("dead", queued.id, "upload", ctx.now() + timedelta(seconds=9))
        )
    with pytest.raises(Waiting):
        await public.store_file(cloud.platform, SYSTEM, queued.id, path)
    async with cloud.platform.context() as ctx:
        await UPLOADS.update(ctx.tx, msgspec.structs.replace(dead, until=ctx.now() - timedelta(seconds=1)))
    await look(cloud)
    stored = await public.store_file(cloud.platform, SYSTEM, queued.id, path)
    assert (stored.status, stored.size) == ("active", 8)
    assert await public.store_file(cloud.platform, SYSTEM, queued.id, path) == stored


async def test_data_of_deleted_images_stays_for_as_long_as_the_cloud_says(cloud: Cloud) -> None:
    cloud.platform.config["image"] = {"delayed_delete": True, "scrub_after_s": 3600}
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"data") == 204
    kept = stored_files(cloud)
    assert (await cloud.member.delete(f"{IMAGES}/{id}")).status_code == 204
    assert (await cloud.member.get(f"{IMAGES}/{id}")).status_code == 404
    await look(cloud)
    assert stored_files(cloud) == kept
    async with cloud.platform.context() as ctx:
        for row in await LEFTOVERS.find(ctx.tx):
            past = msgspec.structs.replace(row, until=ctx.now() - timedelta(seconds=1))
            await LEFTOVERS.update(ctx.tx, past)
    await look(cloud)
    assert stored_files(cloud) == set()
    async with cloud.platform.reading(SYSTEM) as ctx:
        assert await LEFTOVERS.find(ctx.tx) == []


async def test_data_that_becomes_an_images_while_leftovers_are_looked_for_stays(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"data") == 204
    [blob] = stored_files(cloud)
    async with cloud.platform.context() as ctx:  # as it was before the image became active
        await leftovers.expect(ctx.tx, blob, ["file"])
    real = images_store.coming_files

    async def activated_just_before(tx: Tx) -> set[str]:
        async with cloud.platform.context() as ctx:
            await leftovers.kept(ctx.tx, blob, ["file"])
        return await real(tx)

    monkeypatch.setattr(images_store, "coming_files", activated_just_before)
    async with cloud.platform.reading(SYSTEM) as ctx:
        await remove_leftovers(ctx)
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == b"data"


async def test_zeros_take_no_room_and_are_read_as_zeros(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    data = b"begin" + bytes(20 << 20) + b"middle" + bytes((9 << 20) + 17)
    assert await send(cloud.member, id, data) == 204
    [stored] = stored_files(cloud)
    about = (cloud.platform.folder / "images" / stored).stat()
    assert about.st_size == len(data)
    assert about.st_blocks * 512 < 4 << 20
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == data
    assert (await show(cloud.member, id))["os_hash_value"] == hashlib.sha512(data).hexdigest()


async def test_data_needs_a_container_format_first(cloud: Cloud) -> None:
    id = new_id()
    made = await create(cloud.member, id=id, disk_format="raw", container_format=None)
    assert made["id"] == id
    data = {"content": b"x", "headers": {"Content-Type": "application/octet-stream"}}
    assert (await cloud.member.call("PUT", f"{IMAGES}/{id}/file", **data)).status_code == 400
    change = [{"op": "replace", "path": "/container_format", "value": "bare"}]
    answer = await cloud.member.call("PATCH", f"{IMAGES}/{id}", json=change, headers=PATCH)
    assert answer.status_code == 200, answer.text
    assert (await cloud.member.call("PUT", f"{IMAGES}/{id}/file", **data)).status_code == 204

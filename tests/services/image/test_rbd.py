"""Images in a real Ceph cluster: beside files, cloned by others, and with a cluster that says nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.auth import SYSTEM
from haneul.kernel.drivers import HostSettings, load
from haneul.kernel.errors import DriverError
from haneul.services.image import public
from haneul.services.image.drivers.interface import InUse
from haneul.services.image.drivers.rbd import library
from haneul.services.image.sagas.import_image import IMPORT_IMAGE
from haneul.services.image.store.images import IMAGES as ROWS
from haneul.services.image.store.stores import stores
from tests.ceph_cluster import POOL, Cluster
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.image.importing import ask, configure, imported, leftovers, look, staged
from tests.services.image.test_data import OCTETS, send, show, stored_files
from tests.services.image.test_images import IMAGES, create
from tests.waiting import PATIENCE_S

IMPATIENT = {"rados_connect_timeout_s": 1, "operation_timeout_s": 2}
MIB = 1 << 20


@pytest.fixture
def both(cloud: Cloud, ceph: Cluster) -> Cloud:
    """A cloud that keeps images in files and in Ceph, and reads from Ceph first."""
    use(cloud, ceph)
    return cloud


def use(cloud: Cloud, ceph: Cluster, **more: Any) -> None:
    rbd = {"type": "rbd", "weight": 1, "options": {**ceph.options, **IMPATIENT}}
    configure(cloud, stores={"file": {"type": "file"}, "rbd": rbd}, show_multiple_locations=True, **more)


def build(options: dict[str, Any]) -> Any:
    kind: Any = load("haneul.image.store", "rbd")
    return kind(HostSettings("rbd", Path(), {**IMPATIENT, **options}))


def in_pool(ceph: Cluster) -> set[str]:
    return set(ceph.rbd("ls", POOL).split())


async def uploaded(cloud: Cloud, data: bytes, store: str = "rbd") -> str:
    id = (await create(cloud.member))["id"]
    headers = {**OCTETS, "X-Image-Meta-Store": store}
    assert (await cloud.member.put(f"{IMAGES}/{id}/file", content=data, headers=headers)).status_code == 204
    return id


async def blob_of(cloud: Cloud, id: str) -> str:
    async with cloud.platform.reading() as ctx:
        image = await ROWS.get(ctx.tx, id)
    assert image is not None and image.blob is not None
    return image.blob


async def download(cloud: Cloud, id: str, **headers: str) -> bytes:
    answer = await cloud.member.get(f"{IMAGES}/{id}/file", headers=headers)
    assert answer.status_code in (200, 206), answer.text
    return answer.content


async def problems(cloud: Cloud) -> str | None:
    async with cloud.platform.reading(SYSTEM) as ctx:
        return await public.verify(ctx)


async def test_uploaded_data_is_in_the_pool_and_comes_back(
    both: Cloud, ceph: Cluster, tmp_path: Path
) -> None:
    data = os.urandom(9 * MIB + 17)
    id = await uploaded(both, data)
    image = await show(both.member, id)
    assert (image["status"], image["stores"], image["size"]) == ("active", "rbd", len(data))
    blob = await blob_of(both, id)
    assert image["locations"] == [
        {"url": f"rbd://{ceph.fsid}/{POOL}/{blob}/snap", "metadata": {"store": "rbd"}}
    ]
    ceph.rbd("export", f"{POOL}/{blob}@snap", str(tmp_path / "exported"))
    assert (tmp_path / "exported").read_bytes() == data
    assert await download(both, id) == data
    assert await download(both, id, Range=f"bytes={8 * MIB - 5}-{8 * MIB + 5}") == data[8 * MIB - 5 :][:11]
    assert stored_files(both) == set()
    assert await problems(both) is None
    assert (await both.member.delete(f"{IMAGES}/{id}")).status_code == 204
    await look(both)
    assert blob not in in_pool(ceph)
    assert await leftovers(both) == []


async def test_images_are_imported_to_both_and_copied_from_one_to_the_other(
    both: Cloud, ceph: Cluster
) -> None:
    data = os.urandom(300_000)
    first = await staged(both, data)
    image = await imported(both, first, "glance-direct", all_stores=True)
    assert (image["status"], set(image["stores"].split(","))) == ("active", {"file", "rbd"})
    second = await uploaded(both, data, "file")
    assert await ask(both.admin, second, "copy-image", stores=["rbd"]) == 202
    await both.settled()
    assert set((await show(both.member, second))["stores"].split(",")) == {"file", "rbd"}
    for id in (first, second):
        assert (await both.admin.delete(f"/image/v2/stores/file/{id}")).status_code == 204
        assert await download(both, id) == data
    await look(both)
    assert stored_files(both) == set()


async def test_an_image_that_was_cloned_stays(both: Cloud, ceph: Cluster) -> None:
    data = os.urandom(MIB)
    id = await imported_to_both(both, data)
    blob = await blob_of(both, id)
    ceph.add_pool("volumes")
    ceph.rbd("clone", f"{POOL}/{blob}@snap", "volumes/volume-1")
    for more in ({}, {"delayed_delete": True}):
        use(both, ceph, **more)
        answer = await both.member.delete(f"{IMAGES}/{id}")
        assert answer.status_code == 409
        assert f"Image {id} could not be deleted because it is in use" in answer.text
    assert (await both.admin.delete(f"/image/v2/stores/rbd/{id}")).status_code == 409
    await look(both)
    image = await show(both.member, id)
    assert (image["status"], set(image["stores"].split(","))) == ("active", {"file", "rbd"})
    assert await download(both, id) == data
    assert (await both.admin.delete(f"/image/v2/stores/file/{id}")).status_code == 204
    ceph.rbd("rm", "volumes/volume-1")
    use(both, ceph)
    assert (await both.member.delete(f"{IMAGES}/{id}")).status_code == 204
    await look(both)
    assert blob not in in_pool(ceph)


async def imported_to_both(cloud: Cloud, data: bytes) -> str:
    id = await staged(cloud, data)
    assert (await imported(cloud, id, "glance-direct", all_stores=True))["status"] == "active"
    return id


async def test_data_that_is_cloned_while_its_image_goes_is_kept_until_the_clone_is_gone(
    both: Cloud, ceph: Cluster
) -> None:
    use(both, ceph, delayed_delete=True, scrub_after_s=0)
    id = await uploaded(both, b"data" * 1000)
    blob = await blob_of(both, id)
    assert (await both.member.delete(f"{IMAGES}/{id}")).status_code == 204
    ceph.rbd("clone", f"{POOL}/{blob}@snap", f"{POOL}/volume-2")
    await look(both)
    assert blob in in_pool(ceph)
    ceph.rbd("rm", f"{POOL}/volume-2")
    await look(both)
    assert blob not in in_pool(ceph)
    assert await leftovers(both) == []


async def test_clones_of_the_newer_kind_outlive_their_image(
    both: Cloud, ceph: Cluster, tmp_path: Path
) -> None:
    data = os.urandom(MIB)
    id = await uploaded(both, data)
    blob = await blob_of(both, id)
    clone = f"{POOL}/volume-3"
    ceph.rbd("clone", f"{POOL}/{blob}@snap", clone, "--rbd-default-clone-format", "2")
    assert (await both.member.delete(f"{IMAGES}/{id}")).status_code == 204
    await look(both)
    assert blob not in in_pool(ceph)
    ceph.rbd("export", clone, str(tmp_path / "exported"))
    assert (tmp_path / "exported").read_bytes() == data
    ceph.rbd("rm", clone)
    ceph.rbd("trash", "purge", POOL)


async def test_imports_unwind_and_repeat(both: Cloud, ceph: Cluster) -> None:
    async def begin() -> None:
        assert (
            await ask(both.member, await staged(both, b"data" * 500), "glance-direct", all_stores=True) == 202
        )

    async def world() -> object:
        await look(both)
        return stored_files(both), in_pool(ceph), await leftovers(both)

    await assert_unwinds(both, IMPORT_IMAGE, begin, world, except_for=("finish",))
    await assert_repeatable(both, IMPORT_IMAGE, begin)


async def test_a_silent_cluster_costs_writes_but_not_what_is_elsewhere(both: Cloud, ceph: Cluster) -> None:
    data = os.urandom(300_000)
    id, only = await imported_to_both(both, data), await uploaded(both, data)
    ceph.pause()
    try:
        assert await download(both, id) == data
        assert (await both.member.get(f"{IMAGES}/{only}/file")).status_code == 503
        new = (await create(both.member))["id"]
        headers = {**OCTETS, "X-Image-Meta-Store": "rbd"}
        answer = await both.member.put(f"{IMAGES}/{new}/file", content=data, headers=headers)
        assert answer.status_code == 503
        assert (await show(both.member, new))["status"] == "queued"
        assert await send(both.member, new, data) == 204
        assert (await both.member.delete(f"{IMAGES}/{only}")).status_code == 503
        assert "rbd" in (await problems(both) or "")
    finally:
        ceph.resume()
    await answering(stores(both.platform).built("rbd"))
    assert (await show(both.member, only))["status"] == "active"
    assert await download(both, only) == data
    assert (await both.member.delete(f"{IMAGES}/{only}")).status_code == 204


async def answering(store: Any) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await store.names()
                return
            except DriverError:
                await asyncio.sleep(0.2)


async def test_a_read_that_is_cut_off_goes_on_elsewhere(both: Cloud, ceph: Cluster) -> None:
    data = os.urandom(20 * MIB)
    id = await imported_to_both(both, data)
    async with both.platform.reading() as ctx:
        image = await ROWS.get(ctx.tx, id)
    assert image is not None
    got = b""
    try:
        async for piece in stores(both.platform).read(image, 0, len(data)):
            got += piece
            if len(got) == 2 * MIB:
                ceph.pause()
    finally:
        ceph.resume()
    assert got == data
    await answering(stores(both.platform).built("rbd"))


async def test_a_missing_image_is_found_by_verify(both: Cloud, ceph: Cluster) -> None:
    blob = await blob_of(both, await uploaded(both, b"data"))
    ceph.rbd("snap", "unprotect", f"{POOL}/{blob}@snap")
    ceph.rbd("snap", "rm", f"{POOL}/{blob}@snap")
    assert await problems(both) == f"the data {blob} is not in the store rbd"


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "prepared"
    path.write_bytes(os.urandom(MIB) + bytes(62 * MIB) + os.urandom(MIB))
    yield path


async def test_zeros_are_not_written(ceph: Cluster, prepared: Path) -> None:
    store = build(ceph.options)
    await store.put("thin", prepared)
    objects = ceph.rbd("info", f"{POOL}/thin").split("block_name_prefix: ")[1].split()[0]
    listed = await asyncio.to_thread(written, ceph, objects)
    assert len(listed) == 2
    pieces = [piece async for piece in store.read("thin", 0, 64 * MIB)]
    assert b"".join(pieces) == prepared.read_bytes()
    await store.remove("thin")
    await store.close()


def written(ceph: Cluster, prefix: str) -> list[str]:
    """The objects that hold data of an image."""
    return [name for name in ceph.rados("-p", POOL, "ls").split() if name.startswith(prefix)]


async def test_half_an_image_is_none_and_is_written_anew(ceph: Cluster, prepared: Path) -> None:
    ceph.rbd("create", f"{POOL}/half", "--size", "64M")
    store = build(ceph.options)
    assert await store.size("half") is None
    assert "half" not in await store.names()
    await store.put("half", prepared)
    assert await store.size("half") == 64 * MIB
    await store.remove("half")
    ceph.rbd("create", f"{POOL}/half", "--size", "1M")
    await store.remove("half")
    assert "half" not in in_pool(ceph)
    await store.close()


async def test_what_was_given_up_is_gone(ceph: Cluster, prepared: Path) -> None:
    store = build(ceph.options)
    putting = asyncio.create_task(store.put("given-up", prepared))
    await asyncio.sleep(0)  # it is in a thread now
    putting.cancel()
    await asyncio.gather(putting, return_exceptions=True)
    await asyncio.to_thread(store._threads.shutdown)
    assert "given-up" not in in_pool(ceph)


async def test_an_open_image_is_in_use(ceph: Cluster, prepared: Path) -> None:
    store, other = build(ceph.options), build(ceph.options)
    await store.put("open", prepared)
    with other._pool._open() as (library, pool), library.rbd.Image(pool, "open"):
        with pytest.raises(InUse):
            await store.require_unused("open")
        with pytest.raises(InUse):
            await store.remove("open")
        assert await store.size("open") == 64 * MIB
    await store.remove("open")
    await store.close()
    await other.close()


async def test_a_store_that_the_cluster_shut_out_connects_anew(ceph: Cluster) -> None:
    store = build(ceph.options)
    await store.start()
    _, connection = store._pool._connect()
    ceph.shut_out(connection.get_addrs())
    with pytest.raises(DriverError):
        await store.names()
    assert isinstance(await store.names(), set)
    await store.close()


@pytest.mark.parametrize(
    "wrong",
    [{"pool": "nowhere"}, {"conf": "/nowhere/ceph.conf"}, {"user": "nobody"}],
)
async def test_what_is_configured_wrongly_is_an_error_of_the_store(
    ceph: Cluster, wrong: dict[str, str]
) -> None:
    store = build({**ceph.options, **wrong})
    with pytest.raises(DriverError):
        await store.start()
    assert store.url("a")
    await store.close()


def test_a_library_that_is_missing_is_named_with_its_package() -> None:
    with pytest.raises(DriverError, match="python3-rbd"):
        library._module("rados_of_nobody")


async def test_a_cluster_that_is_not_there_does_not_keep_the_cloud_from_starting(
    cloud: Cloud, tmp_path: Path
) -> None:
    conf = tmp_path / "ceph.conf"
    conf.write_text("[global]\nfsid = 1b2c\nmon host = 127.0.0.1:1\n")
    rbd = {"type": "rbd", "options": {"conf": str(conf), **IMPATIENT}}
    configure(cloud, stores={"file": {}, "rbd": rbd})
    id = await uploaded(cloud, b"data", "file")
    assert await download(cloud, id) == b"data"
    headers = {**OCTETS, "X-Image-Meta-Store": "rbd"}
    new = (await create(cloud.member))["id"]
    answer = await cloud.member.put(f"{IMAGES}/{new}/file", content=b"data", headers=headers)
    assert answer.status_code == 503
    detail = (await cloud.admin.get("/image/v2/info/stores/detail")).json()["stores"][1]
    assert detail["properties"] == {"chunk_size": 8 * MIB, "pool": "images", "thin_provisioning": True}

"""The cache over HTTP: what is in it is really there, and is used when the stores are silent."""

from __future__ import annotations

import os
from typing import Any

from haneul.kernel.reconciler import Runner
from haneul.services.image.reconcilers.cached_images import tidy_cache
from haneul.services.image.sagas.cache_image import CACHE_IMAGE
from haneul.services.image.store.stores import stores
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.image.test_data import OCTETS, send
from tests.services.image.test_images import IMAGES, create

CACHE = "/image/v2/cache"


async def remote_image(cloud: Cloud, data: bytes) -> str:
    """An active image whose data is not on this machine."""
    cloud.platform.config.setdefault("image", {"stores": {"file": {}, "far": {"type": "fake"}}})
    id = (await create(cloud.member))["id"]
    far = {**OCTETS, "X-Image-Meta-Store": "far"}
    assert (await cloud.member.put(f"{IMAGES}/{id}/file", content=data, headers=far)).status_code == 204
    return id


async def cached(cloud: Cloud) -> dict[str, Any]:
    return {c["image_id"]: c for c in (await cloud.admin.get(CACHE)).json()["cached_images"]}


def files(cloud: Cloud) -> set[str]:
    folder = cloud.platform.folder / "image-cache"
    return {p.name for p in folder.iterdir()} if folder.exists() else set()


async def test_a_cached_image_is_there_when_its_store_is_not(cloud: Cloud) -> None:
    data = os.urandom(200_000)
    id = await remote_image(cloud, data)
    assert (await cloud.admin.put(f"{CACHE}/{id}")).status_code == 202
    await cloud.settled()
    assert files(cloud) == {id}
    found = (await cached(cloud))[id]
    assert (found["size"], found["hits"]) == (len(data), 0)
    far: Any = stores(cloud.platform).built("far")
    far.is_down = True
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == data
    assert (await cached(cloud))[id]["hits"] == 1
    assert len((await cloud.admin.get(f"{CACHE}/nodes/{id}")).json()) == 1
    assert (await cloud.admin.delete(f"{CACHE}/{id}")).status_code == 204
    assert (await cached(cloud), files(cloud)) == ({}, set())
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).status_code == 503


async def test_only_administrators_manage_the_cache(cloud: Cloud) -> None:
    id = await remote_image(cloud, b"data")
    for method, path in (
        ("GET", ""), ("DELETE", ""), ("POST", "/clean"), ("POST", "/prune"),
        ("PUT", f"/{id}"), ("DELETE", f"/{id}"), ("GET", f"/nodes/{id}"),
    ):  # fmt: skip
        assert (await cloud.member.call(method, f"{CACHE}{path}")).status_code == 403


async def test_only_active_images_are_cached(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    assert (await cloud.admin.put(f"{CACHE}/{id}")).status_code == 400
    assert (await cloud.admin.put(f"{CACHE}/nothing")).status_code == 404
    assert (await cloud.admin.delete(f"{CACHE}/nothing")).status_code == 404
    assert (await cloud.admin.get(f"{CACHE}/nodes/nothing")).status_code == 404


async def test_the_cache_is_cleared_cleaned_and_pruned(cloud: Cloud) -> None:
    ids = [await remote_image(cloud, os.urandom(1000)) for _ in range(3)]
    for id in ids:
        await cloud.admin.put(f"{CACHE}/{id}")
        await cloud.settled()
    (cloud.platform.folder / "image-cache" / ids[0]).unlink()
    (cloud.platform.folder / "image-cache" / "nobodys").touch()
    assert (await cloud.admin.post(f"{CACHE}/clean")).status_code == 200
    assert set(await cached(cloud)) == files(cloud) == set(ids[1:])
    cloud.platform.config["image"] |= {"cache_size_max": 1500}
    await cloud.member.get(f"{IMAGES}/{ids[1]}/file")
    far: Any = stores(cloud.platform).built("far")
    answer = await cloud.admin.post(f"{CACHE}/prune")
    assert answer.json() == {"total_files_pruned": 1, "total_bytes_pruned": 1000}
    assert len(await cached(cloud)) == 1
    wrong = {"X-Image-Cache-Clear-Target": "moon"}
    assert (await cloud.admin.delete(CACHE, headers=wrong)).status_code == 400
    assert (
        await cloud.admin.delete(CACHE, headers={"X-Image-Cache-Clear-Target": "queue"})
    ).status_code == 204
    assert len(await cached(cloud)) == 1
    assert (await cloud.admin.delete(CACHE)).status_code == 204
    assert (await cached(cloud), files(cloud), far.is_down) == ({}, set(), False)


async def test_a_deleted_image_leaves_the_cache(cloud: Cloud) -> None:
    id = await remote_image(cloud, b"data")
    await cloud.admin.put(f"{CACHE}/{id}")
    await cloud.settled()
    assert (await cloud.member.delete(f"{IMAGES}/{id}")).status_code == 204
    await Runner(cloud.platform, []).look(tidy_cache)
    assert (await cached(cloud), files(cloud)) == ({}, set())


async def test_caching_unwinds_and_repeats(cloud: Cloud) -> None:
    id = await remote_image(cloud, os.urandom(5000))

    async def begin() -> None:
        assert (await cloud.admin.put(f"{CACHE}/{id}")).status_code == 202

    async def world() -> object:
        return files(cloud), await cached(cloud)

    await assert_unwinds(cloud, CACHE_IMAGE, begin, world)
    await assert_repeatable(cloud, CACHE_IMAGE, begin)


async def test_an_image_on_this_machine_can_be_cached_too(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    await send(cloud.member, id, b"data")
    await cloud.admin.put(f"{CACHE}/{id}")
    await cloud.settled()
    assert set(await cached(cloud)) == {id}

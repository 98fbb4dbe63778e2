"""Limits on what a project may have of images."""

from __future__ import annotations

from collections.abc import AsyncIterator

from haneul.services.identity.model.limits import Limit
from haneul.services.identity.store.limits import LIMITS
from haneul.services.image.config import ImageOptions
from haneul.services.image.store.quotas import QUOTAS
from tests.conftest import Cloud
from tests.services.image.importing import ask, configure
from tests.services.image.test_data import send, show, stored_files
from tests.services.image.test_images import IMAGES, create

MIB = 1 << 20


async def usage(cloud: Cloud) -> dict:
    return (await cloud.member.get("/image/v2/info/usage")).json()["usage"]


async def test_without_limits_nothing_is_counted(cloud: Cloud) -> None:
    await create(cloud.member)
    assert await usage(cloud) == {}


async def test_a_project_gets_no_more_images_than_it_may(cloud: Cloud) -> None:
    configure(cloud, quotas={"image_count_total": 2})
    first = await create(cloud.member)
    await create(cloud.member)
    assert (await cloud.member.post(IMAGES, json={"name": "x"})).status_code == 413
    assert (await usage(cloud))["image_count_total"] == {"limit": 2, "usage": 2}
    await create(cloud.stranger)
    assert (await cloud.member.delete(f"{IMAGES}/{first['id']}")).status_code == 204
    await create(cloud.member)


async def test_where_nobody_has_set_a_limit_there_is_one(cloud: Cloud) -> None:
    configure(cloud, images_max=2)
    for _ in range(2):
        await create(cloud.member)
    answer = await cloud.member.post(IMAGES, json={"name": "x"})
    assert (answer.status_code, "image_count_total" in answer.text) == (413, True)
    assert await usage(cloud) == {}
    await create(cloud.stranger)
    configure(cloud, images_max=2, quotas={"image_count_total": 3})
    await create(cloud.member)
    await set_limit(cloud, "image_count_total", -1)
    await create(cloud.member)
    assert ImageOptions().images_max > 0


async def test_a_project_with_limits_of_its_own_has_those(cloud: Cloud) -> None:
    configure(cloud, quotas={"image_count_total": 0})
    async with cloud.platform.context() as ctx:
        await QUOTAS.set(ctx.tx, cloud.member.auth.project_id or "", {"image_count_total": 1})
    await create(cloud.member)
    assert (await cloud.member.post(IMAGES, json={"name": "x"})).status_code == 413
    assert (await cloud.stranger.post(IMAGES, json={"name": "x"})).status_code == 413


async def test_data_beyond_the_limit_is_refused_before_it_comes(cloud: Cloud) -> None:
    configure(cloud, quotas={"image_size_total": 3})
    first, second = (await create(cloud.member))["id"], (await create(cloud.member))["id"]
    assert await send(cloud.member, first, b"x" * 2 * MIB) == 204
    assert await send(cloud.member, second, b"x" * 2 * MIB) == 413
    assert (await show(cloud.member, second))["status"] == "queued"
    assert len(stored_files(cloud)) == 1
    assert await send(cloud.member, second, b"x" * MIB) == 204
    assert (await usage(cloud))["image_size_total"] == {"limit": 3, "usage": 3}


async def test_data_of_unknown_length_is_stopped_at_the_limit(cloud: Cloud) -> None:
    configure(cloud, quotas={"image_size_total": 2, "image_stage_total": 1})

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * MIB

    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, endless()) == 413
    assert await send(cloud.member, id, endless(), "stage") == 413
    assert (await show(cloud.member, id))["status"] == "queued"
    assert stored_files(cloud) == set()


async def test_staged_data_and_images_on_their_way_have_limits_of_their_own(cloud: Cloud) -> None:
    configure(cloud, quotas={"image_stage_total": 2, "image_count_uploading": 1})
    first, second = (await create(cloud.member))["id"], (await create(cloud.member))["id"]
    assert await send(cloud.member, first, b"x" * MIB, "stage") == 204
    found = await usage(cloud)
    assert found["image_stage_total"]["usage"] == found["image_count_uploading"]["usage"] == 1
    assert await send(cloud.member, second, b"x", "stage") == 413
    assert await ask(cloud.member, first, "glance-direct") == 202
    await cloud.settled()
    assert (await usage(cloud))["image_count_uploading"]["usage"] == 0
    assert await send(cloud.member, second, b"x" * 3 * MIB, "stage") == 413
    assert await send(cloud.member, second, b"x", "stage") == 204


async def test_who_has_too_much_already_imports_nothing(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"x" * 2 * MIB) == 204
    configure(cloud, quotas={"image_size_total": 1})
    other = (await create(cloud.member))["id"]
    assert await send(cloud.member, other, b"x", "stage") == 204
    assert await ask(cloud.member, other, "glance-direct") == 413


async def set_limit(cloud: Cloud, name: str, default: int, own: int | None = None) -> None:
    """What Identity says that everybody may have, and the member's project instead."""
    made = await cloud.admin.post("/identity/v3/services", json={"service": {"type": "image"}})
    service = made.json()["service"]["id"]
    body = {"registered_limits": [{"service_id": service, "resource_name": name, "default_limit": default}]}
    assert (await cloud.admin.post("/identity/v3/registered_limits", json=body)).status_code == 201
    if own is not None:
        project = cloud.member.auth.project_id
        async with cloud.platform.context() as ctx:
            await LIMITS.add(ctx.tx, Limit(ctx.new_id(), service, name, own, project_id=project))


async def test_limits_of_identity_count(cloud: Cloud) -> None:
    configure(cloud, quotas={"image_count_total": 9})
    await set_limit(cloud, "image_count_total", 1)
    await create(cloud.member)
    assert (await cloud.member.post(IMAGES, json={"name": "x"})).status_code == 413
    assert (await usage(cloud))["image_count_total"] == {"limit": 1, "usage": 1}


async def test_what_identity_says_of_a_project_counts_most(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        await QUOTAS.set(ctx.tx, cloud.member.auth.project_id or "", {"image_size_total": 0})
    await set_limit(cloud, "image_size_total", 1, own=2)
    image = (await create(cloud.member))["id"]
    assert await send(cloud.member, image, b"x" * 2 * MIB) == 204
    assert (await usage(cloud))["image_size_total"] == {"limit": 2, "usage": 2}
    assert await send(cloud.stranger, (await create(cloud.stranger))["id"], b"x" * 2 * MIB) == 413

"""Lists of images go on from an image that was deleted meanwhile."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from haneul.services.image.reconcilers.past_images import forget_past_images
from haneul.services.image.store.past_images import PAST_IMAGES
from tests.conftest import Cloud, Persona

BASE = "/image/v2/images"


async def images(who: Persona, *names: str, visibility: str = "private") -> list[str]:
    found = []
    for name in names:
        body = {"name": name, "disk_format": "raw", "container_format": "bare", "visibility": visibility}
        made = await who.post(BASE, body)
        assert made.status_code == 201, made.text
        found.append(made.json()["id"])
    return found


async def names_after(who: Persona, marker: str, query: str) -> list[str]:
    answer = await who.get(f"{BASE}?marker={marker}&{query}")
    assert answer.status_code == 200, answer.text
    return [i["name"] for i in answer.json()["images"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("sort=created_at:asc", ["c", "d"]),
        ("sort=name:asc", ["c", "d"]),
        ("sort=name:desc", ["a"]),
        ("sort=status:asc", ["d", "c", "a"]),
        ("sort=size:asc", ["c", "d"]),
        ("", ["a"]),
    ],
)
async def test_a_list_goes_on_from_an_image_that_is_gone(cloud: Cloud, query: str, names: list[str]) -> None:
    _, gone, *_ = await images(cloud.member, "a", "b", "c", "d")
    assert (await cloud.member.delete(f"{BASE}/{gone}")).status_code == 204
    after = await names_after(cloud.member, gone, query)
    assert sorted(after) == sorted(names)
    assert after == names or "status" in query
    assert (await cloud.member.get(f"{BASE}/{gone}")).status_code == 404


async def test_nobody_learns_of_others_images_that_are_gone(cloud: Cloud) -> None:
    (own,) = await images(cloud.member, "a")
    (open_to_all,) = await images(cloud.admin, "b", visibility="public")
    for id, who in ((own, cloud.member), (open_to_all, cloud.admin)):
        assert (await who.delete(f"{BASE}/{id}")).status_code == 204
    answer = await cloud.stranger.get(f"{BASE}?marker={own}")
    assert answer.status_code == 400, answer.text
    assert await names_after(cloud.stranger, open_to_all, "") == []
    assert (await cloud.admin.get(f"{BASE}?marker={own}")).status_code == 200


async def test_an_image_that_never_was_is_no_marker(cloud: Cloud) -> None:
    for marker in ("00000000-0000-4000-8000-000000000000", "zzz"):
        assert (await cloud.member.get(f"{BASE}?marker={marker}")).status_code == 400


async def test_images_that_are_gone_for_long_are_forgotten(cloud: Cloud) -> None:
    (gone,) = await images(cloud.member, "a")
    await cloud.member.delete(f"{BASE}/{gone}")
    async with cloud.platform.context() as ctx:
        known = await PAST_IMAGES.get(ctx.tx, gone)
        assert known is not None
        await PAST_IMAGES.update(
            ctx.tx, msgspec.structs.replace(known, deleted_at=known.deleted_at - timedelta(days=8))
        )
    for days, status in ((0, 200), (9, 200), (7, 400)):
        cloud.platform.config["image"] = {"deleted_images_days": days}
        await cloud.plane.reconcilers.look(forget_past_images)
        assert (await cloud.member.get(f"{BASE}?marker={gone}")).status_code == status

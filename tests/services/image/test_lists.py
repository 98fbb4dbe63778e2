"""Whichever way leads to a page, the page is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from haneul.kernel.db import Filter, Sort, narrow
from haneul.services.image.model import images as model
from haneul.services.image.model.images import Image
from haneul.services.image.store import lists
from haneul.services.image.store.images import IMAGES
from tests.conftest import Cloud

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NEWEST = (Sort("created_at", True), Sort("id", True))
OWNER = "a-project"


def image(number: int) -> Image:
    given = {"name": f"i{number}", "visibility": ("private", "public", "community", "shared")[number % 4]}
    made = model.new(
        given,
        id=f"{number:08x}-0000-4000-8000-000000000000",
        owner=OWNER if number % 3 else "another",
        now=BEGIN + timedelta(seconds=number % 7),
    )
    return msgspec.structs.replace(made, size=None if number % 5 == 0 else 10 * (number % 6))


@pytest.fixture
async def cloud_with_images(cloud: Cloud) -> Cloud:
    async with cloud.platform.context() as ctx:
        for number in range(48):
            await IMAGES.add(ctx.tx, image(number))
    return cloud


async def every_page(cloud: Cloud, filters: list[Filter], seen: lists.Seen | None) -> list[str]:
    """The ids, put together from pages of five."""
    found: list[Image] = []
    async with cloud.platform.reading() as ctx:
        while True:
            after = found[-1] if found else None
            page = await lists.page(ctx.tx, filters, [], sort=NEWEST, after=after, limit=5, seen=seen)
            if not page:
                return [i.id for i in found]
            found += page


@pytest.mark.parametrize("seen", [None, lists.Seen(OWNER, "accepted"), lists.Seen("a-stranger", "all")])
@pytest.mark.parametrize(
    "filters",
    [
        [Filter("size", "eq", 30)],
        [Filter("size", "ge", 40)],
        [Filter("size", "gt", 40)],
        [Filter("size", "le", 10)],
        [Filter("size", "lt", 10)],
        [Filter("size", "ge", 20), Filter("size", "le", 40)],
        [Filter("size", "ge", 20), Filter("visibility", "eq", "public")],
        [Filter("size", "ge", 1000)],
    ],
    ids=lambda filters: " ".join(f"{f.field}-{f.op}-{f.value}" for f in filters),
)
async def test_few_of_a_size_are_those_that_walking_along_the_order_finds(
    cloud_with_images: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    filters: list[Filter],
    seen: lists.Seen | None,
) -> None:
    by_size = await every_page(cloud_with_images, filters, seen)
    monkeypatch.setattr(narrow, "FEW", 0)  # from here on no size is rare
    walked = await every_page(cloud_with_images, filters, seen)
    assert by_size == walked
    assert len(set(walked)) == len(walked)
    if seen is None and filters[0].value != 1000:
        assert walked

"""Whichever way leads to a page of users, the page is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from haneul.kernel.db import narrow
from haneul.services.identity.model.users import User
from haneul.services.identity.store.users import USERS, USERS_BY_EXPIRY
from tests.services.identity.conftest import Keystone

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


async def every_page(keystone: Keystone, wanted: str) -> list[str]:
    """The names, put together from pages of five."""
    admin = await keystone.token()
    found: list[str] = []
    following = f"/users?limit=5&{wanted}"
    while following:
        page = (await keystone.call(admin, "GET", following)).json()
        found += [u["name"] for u in page["users"]]
        following = (page["links"]["next"] or "").partition("/v3")[2]
    return found


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ("lt:2026-01-03T00:00:00Z", 13),
        ("lte:2026-01-03T00:00:00Z", 20),
        ("gt:2026-01-04T00:00:00Z", 7),
        ("gte:2026-01-04T00:00:00Z", 13),
        ("eq:2026-01-02T00:00:00Z", 7),
        ("gt:2026-01-01T00:00:00Z&password_expires_at=lt:2026-01-04T00:00:00Z", 14),
        ("lt:2026-01-03T00:00:00Z&enabled=false", 7),
        ("gt:2027-01-01T00:00:00Z", 0),
    ],
)
async def test_few_whose_password_expires_are_those_that_walking_finds(
    keystone: Keystone, monkeypatch: pytest.MonkeyPatch, wanted: str, count: int
) -> None:
    async with keystone.cloud.platform.context() as ctx:
        for n in range(50):
            expires_at = None if n % 3 == 0 else BEGIN + timedelta(days=n % 5)
            user = User(
                f"{n * 7919 % 50:032x}",
                f"u{n}",
                "default",
                enabled=n % 2 == 0,
                password_expires_at=expires_at,
            )
            await USERS.add(ctx.tx, user)
    few = await every_page(keystone, f"password_expires_at={wanted}")
    monkeypatch.setattr(narrow, "FEW", 0)  # from here on nothing is rare
    walked = await every_page(keystone, f"password_expires_at={wanted}")
    assert few == walked
    assert len(set(walked)) == len(walked) == count


async def test_the_way_is_along_the_index(keystone: Keystone) -> None:
    async with keystone.cloud.platform.reading() as ctx:
        wanted = [narrow.Filter("password_expires_at", "lt", BEGIN)]
        assert await USERS_BY_EXPIRY.way(ctx.tx, wanted) is not None
        assert await USERS_BY_EXPIRY.way(ctx.tx, [narrow.Filter("name", "eq", "x")]) is None
        assert await USERS_BY_EXPIRY.way(ctx.tx, wanted, [narrow.Sort("password_expires_at")]) is None

"""Data in stores that no image is known to have.

A row is written before data goes into a store, and removed by the transaction that gives the data to an
image; it is written again by the transaction that takes the data from the image. So whatever dies in
between, it is known what must be removed, and no store is ever searched for what might be nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from haneul.kernel.db import Rows, Tx


class Leftover(msgspec.Struct, frozen=True, gc=False):
    store: str
    blob: str
    until: datetime | None = None
    """The data stays until then, because deleting is delayed."""


LEFTOVERS = Rows(Leftover, "image_leftovers", key=("store", "blob"))


async def expect(tx: Tx, blob: str, stores: Iterable[str], until: datetime | None = None) -> None:
    """What these stores may hold under this name is nobody's until it is given to an image."""
    for store in stores:
        if await LEFTOVERS.get(tx, store, blob) is None:
            await LEFTOVERS.add(tx, Leftover(store, blob, until))


async def delayed(tx: Tx, store: str, now: datetime) -> set[str]:
    """The names of deleted images' data that stays in the store for a while."""
    leftovers = await LEFTOVERS.find(tx, store=store)
    return {each.blob for each in leftovers if each.until is not None and each.until > now}


async def kept(tx: Tx, blob: str, stores: Iterable[str]) -> None:
    """What these stores hold under this name is an image's now."""
    for store in stores:
        await LEFTOVERS.remove(tx, store=store, blob=blob)

"""Data that stays at addresses outside of the stores, read from there when it is wanted."""

from __future__ import annotations

from collections.abc import AsyncIterator

from haneul.kernel.context import Platform
from haneul.kernel.outside import Turns
from haneul.services.image import errors
from haneul.services.image.config import ImageOptions
from haneul.services.image.model.images import Image
from haneul.services.image.store import web


async def read(platform: Platform, image: Image, offset: int, length: int | None) -> AsyncIterator[bytes]:
    """That part of the data, from the first address that answers; without a length, all of it."""
    rules = platform.options(ImageOptions).web
    for location in image.locations:
        try:
            headers = {}
            if length is not None and (offset or length != image.size):
                headers["Range"] = f"bytes={offset}-{offset + length - 1}"
            turns, holder = platform.keep(Turns), f"read {image.owner}"
            async with web.fetched(location.url, rules, headers, turns=turns, holder=holder) as body:
                async for piece in _cut(body, 0 if body.is_part else offset, length):
                    length = None if length is None else length - len(piece)
                    offset += len(piece)
                    yield piece
            if not length:
                return
        except (errors.DownloadFailed, errors.UriRefused):
            continue
    raise errors.DataMissing(image_id=image.id)


async def _cut(body: web.Body, skip: int, length: int | None) -> AsyncIterator[bytes]:
    """The pieces after so many bytes, and no more than that."""
    async for whole in body.chunks:
        piece = whole[skip:]
        skip = max(0, skip - len(whole))
        if length is not None:
            piece = piece[:length]
            length -= len(piece)
        if piece:
            yield piece
        if length == 0:
            return

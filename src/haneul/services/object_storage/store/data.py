"""Data of objects on its way in: small data stays in memory until its row is written, other data goes to the driver."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from haneul.kernel import drivers
from haneul.kernel.context import Platform
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import HaneulError
from haneul.kernel.ids import new_hex
from haneul.services.object_storage import errors
from haneul.services.object_storage.config import ObjectStorageOptions
from haneul.services.object_storage.drivers.interface import Coming, ObjectData
from haneul.services.object_storage.model.objects import Stored

GROUP = "haneul.object_storage.data"


class _Built:
    data: ObjectData | None = None


async def data_of(platform: Platform) -> ObjectData:
    """The driver of this process, started."""
    built = platform.keep(_Built)
    if built.data is None:
        options = platform.options(ObjectStorageOptions)
        folder = Path(options.folder) if options.folder else platform.folder / "objects"
        kind = drivers.load(GROUP, options.data_driver)
        data: ObjectData = kind(HostSettings("objects", folder))  # type: ignore[call-arg,assignment]
        await data.start()
        built.data = data
    return built.data


@asynccontextmanager
async def arrived(platform: Platform, chunks: AsyncIterator[bytes], *, limit: int) -> AsyncIterator[Stored]:
    """All of a body, complete and on disk; inside the block its row is written.

    If the block fails with a refusal the data is gone. If it fails otherwise, the row may have been written all the
    same: then the rows say whose the data is.
    """
    small_bytes = platform.options(ObjectStorageOptions).small_object_bytes
    name = new_hex()
    held = bytearray()
    coming: Coming | None = None
    size = 0
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise errors.ObjectTooLarge(limit=limit)
            if coming is None and size <= small_bytes:
                held += chunk
                continue
            if coming is None:
                coming = await (await data_of(platform)).begin(name)
                await coming.write(bytes(held))
            await coming.write(chunk)
        if coming is None:
            yield small(bytes(held), name)
            return
        stored = Stored(name, *await coming.keep())
    except BaseException:
        if coming is not None:
            await coming.discard()
        raise
    try:
        yield stored
    except HaneulError as problem:
        if problem.status < 500:  # else nobody knows what was committed
            await coming.discard()
        raise
    finally:
        await coming.let_go()


def small(content: bytes, name: str = "") -> Stored:
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Stored(name or new_hex(), len(content), md5, hashlib.sha256(content).hexdigest(), content)

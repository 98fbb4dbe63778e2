"""Files that are whole: each has all of what it is to have, or is as it was before, whatever dies on the way.

The content is written beside the file, put on disk, renamed, and the name is put on disk. A program that fails
leaves nothing beside the file; what one leaves that is killed ends in `.part`, and is written over by the next.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

PART = ".part"


def part_of(path: Path) -> Path:
    """Where the file is written before it has its name."""
    return path.with_name(path.name + PART)


def write(path: Path, content: bytes | str, *, mode: int = 0o600, outlives_power: bool = True) -> None:
    """The file has this content and these rights. Blocks.

    `outlives_power` is False for what is made anew after a power failure: there is no waiting for the disk.
    """
    part = part_of(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # whatever an older part had, and whatever the umask says
            file.write(data)
        if outlives_power:
            keep(part, path)
        else:
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def making(path: Path, *, part: Path | None = None) -> Iterator[Path]:
    """The file is what the block makes at the place it is told; if it fails, the file is as it was. Blocks."""
    part = part or part_of(path)
    try:
        yield part
        keep(part, path)
    finally:
        part.unlink(missing_ok=True)


@asynccontextmanager
async def making_slowly(path: Path, *, part: Path | None = None) -> AsyncIterator[Path]:
    """The same for files so large that others are not to wait until the disk has them."""
    part = part or part_of(path)
    try:
        yield part
        await asyncio.to_thread(keep, part, path)
    finally:
        part.unlink(missing_ok=True)


def keep(part: Path, path: Path) -> None:
    """What was written as `part` is on disk, under its name, and the name is on disk. Blocks."""
    sync(part)
    part.replace(path)
    part.unlink(missing_ok=True)  # renaming one name of a file over another of it leaves both
    sync(path.parent)


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

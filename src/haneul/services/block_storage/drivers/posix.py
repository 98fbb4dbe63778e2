"""Backups in a folder: compressed blocks, each known by its SHA-256.

    FOLDER/ID/header    what was backed up, and the line of backups that its blocks are in
    FOLDER/ID/blocks    a record of 57 bytes for each block that is no hole, in the order of the volume
    FOLDER/ID/data      the blocks that none of its parents has

A volume is read once from its beginning to its end, and holes are skipped by what the file system knows of them.
The parent's records are read beside it: a block whose digest the parent has at the same place is not stored again,
its record names the backup that has it. So the memory that is used does not grow with the volume, and
restoring reads only `blocks` of the one backup, and `data` of those that it names.

Everything is written in `ID.part`, put on disk, and then has its name: a backup is there whole or not at all, and
may be begun again. Who makes and removes backups sees to it that parents stay; a restored block is checked by its
digest.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from haneul.kernel import whole_files
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError, NotFound
from haneul.services.block_storage.drivers.interface import StoredBackup

BLOCK = 128 << 10
"""Small enough that a few changes cost little, large enough that the records are a two-thousandth of the data."""
_RECORD = struct.Struct(">Q32sIQI?")
_SAMPLE = 4096
_ZEROS = bytes(BLOCK)
_AT_ONCE = 4096
"""So many records are read at a time."""


class Block(NamedTuple):
    number: int
    """Of its place in the volume, counted in blocks."""
    digest: bytes
    holder: int
    """Which of the header's line has it."""
    offset: int
    length: int
    is_compressed: bool


class Header(msgspec.Struct, frozen=True, kw_only=True):
    line: list[str]
    """The backup itself, its parent, the parent's parent, and so on."""
    size_bytes: int
    block_bytes: int
    stored_bytes: int
    block_count: int
    records_digest: str
    notes: dict[str, Any]


class PosixBackups:
    """Option: `folder`, which several hosts may share; by default a folder of the host's own."""

    def __init__(self, settings: HostSettings) -> None:
        self._folder = Path(settings.options.get("folder", settings.folder / "backups"))
        self._locks: dict[str, asyncio.Lock] = {}

    async def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def close(self) -> None:
        """Nothing is held open."""

    async def ensure_backup(
        self, backup_id: str, path: str, parent_id: str | None, notes: dict[str, Any]
    ) -> StoredBackup:
        place = self._place(backup_id)
        async with self._lock(backup_id):
            if not place.exists():
                parent = self._header(parent_id) if parent_id is not None else None
                await asyncio.to_thread(self._back_up, place, Path(path), parent, notes)
        return await self.stored(backup_id)

    async def restore(self, backup_id: str, path: str) -> None:
        header = self._header(backup_id)
        await asyncio.to_thread(self._restore, header, Path(path))

    async def ensure_backup_gone(self, backup_id: str) -> None:
        place = self._place(backup_id)
        async with self._lock(backup_id):
            await asyncio.to_thread(_remove, place)
        self._locks.pop(backup_id, None)

    async def stored(self, backup_id: str) -> StoredBackup:
        header = self._header(backup_id)
        return StoredBackup(
            size_bytes=header.size_bytes,
            stored_bytes=header.stored_bytes,
            block_count=header.block_count,
            parent_id=header.line[1] if len(header.line) > 1 else None,
            notes=header.notes,
        )

    async def backups(self) -> set[str]:
        return {place.name for place in self._folder.iterdir() if place.suffix != whole_files.PART}

    async def damage(self, backup_id: str) -> str | None:
        header = self._header(backup_id)
        try:
            await asyncio.to_thread(self._check, header)
        except (DriverError, OSError) as problem:
            return str(problem)
        return None

    # Inside

    def _place(self, backup_id: str) -> Path:
        if "/" in backup_id or backup_id.startswith("."):
            raise DriverError(f"{backup_id!r} is not an id.")
        return self._folder / backup_id

    def _lock(self, backup_id: str) -> asyncio.Lock:
        return self._locks.setdefault(backup_id, asyncio.Lock())

    def _header(self, backup_id: str) -> Header:
        try:
            return msgspec.json.decode((self._place(backup_id) / "header").read_bytes(), type=Header)
        except FileNotFoundError:
            raise NotFound(f"There is no backup {backup_id} on this host.") from None
        except msgspec.DecodeError as problem:
            raise DriverError(f"The header of backup {backup_id} is damaged: {problem}") from None

    def _back_up(self, place: Path, path: Path, parent: Header | None, notes: dict[str, Any]) -> None:
        part = whole_files.part_of(place)
        _remove_part(part)
        part.mkdir(mode=0o700)
        known = _Known(self._records(parent) if parent is not None else iter(()))
        digest = hashlib.sha256()
        offset = count = 0
        with (
            path.open("rb") as source,
            (part / "data").open("wb") as data,
            (part / "blocks").open("wb") as records,
        ):
            size = os.fstat(source.fileno()).st_size
            for number, content in _blocks(source, size):
                name = hashlib.sha256(content).digest()
                block = known.same(number, name)
                if block is None:
                    kept = _packed(content)
                    is_compressed = kept is not content
                    data.write(kept)
                    block = Block(number, name, 0, offset, len(kept), is_compressed)
                    offset += len(kept)
                    count += 1
                record = _RECORD.pack(*block)
                digest.update(record)
                records.write(record)
        header = Header(
            line=[place.name, *(parent.line if parent is not None else ())],
            size_bytes=size,
            block_bytes=BLOCK,
            stored_bytes=offset,
            block_count=count,
            records_digest=digest.hexdigest(),
            notes=notes,
        )
        (part / "header").write_bytes(msgspec.json.encode(header))
        for name_of in ("data", "blocks", "header"):
            whole_files.sync(part / name_of)
        whole_files.sync(part)
        part.rename(place)
        whole_files.sync(self._folder)

    def _records(self, header: Header) -> Iterator[Block]:
        """The backup's blocks in order; DriverError after the last if they are not what was written."""
        digest = hashlib.sha256()
        with (self._place(header.line[0]) / "blocks").open("rb") as file:
            while piece := file.read(_RECORD.size * _AT_ONCE):
                digest.update(piece)
                if len(piece) % _RECORD.size:
                    break
                for fields in _RECORD.iter_unpack(piece):
                    yield Block(*fields)
        if digest.hexdigest() != header.records_digest:
            raise DriverError(f"The records of backup {header.line[0]} are damaged.")

    def _restore(self, header: Header, path: Path) -> None:
        self._check_records(header)
        with _Holders(self._folder, header.line) as holders, path.open("r+b") as target:
            if os.fstat(target.fileno()).st_size < header.size_bytes:
                os.ftruncate(target.fileno(), header.size_bytes)
            position = 0
            for block in self._records(header):
                start = block.number * header.block_bytes
                _empty(target, position, start)
                content = holders.content(block)
                os.pwrite(target.fileno(), content, start)
                position = start + len(content)
            _empty(target, position, header.size_bytes)
            os.fsync(target.fileno())

    def _check_records(self, header: Header) -> None:
        """Nothing is written where it is already plain that not all can be."""
        for block in self._records(header):
            if block.holder >= len(header.line):
                raise DriverError(f"The records of backup {header.line[0]} are damaged.")

    def _check(self, header: Header) -> None:
        with _Holders(self._folder, header.line) as holders:
            for block in self._records(header):
                holders.content(block)


class _Known:
    """The parent's blocks, asked for in the order of the volume."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._next: Block | None = next(blocks, None)

    def same(self, number: int, digest: bytes) -> Block | None:
        """The parent's block at that place, as its child's line counts, if it has the same content."""
        while self._next is not None and self._next.number < number:
            self._next = next(self._blocks, None)
        block = self._next
        if block is None or block.number != number or block.digest != digest:
            return None
        return block._replace(holder=block.holder + 1)


class _Holders:
    """The data of a line of backups, opened when it is first needed."""

    def __init__(self, folder: Path, line: list[str]) -> None:
        self._folder, self._line = folder, line
        self._open: dict[int, BinaryIO] = {}

    def __enter__(self) -> _Holders:
        return self

    def __exit__(self, *problem: object) -> None:
        for file in self._open.values():
            file.close()

    def content(self, block: Block) -> bytes:
        """What the block holds; DriverError if that is not what was backed up."""
        name = self._line[block.holder] if block.holder < len(self._line) else "unknown"
        try:
            if block.holder not in self._open:
                self._open[block.holder] = (self._folder / name / "data").open("rb")
            stored = os.pread(self._open[block.holder].fileno(), block.length, block.offset)
            content = zlib.decompress(stored) if block.is_compressed else stored
        except (OSError, zlib.error) as problem:
            raise DriverError(f"Block {block.number} of backup {name} cannot be read: {problem}") from problem
        if hashlib.sha256(content).digest() != block.digest:
            raise DriverError(f"Block {block.number} of backup {name} is not what was backed up.")
        return content


def _blocks(source: BinaryIO, size: int) -> Iterator[tuple[int, bytes]]:
    """The file's blocks that hold anything but zeros, each with its number."""
    descriptor = source.fileno()
    position = 0
    while position < size:
        try:
            data = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:  # only a hole is left
            return
        end = os.lseek(descriptor, data, os.SEEK_HOLE)
        position = data - data % BLOCK
        while position < end:
            content = os.pread(descriptor, min(BLOCK, size - position), position)
            if not content:
                raise DriverError("The volume became shorter while it was backed up.")
            if content != _ZEROS[: len(content)]:
                yield position // BLOCK, content
            position += BLOCK


def _packed(content: bytes) -> bytes:
    """The content compressed, or as it is where its beginning shows that this gains little."""
    sample = content[:_SAMPLE]
    if len(zlib.compress(sample, 1)) > len(sample) * 0.9:
        return content
    packed = zlib.compress(content, 1)
    return packed if len(packed) < len(content) else content


def _empty(target: BinaryIO, start: int, end: int) -> None:
    """That part of the file reads as zeros; what is a hole stays one."""
    descriptor = target.fileno()
    while start < end:
        try:
            start = os.lseek(descriptor, start, os.SEEK_DATA)
        except OSError:
            return
        stop = min(end, os.lseek(descriptor, start, os.SEEK_HOLE))
        while start < stop:
            start += os.pwrite(descriptor, bytes(min(BLOCK, stop - start)), start)


def _remove(place: Path) -> None:
    """The backup is gone: first its name, so that none is ever there in part."""
    part = whole_files.part_of(place)
    _remove_part(part)
    if place.exists():
        place.rename(part)
        _remove_part(part)


def _remove_part(part: Path) -> None:
    if part.exists():
        shutil.rmtree(part)

"""Tar archives, read from front to back: the files in them, one after the other.

Python's `tarfile` reads a header of any length into memory and searches it with expressions that take quadratic time,
so only the blocks of 512 bytes are left to it. What comes between them has a bound here and is read once: long names
(GNU), and names and sizes of the newer form (pax). Links, devices, folders are passed over; sparse files are refused,
for they would be as large as they say.
"""

from __future__ import annotations

import asyncio
import bz2
import gzip
import tarfile
import zlib
from typing import IO, NamedTuple

BLOCK, PIECE = tarfile.BLOCKSIZE, 1 << 20
LONGEST_HEADER = 64 << 10
MOST_PASSED_OVER = 1 << 30
"""Of an archive's bytes that belong to no file: a small one may unpack to more than anybody can read."""
KINDS = ("tar", "tar.gz", "tar.bz2")
BROKEN = (tarfile.HeaderError, OSError, EOFError, zlib.error)
"""How reading what is no archive fails, beside `BadArchive`."""
_PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)


class BadArchive(Exception):
    """It cannot be read on from here."""


class Member(NamedTuple):
    """A file of an archive."""

    name: bytes
    size: int


def unpacked(file: IO[bytes], kind: str) -> IO[bytes]:
    """What the file holds, as it is read; nothing is unpacked before."""
    if kind == "tar.gz":
        return gzip.GzipFile(fileobj=file, mode="rb")  # type: ignore[return-value]
    return bz2.BZ2File(file) if kind == "tar.bz2" else file  # type: ignore[return-value]


class Archive:
    """Each call reads a piece in a thread; between two of them others have their turn."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = 0
        """Of the file that is being read."""
        self._padding = 0
        self._passed_over = 0

    async def next(self) -> Member | None:
        """The next file, whose content `read` gives; None at the end."""
        await self._pass_over(self._left + self._padding)
        self._left = self._padding = 0
        name, records = b"", dict[bytes, bytes]()
        while True:
            block = await self._read(BLOCK)
            if len(block) < BLOCK:
                if block:
                    raise BadArchive("truncated header")
                return None
            if not block.strip(b"\0"):
                return None
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            if info.type == tarfile.GNUTYPE_SPARSE or any(key.startswith(b"GNU.sparse") for key in records):
                raise BadArchive("it holds a sparse file")
            if info.type == tarfile.GNUTYPE_LONGNAME:
                name = (await self._header(info.size)).rstrip(b"\0")
            elif info.type in _PAX:
                records = pax(await self._header(info.size))
            elif info.isreg():
                size = number(records[b"size"]) if b"size" in records else info.size
                if size < 0:
                    raise BadArchive("a size is negative")
                self._left, self._padding = size, -size % BLOCK
                own = info.name.encode("utf-8", "surrogateescape")
                return Member(records.get(b"path") or name or own, size)
            else:
                if info.type not in tarfile.SUPPORTED_TYPES or info.type in _WITH_DATA:
                    await self._pass_over(max(0, info.size) + -info.size % BLOCK)
                if info.type not in _WITH_DATA:
                    name, records = b"", {}

    async def read(self) -> bytes:
        """More of the file that `next` gave last; empty at its end."""
        if not self._left:
            return b""
        piece = await self._read(min(self._left, PIECE))
        if not piece:
            raise BadArchive("unexpected end of data")
        self._left -= len(piece)
        return piece

    async def _header(self, size: int) -> bytes:
        if not 0 <= size <= LONGEST_HEADER:
            raise BadArchive("a header is too long")
        whole = await self._read(size + -size % BLOCK)
        if len(whole) < size:
            raise BadArchive("truncated header")
        return whole[:size]

    async def _pass_over(self, size: int) -> None:
        self._passed_over += size
        if self._passed_over > MOST_PASSED_OVER:
            raise BadArchive("too much of it is no file")
        while size:
            piece = await self._read(min(size, PIECE))
            if not piece:
                raise BadArchive("unexpected end of data")
            size -= len(piece)

    async def _read(self, most: int) -> bytes:
        return await asyncio.to_thread(self._file.read, most)


_WITH_DATA = (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK)
"""Headers about what follows that say nothing of files here."""


def pax(header: bytes) -> dict[bytes, bytes]:
    """The records `LENGTH KEY=VALUE` of a header of the newer form."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(header) and header[at]:
        length_ends = header.find(b" ", at, at + 20)
        if length_ends < 0:
            raise BadArchive("a header cannot be read")
        end = at + number(header[at:length_ends])
        record = header[length_ends + 1 : end]
        if end > len(header) or not record.endswith(b"\n") or b"=" not in record:
            raise BadArchive("a header cannot be read")
        key, _, value = record[:-1].partition(b"=")
        records[key] = value
        at = end
    return records


def number(text: bytes) -> int:
    """The number that these digits are; BadArchive for what is none."""
    if not text.isdigit() or len(text) > 18:
        raise BadArchive("a number cannot be read")
    return int(text)

"""What imported data goes through: unpacked if it came packed, converted to what the cloud wants."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from haneul.kernel.commands import IMAGE_MEMORY, run
from haneul.services.image import errors

PIECE = 1 << 20
XZ_MEMORY = 192 << 20
"""Bytes; `xz -9` asks for 65 MiB."""
ZIP_LIST = 64 << 10
_ZIP_TAIL = 22 + (64 << 10)
_SAID_ELSEWHERE = 0xFFFFFFFF
BROKEN = (
    OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError, ValueError, KeyError,
    struct.error, OverflowError,
)  # fmt: skip
"""What the libraries raise for data that is not what its head says."""
QEMU_NAMES = {"raw": "raw", "qcow2": "qcow2", "vmdk": "vmdk", "vdi": "vdi", "vhdx": "vhdx", "vhd": "vpc"}
"""The formats that can be converted, as qemu-img calls them."""


def packing(path: Path) -> str | None:
    """How the file is packed: gzip, xz, bzip2, zip, or not at all."""
    with path.open("rb") as file:
        head = file.read(6)
    for kind, magic in (("gzip", b"\x1f\x8b"), ("xz", b"\xfd7zXZ\0"), ("bzip2", b"BZh"), ("zip", b"PK\3\4")):
        if head.startswith(magic):
            return kind
    return None


class _Xz:
    """Reads xz data within a bound: its header says how much memory unpacking takes, up to 4 GiB."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inside = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)

    def read(self, size: int) -> bytes:
        """The next piece; nothing at the end."""
        while True:
            if self._inside.eof:
                rest = self._inside.unused_data.lstrip(b"\0") or self._file.read(PIECE).lstrip(b"\0")
                if not rest:
                    return b""
                self._inside = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)
            elif self._inside.needs_input:
                rest = self._file.read(PIECE)
                if not rest:
                    raise EOFError("it ends too early")
            else:
                rest = b""
            if piece := self._inside.decompress(rest, size):
                return piece


def _require_short_list(path: Path) -> None:
    """Returns if the archive's list of files is of a size that is no burden: it is read as a whole."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _ZIP_TAIL))
        tail = file.read(_ZIP_TAIL)
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) < at + 22:
            raise zipfile.BadZipFile("it has no end")
        (size,) = struct.unpack_from("<I", tail, at + 12)
        if size == _SAID_ELSEWHERE:
            if at < 20 or tail[at - 20 : at - 16] != b"PK\6\7":
                raise zipfile.BadZipFile("it has no end")
            (where,) = struct.unpack_from("<Q", tail, at - 12)
            file.seek(min(where, path.stat().st_size))
            (size,) = struct.unpack_from("<Q", file.read(56).ljust(56, b"\xff"), 40)
    if size > ZIP_LIST:
        raise zipfile.BadZipFile("it lists too many files")


@contextlib.contextmanager
def _opened(path: Path, kind: str) -> Iterator[IO[bytes]]:
    if kind == "zip":
        _require_short_list(path)
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if not n.endswith("/")]
            if len(names) != 1:
                raise errors.DataRefused(why="A zip archive of an image must hold exactly one file.")
            with archive.open(names[0]) as inside:
                yield inside
        return
    if kind == "xz":
        with path.open("rb") as file:
            yield _Xz(file)  # type: ignore[misc]
        return
    openers = {"gzip": gzip.open, "bzip2": bz2.open}
    with openers[kind](path, "rb") as inside:
        yield inside  # type: ignore[misc]


def unpacked(path: Path, kind: str, *, size_max: int, ratio_max: int) -> Iterator[bytes]:
    """The data inside, in pieces; DataRefused if it is broken, or grows beyond the limits."""
    limit = min(size_max, max(path.stat().st_size, PIECE) * ratio_max)
    size = 0
    try:
        with _opened(path, kind) as inside:
            while piece := inside.read(PIECE):
                size += len(piece)
                if size > limit:
                    raise errors.DataRefused(
                        why=f"The packed image grows to more than {limit} bytes, which is not plausible."
                    )
                yield piece
    except BROKEN as problem:
        raise errors.DataRefused(why=f"The {kind} data is broken: {problem}") from None


async def converted(path: Path, format: str, to: Path, to_format: str, *, timeout_s: float) -> None:
    """`to` holds the same disk in the other format. The data must have been inspected before."""
    await run(
        "qemu-img", "convert", "-f", QEMU_NAMES[format], "-O", QEMU_NAMES[to_format], path, to,
        timeout_s=timeout_s, memory=IMAGE_MEMORY,
    )  # fmt: skip

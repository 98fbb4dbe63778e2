"""What imported data goes through: unpacked if it came packed, converted to what the cloud wants."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from haneul.kernel.commands import run
from haneul.services.image import errors

PIECE = 1 << 20
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


@contextlib.contextmanager
def _opened(path: Path, kind: str) -> Iterator[IO[bytes]]:
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if not n.endswith("/")]
            if len(names) != 1:
                raise errors.DataRefused(why="A zip archive of an image must hold exactly one file.")
            with archive.open(names[0]) as inside:
                yield inside
        return
    openers = {"gzip": gzip.open, "xz": lzma.open, "bzip2": bz2.open}
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
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError) as problem:
        raise errors.DataRefused(why=f"The {kind} data is broken: {problem}") from None


async def converted(path: Path, format: str, to: Path, to_format: str, *, timeout_s: float) -> None:
    """`to` holds the same disk in the other format. The data must have been inspected before."""
    await run(
        "qemu-img", "convert", "-f", QEMU_NAMES[format], "-O", QEMU_NAMES[to_format], path, to,
        timeout_s=timeout_s,
    )  # fmt: skip

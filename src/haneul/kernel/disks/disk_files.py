"""Files that hold disks: fetched and verified, cloned where the file system can, inspected before use.

Whatever was uploaded by a user is read only in the format it was declared with, and refused when it
refers to other files (a qcow2 with a backing file would show the guest any file of the host).
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import struct
import tempfile
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec

from haneul.kernel import whole_files
from haneul.kernel.commands import IMAGE_MEMORY, run
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.errors import DriverError, ImpossibleHere

_FICLONE = 0x40049409
_CHUNK = 1 << 20
_FLOCK = "@hhqqi4x"
_QEMU_WRITE_LOCK = 101
"""Its byte for "I may write", in every image file that it has locked."""
_QEMU_NAMES = {"raw": "raw", "iso": "raw", "qcow2": "qcow2", "vdi": "vdi", "vhdx": "vhdx", "vhd": "vpc"}
_CANNOT_CLONE = {errno.EOPNOTSUPP, errno.EXDEV, errno.EINVAL, errno.ENOTTY, errno.ENOSYS}


def qemu_format(format: str) -> str:
    """QEMU's name of an image format. ImpossibleHere for one that can hide references to other files."""
    try:
        return _QEMU_NAMES[format]
    except KeyError:
        raise ImpossibleHere(f"Disks cannot be made from images of format {format}.") from None


async def fetch(source: ImageSource, to: Path) -> None:
    """`to` holds the source's bytes, complete, verified and safe to open; or it is not there."""
    async with whole_files.making_slowly(to) as part:
        await asyncio.to_thread(_fetch, source, part)
        await refuse_references(part, qemu_format(source.format))


def _fetch(source: ImageSource, part: Path) -> None:
    digest = hashlib.new(source.checksum_algorithm)
    size = 0
    with part.open("wb") as file:
        for chunk in _chunks(source):
            digest.update(chunk)
            file.write(chunk)
            size += len(chunk)
    if source.size_bytes is not None and size != source.size_bytes:
        raise DriverError(f"The image has {size} bytes instead of {source.size_bytes}.")
    if source.checksum is not None and digest.hexdigest() != source.checksum:
        raise DriverError(f"The image's {source.checksum_algorithm} is {digest.hexdigest()}.")


def _chunks(source: ImageSource) -> Iterator[bytes]:
    try:
        with _open(source) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except (OSError, urllib.error.URLError) as error:
        raise DriverError(f"The image could not be read: {error}") from error


def _open(source: ImageSource) -> BinaryIO:
    if source.path is not None:
        return Path(source.path).open("rb")
    if source.url is None or not source.url.startswith(("http://", "https://")):
        raise DriverError("The image has neither a path nor an HTTP address.")
    headers = {"X-Auth-Token": source.token} if source.token else {}
    request = urllib.request.Request(source.url, headers=headers)  # noqa: S310 - the scheme was checked
    return cast(BinaryIO, urllib.request.urlopen(request, timeout=60))  # noqa: S310


async def details(path: Path, format: str, *, shared: bool = False) -> dict[str, Any]:
    """What qemu-img knows of the file; `shared` when a machine may be writing to it."""
    options = ["-U"] if shared else []
    command = ("qemu-img", "info", "--output=json", *options, "-f", format, path)
    return msgspec.json.decode(await run(*command, memory=IMAGE_MEMORY))


async def refuse_references(path: Path, format: str) -> None:
    """Returns when the file stands on its own."""
    if format == "raw":
        return
    content = await details(path, format)
    specific = content.get("format-specific", {}).get("data", {})
    if "backing-filename" in content or "data-file" in specific:
        raise DriverError("The image refers to another file; only images that stand on their own are used.")


async def virtual_size(path: Path, format: str) -> int:
    """Bytes that a guest would see."""
    if format == "raw":
        return path.stat().st_size
    return int((await details(path, format, shared=True))["virtual-size"])


def is_in_use(path: Path) -> bool:
    """Whether a machine has the file open for writing: QEMU then holds a lock on one byte of it."""
    question = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _QEMU_WRITE_LOCK, 1, 0)
    with path.open("rb+") as file:
        answer = fcntl.fcntl(file, fcntl.F_OFD_GETLK, question)
    return struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK


async def convert(path: Path, format: str, to: Path, to_format: str) -> None:
    """`to` is a standalone copy in another format, complete or not there."""
    async with whole_files.making_slowly(to) as part:
        await run("qemu-img", "convert", "-f", format, "-O", to_format, path, part, memory=IMAGE_MEMORY)


def clones_files(folder: Path) -> bool:
    """Whether files in this folder can share blocks (XFS, Btrfs)."""
    with tempfile.NamedTemporaryFile(dir=folder) as one, tempfile.NamedTemporaryFile(dir=folder) as two:
        one.write(b"\0" * 4096)
        one.flush()
        return _clone(one.fileno(), two.fileno())


def copy(path: Path, to: Path) -> None:
    """`to` has the same content: a clone if possible, else a copy that keeps the holes. Blocks."""
    with whole_files.making(to) as part, path.open("rb") as source, part.open("wb") as target:
        if not _clone(source.fileno(), target.fileno()):
            _copy_data(source.fileno(), target.fileno())


def _clone(source: int, target: int) -> bool:
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in _CANNOT_CLONE:
            return False
        raise
    return True


def _copy_data(source: int, target: int) -> None:
    size = os.fstat(source).st_size
    os.ftruncate(target, size)
    position = 0
    while position < size:
        try:
            start = os.lseek(source, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # only a hole is left
                return
            raise
        position = os.lseek(source, start, os.SEEK_HOLE)
        while start < position:
            done = os.copy_file_range(source, target, position - start, start, start)
            if not done:
                raise DriverError("The file became shorter while it was copied.")
            start += done


async def read(path: Path, offset: int, length: int) -> AsyncIterator[bytes]:
    """That part of the file, read one piece ahead of its use."""
    loop = asyncio.get_running_loop()
    fd = os.open(path, os.O_RDONLY)
    ahead: asyncio.Future[bytes] | None = None
    try:
        end = offset + length
        os.posix_fadvise(fd, offset, length, os.POSIX_FADV_SEQUENTIAL)
        ahead = loop.run_in_executor(None, os.pread, fd, min(_CHUNK, end - offset), offset)
        while offset < end:
            piece = await ahead
            if not piece:
                raise OSError(f"{path} is shorter than it should be")
            offset += len(piece)
            if offset < end:
                ahead = loop.run_in_executor(None, os.pread, fd, min(_CHUNK, end - offset), offset)
            yield piece
    finally:
        if ahead is not None and not ahead.done():
            await asyncio.wait((ahead,))
        os.close(fd)

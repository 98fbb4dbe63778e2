"""Images kept on the host, and the disks made from them.

An image is fetched once, however many servers wait for it. Where the file system can share blocks it is kept
raw and a root disk is a clone: as fast to run as a plain file. Elsewhere the root disk is a qcow2 layer over
the image. Layers are never written back into the image: it belongs to every server that was made from it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

from haneul.kernel import whole_files
from haneul.kernel.commands import run
from haneul.kernel.disks import disk_files
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.errors import DriverError, NotFound
from haneul.services.compute.drivers.qemu import blank_disks

GIB = 1 << 30


class RootDisks:
    """Folders `images` and `disks/<server id>` below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._images = folder / "images"
        self._disks = folder / "disks"
        self._clones = False
        self._fetches: dict[str, asyncio.Task[Path]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def start(self) -> None:
        for folder in (self._images, self._disks):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)  # QEMU's own user passes through, and lists nothing
        for unfinished in (*self._images.glob("*.part"), *self._disks.glob("*/*.part")):
            unfinished.unlink()
        self._clones = disk_files.clones_files(self._images)

    async def close(self) -> None:
        """Fetches under way are given up; they leave nothing behind."""
        for task in self._fetches.values():
            task.cancel()
        if self._fetches:
            await asyncio.wait(self._fetches.values())

    # Images

    async def ensure_image(self, image_id: str, source: ImageSource) -> None:
        await self._base(image_id, source)

    async def ensure_image_gone(self, image_id: str) -> None:
        if image_id in self._in_use():
            return
        for path in self._images.glob(f"{image_id}.*"):
            path.unlink(missing_ok=True)

    async def images(self) -> dict[str, int]:
        files = [path for path in self._images.iterdir() if path.suffix in (".raw", ".qcow2")]
        return {path.stem: path.stat().st_blocks * 512 for path in files}

    async def ensure_images_within(self, unused_s: float, share_max: float) -> None:
        size_max = shutil.disk_usage(self._images).total * share_max
        with contextlib.suppress(FileNotFoundError):  # somebody else removed one meanwhile
            await asyncio.to_thread(self._prune, unused_s, size_max)

    def _prune(self, unused_s: float, size_max: float) -> None:
        in_use = self._in_use()
        files = [(path, path.stat()) for path in self._images.iterdir() if path.suffix != ".part"]
        size = sum(about.st_blocks * 512 for _, about in files)
        for path, about in sorted(files, key=lambda each: each[1].st_mtime):
            is_old = time.time() - about.st_mtime >= unused_s
            if path.stem not in in_use and (is_old or size > size_max):
                path.unlink(missing_ok=True)
                size -= about.st_blocks * 512

    def _in_use(self) -> set[str]:
        """The images that a root disk stands on, or one that is kept aside."""
        return {_text(note) for note in self._disks.glob("*/base*")}

    async def _base(self, image_id: str, source: ImageSource) -> Path:
        """The image's file. One fetch serves all who wait, and goes on when one of them gives up."""
        if path := self._cached(image_id):
            return path
        task = self._fetches.get(image_id)
        if task is None:
            task = self._fetches[image_id] = asyncio.create_task(self._fetch(image_id, source))
            task.add_done_callback(lambda _: self._fetches.pop(image_id, None))
        return await asyncio.shield(task)

    def _cached(self, image_id: str) -> Path | None:
        for format in ("raw", "qcow2"):
            path = self._images / f"{image_id}.{format}"
            if path.exists():
                os.utime(path)  # it was used now, so it is the last to be removed
                return path
        return None

    async def _fetch(self, image_id: str, source: ImageSource) -> Path:
        format = disk_files.qemu_format(source.format)
        keep = "raw" if self._clones or format == "raw" else "qcow2"
        path = self._images / f"{image_id}.{keep}"
        if format == keep:
            await disk_files.fetch(source, path)
        else:
            fetched = self._images / f"{image_id}.fetched.part"
            try:
                await disk_files.fetch(source, fetched)
                await disk_files.convert(fetched, format, path, keep)
            finally:
                fetched.unlink(missing_ok=True)
        path.chmod(0o444)
        return path

    # Disks

    async def ensure_root_disk(
        self, server_id: str, image_id: str, size_gb: int, source: ImageSource
    ) -> dict[str, Any]:
        async with self._lock(server_id):
            path = self._root(server_id)
            if path is None:
                path = await self._make_root(server_id, image_id, size_gb, source)
            elif size_gb:
                await _grow(path, size_gb * GIB)
            return connection(path)

    async def _make_root(self, server_id: str, image_id: str, size_gb: int, source: ImageSource) -> Path:
        folder = self._folder(server_id)
        whole_files.write(folder / "base", image_id)  # first of all: from here on nobody removes the image
        base = await self._base(image_id, source)
        base_format = base.suffix[1:]
        image_size = await disk_files.virtual_size(base, base_format)
        if size_gb and size_gb * GIB < image_size:
            raise DriverError(f"Image {image_id} needs {-(-image_size // GIB)} GB; the disk has {size_gb}.")
        size = max(size_gb * GIB, image_size)
        path = folder / ("root.raw" if self._clones else "root.qcow2")
        async with whole_files.making_slowly(path) as part:
            if self._clones:
                await asyncio.to_thread(disk_files.copy, base, part)
                os.truncate(part, size)
            else:
                await _create(part, "qcow2", size, "-b", str(base), "-F", base_format)
            part.chmod(0o600)
        return path

    async def ensure_blank_disk(
        self, server_id: str, name: str, size_mib: int, format: str = ""
    ) -> dict[str, Any]:
        async with self._lock(server_id):
            path = self._folder(server_id) / f"{_plain(name)}.raw"
            await blank_disks.ensure(path, size_mib, format)
            return connection(path)

    async def ensure_root_disk_gone(self, server_id: str) -> None:
        async with self._lock(server_id):
            await asyncio.to_thread(shutil.rmtree, self._disks / _plain(server_id), ignore_errors=True)
        self._locks.pop(server_id, None)

    async def set_aside(self, server_id: str, *, copied: bool, with_blank: bool = True) -> None:
        """The root disk is kept under another name, beside the note of the image that it stands on."""
        async with self._lock(server_id):
            if with_blank:
                await asyncio.to_thread(blank_disks.set_aside, self._disks / _plain(server_id), copied=copied)
            path = self._root(server_id)
            if path is None or self._root(server_id, "aside") is not None:
                return
            whole_files.write(path.parent / "base-aside", _text(path.parent / "base"))
            aside = path.with_name(f"aside{path.suffix}")
            if not copied:
                path.replace(aside)
                return
            await asyncio.to_thread(disk_files.copy, path, aside)
            aside.chmod(0o600)

    async def bring_back(self, server_id: str) -> None:
        async with self._lock(server_id):
            self._bring_back(server_id)
            blank_disks.bring_back(self._disks / _plain(server_id))

    async def drop_aside(self, server_id: str) -> None:
        async with self._lock(server_id):
            if self._root(server_id) is None:
                self._bring_back(server_id)
            await asyncio.to_thread(blank_disks.drop_aside, self._disks / _plain(server_id))
            if aside := self._root(server_id, "aside"):
                aside.unlink()
            (self._disks / _plain(server_id) / "base-aside").unlink(missing_ok=True)

    def _bring_back(self, server_id: str) -> None:
        aside = self._root(server_id, "aside")
        if aside is None:
            return
        if other := self._root(server_id):
            other.unlink()
        whole_files.write(aside.parent / "base", _text(aside.parent / "base-aside"))
        aside.replace(aside.with_name(f"root{aside.suffix}"))
        (aside.parent / "base-aside").unlink(missing_ok=True)

    def root_disk(self, server_id: str) -> Path:
        path = self._root(server_id)
        if path is None:
            raise NotFound(f"Server {server_id} has no root disk on this host.")
        return path

    def export_path(self, server_id: str, name: str) -> Path:
        return self._disks / _plain(server_id) / f"{_plain(name)}.export"

    async def export(self, server_id: str, name: str) -> Path:
        """The export of a disk that nobody writes to."""
        path, to = self.root_disk(server_id), self.export_path(server_id, name)
        await disk_files.convert(path, path.suffix[1:], to, "qcow2")
        return to

    async def prepare_export(self, server_id: str, name: str) -> Path:
        """An empty qcow2 of the root disk's size, for a running machine to copy into."""
        path, to = self.root_disk(server_id), self.export_path(server_id, name)
        to.unlink(missing_ok=True)
        await _create(to, "qcow2", await disk_files.virtual_size(path, path.suffix[1:]))
        return to

    def _root(self, server_id: str, name: str = "root") -> Path | None:
        for format in ("raw", "qcow2"):
            path = self._disks / _plain(server_id) / f"{name}.{format}"
            if path.exists():
                return path
        return None

    def _folder(self, server_id: str) -> Path:
        folder = self._disks / _plain(server_id)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        return folder

    def _lock(self, server_id: str) -> asyncio.Lock:
        return self._locks.setdefault(server_id, asyncio.Lock())


def connection(path: Path) -> dict[str, Any]:
    return {"kind": "file", "path": str(path), "format": path.suffix[1:]}


async def _create(path: Path, format: str, size_bytes: int, *options: str) -> None:
    await run("qemu-img", "create", "-q", "-f", format, *options, path, str(size_bytes))


async def _grow(path: Path, size_bytes: int) -> None:
    format = path.suffix[1:]
    if await disk_files.virtual_size(path, format) < size_bytes:
        await run("qemu-img", "resize", "-q", "-f", format, path, str(size_bytes))


def _plain(name: str) -> str:
    if "/" in name or name.startswith("."):
        raise DriverError(f"{name!r} cannot be the name of a disk.")
    return name


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""

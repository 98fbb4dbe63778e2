"""Empty disks beside a root disk: raw files with a file system of their own, and how they are set aside.

What is set aside lies in the folder `aside` of the server; a folder that is not called so yet is being filled.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from haneul.kernel import whole_files
from haneul.kernel.commands import run
from haneul.kernel.disks import disk_files

MIB = 1 << 20
SWAP = "swap"


async def ensure(path: Path, size_mib: int, format: str) -> None:
    """The disk is there. One with data keeps it and only grows; swap of another size is made anew."""
    size = size_mib * MIB
    if path.exists():
        has = path.stat().st_size
        if has == size or (has > size and format != SWAP):
            return
        if format != SWAP:
            os.truncate(path, size)
            return
    async with whole_files.making_slowly(path) as new:
        new.touch(0o600)
        os.truncate(new, size)
        await _format(new, format, label=path.stem)


async def _format(disk: Path, format: str, *, label: str) -> None:
    match format:
        case "":
            pass
        case "swap":
            await run("mkswap", "-L", label, disk)
        case "vfat":
            await run("mkfs.vfat", "-n", label, disk)
        case _:
            await run(f"mkfs.{format}", "-q", "-F", "-m0", "-L", label, disk)


def set_aside(folder: Path, *, copied: bool) -> None:
    """The folder's empty disks are aside, and no longer in it unless they were copied. Blocks."""
    aside, new = folder / "aside", folder / "aside.new"
    if aside.exists() or not folder.exists():
        return
    new.mkdir(exist_ok=True)
    for path in _disks(folder):
        if not copied:
            path.replace(new / path.name)
            continue
        disk_files.copy(path, new / path.name)
        (new / path.name).chmod(0o600)
    new.rename(aside)


def bring_back(folder: Path) -> None:
    aside = folder / "aside"
    if not aside.exists():
        return
    wanted = {path.name for path in aside.iterdir()}
    for path in _disks(folder):
        if path.name not in wanted:
            path.unlink()
    for path in aside.iterdir():
        path.replace(folder / path.name)
    aside.rmdir()


def drop_aside(folder: Path) -> None:
    """Nothing is aside; what is the last of its name is brought back instead."""
    aside = folder / "aside"
    if not aside.exists():
        return
    if any(not (folder / path.name).exists() for path in aside.iterdir()):
        bring_back(folder)
    shutil.rmtree(aside, ignore_errors=True)


def _disks(folder: Path) -> list[Path]:
    return [p for p in folder.glob("*.raw") if p.stem not in ("root", "aside")]

"""The disks that are asked for with a new server beside the one of its image, and what they are called."""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

import msgspec

from haneul.kernel.errors import BadRequest
from haneul.services.compute import errors

ROOT = "/dev/vda"
PREFIXES = {"ide": "hd", "scsi": "sd", "sata": "sd", "usb": "sd"}
"""What guests call the disks of a bus; vd those of any other."""
_NAME = re.compile(r"(/dev/x?[a-z]d)[a-z]")
SWAP = "swap"
DEFAULT_FORMAT = "ext4"
FORMATS = ("ext2", "ext3", "ext4", "vfat")
LOCAL_MOST = 3
"""The disks of one server that its host keeps, as upstream's default."""
INVALID = "Block Device Mapping is Invalid: "


class Sized(Protocol):
    """A flavor, or what a server remembers of it."""

    @property
    def ephemeral_gb(self) -> int: ...
    @property
    def swap_mib(self) -> int: ...


class VolumeWish(msgspec.Struct, frozen=True):
    """One entry of block_device_mapping_v2 that is about a volume."""

    source: str
    """volume, image, snapshot or blank."""
    source_id: str | None
    size_gb: int | None
    boot_index: int | None
    delete_on_termination: bool
    device: str | None = None
    volume_type: str | None = None
    tag: str | None = None
    bus: str | None = None
    """What it is plugged into; None: as the image says."""


class LocalWish(msgspec.Struct, frozen=True):
    """One entry of block_device_mapping_v2 about an empty disk on the server's host."""

    format: str | None
    size: int | None
    """In GiB, of swap in MiB; None: all that the flavor has."""
    device: str | None = None
    tag: str | None = None
    bus: str | None = None


class LocalDisk(msgspec.Struct, frozen=True):
    """An empty disk that lives and dies with its server on the host."""

    name: str
    """swap, or ephemeral0 and on: also the label of its file system."""
    size_mib: int
    format: str
    device: str
    tag: str | None = None
    bus: str | None = None


def full_name(device: str) -> str:
    return device if device.startswith("/dev/") else f"/dev/{device}"


def first_name(bus: str | None) -> str:
    """What a server's first disk is called, by what it is plugged into."""
    return f"/dev/{PREFIXES.get(bus, 'vd')}a" if bus else ROOT


def free_names(taken: Collection[str], root: str = ROOT) -> Iterator[str]:
    """/dev/vdb and on, or as the root disk is called, without those that are taken."""
    match = _NAME.match(root)
    prefix = match[1] if match else "/dev/vd"
    letters = string.ascii_lowercase
    pairs = ("".join(p) for p in itertools.product(letters, letters))
    return (name for x in itertools.chain(letters[1:], pairs) if (name := f"{prefix}{x}") not in taken)


def require_different(devices: Sequence[str]) -> None:
    """Raise if two disks would have the same name."""
    for device in devices:
        if devices.count(device) > 1:
            raise errors.DevicePathInUse(path=device)


def local_disks(
    flavor: Sized, wishes: Sequence[LocalWish], taken: Collection[str], *, has_root: bool, root: str = ROOT
) -> list[LocalDisk]:
    """The empty disks of a server with this flavor: those asked for, and what else the flavor has.

    BadRequest where more is asked for than the flavor has.
    """
    swaps = [w for w in wishes if w.format == SWAP]
    others = [w for w in wishes if w.format != SWAP]
    if len(swaps) > 1:
        raise BadRequest(INVALID + "More than one swap drive requested.")
    if sum(flavor.ephemeral_gb if w.size is None else w.size for w in others) > flavor.ephemeral_gb:
        raise BadRequest(
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one "
            "block device mapping, flavor ephemeral size will be used."
        )
    if any((w.size or 0) > flavor.swap_mib for w in swaps):
        raise BadRequest("Swap drive requested is larger than instance type allows.")
    if len(wishes) + has_root > LOCAL_MOST:
        raise BadRequest(INVALID + "You specified more local devices than the limit allows")
    if flavor.ephemeral_gb and not others:
        others = [LocalWish(None, None)]
    if flavor.swap_mib and not swaps:
        swaps = [LocalWish(SWAP, None)]
    free = free_names(taken, root)
    disks = []
    for number, wish in enumerate(others):
        size_mib = (flavor.ephemeral_gb if wish.size is None else wish.size) << 10
        device = wish.device or next(free)
        format = wish.format or DEFAULT_FORMAT
        disks.append(LocalDisk(f"ephemeral{number}", size_mib, format, device, wish.tag, wish.bus))
    for wish in swaps:
        size_mib = flavor.swap_mib if wish.size is None else wish.size
        disks.append(LocalDisk(SWAP, size_mib, SWAP, wish.device or next(free), wish.tag, wish.bus))
    return [d for d in disks if d.size_mib]


def resized(
    disks: Sequence[LocalDisk], flavor: Sized, taken: Collection[str], *, root: str = ROOT
) -> list[LocalDisk]:
    """The same server's empty disks with another flavor: a single one for data has all of its room, swap too.

    Several disks for data keep their sizes. ValueError where they would have to shrink.
    """
    data = [d for d in disks if d.format != SWAP]
    if sum(d.size_mib for d in data) > flavor.ephemeral_gb << 10:
        raise ValueError("Unable to resize disk down.")
    wishes = [LocalWish(d.format, d.size_mib >> 10, d.device, d.tag, d.bus) for d in data]
    if len(data) == 1:
        wishes = [msgspec.structs.replace(wishes[0], size=None)]
    wishes += [
        LocalWish(SWAP, None, d.device, d.tag, d.bus) for d in disks if d.format == SWAP and flavor.swap_mib
    ]
    return local_disks(flavor, wishes, {*taken, *(d.device for d in disks)}, has_root=False, root=root)

"""What a file really is: disk formats recognised by their headers, and what makes one unsafe.

A disk format can name other files (a qcow2 its backing file, a vmdk its extents), and whoever opened such
an image would read them from the host. So data is taken only if it is what its owner declared, is one
format and not two, and refers to nothing outside of itself. Raw is whatever it is: it is never opened as
anything else, so any content is fine there, as long as it passes the checks of what it looks like.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from haneul.services.image import errors

Read = Callable[[int, int], bytes]
"""(offset, length) -> that part of the file, shorter at its end."""

SECTOR = 512
_KIB = 1024
VIRTUAL_SIZE_MAX = 1 << 46
"""A disk that says it is larger is a trap for whoever unpacks it: 64 TiB."""
_QCOW2_DATA_FILE = 1 << 2
_QCOW2_CLUSTER_BITS = range(9, 22)
_QCOW2_L1_MAX = (32 << 20) // 8
_QCOW2_KNOWN_FEATURES = 0b11111
_VMDK_TYPES = ("streamoptimized", "monolithicsparse")
_VMDK_AT_END = 0xFFFFFFFFFFFFFFFF
_VHDX_METADATA_REGION = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")
_VHDX_FILE_PARAMETERS = bytes.fromhex("3767a1ca36fa434db3b633f0aa44e76b")
_VHDX_HAS_PARENT = 1 << 1
_VHD_DIFFERENCING = 4
_VDI_ALONE = (1, 2)
"""Kinds of vdi that need no other file: growing, and of fixed size."""
_VHDX_VIRTUAL_DISK_SIZE = bytes.fromhex("2442a52f1bcd7648b2115dbed83bf4b8")


class Found(NamedTuple):
    """A format that the data has, and what speaks against using it."""

    format: str
    virtual_size: int
    problem: str | None = None


def verify(declared: str, read: Read, size: int) -> int | None:
    """The virtual size of data declared to be of that format; DataRefused if it is not, or not safe."""
    formats = inspect(read, size)
    names = {each.format for each in formats}
    if names in ({"iso", "gpt"}, {"vhd", "gpt"}):  # a bootable ISO, and a vhd that is a disk and a footer
        formats = [each for each in formats if each.format != "gpt"]
    elif len(formats) > 1:
        raise errors.DataRefused(why=f"Multiple formats detected: {','.join(sorted(names))}")
    one = formats[0] if formats else Found("raw", size)
    if one.problem or one.virtual_size > VIRTUAL_SIZE_MAX:
        raise errors.DataRefused(why="Image failed safety checks")
    if one.format == declared:
        return one.virtual_size
    if declared == "raw":
        return size
    if one.format in ("raw", "gpt") and declared not in _INSPECTORS:
        return None  # kernels, ramdisks and the like have no header to recognise
    raise errors.DataRefused(why=f"Image disk_format {declared} does not match stream data {one.format}")


def inspect(read: Read, size: int) -> list[Found]:
    """Every format that the data has; none for raw data."""
    return [kind for look in _INSPECTORS.values() if (kind := look(read, size)) is not None]


def _qcow2(read: Read, size: int) -> Found | None:
    header = read(0, 104)
    if header[:4] != b"QFI\xfb":
        return None
    if len(header) < 72:
        return Found("qcow2", 0, "the header is cut off")
    version, backing_offset = struct.unpack_from(">IQ", header, 4)
    (virtual_size,) = struct.unpack_from(">Q", header, 24)
    return Found("qcow2", _sane(virtual_size), _qcow2_problem(header, version, backing_offset))


def _qcow2_problem(header: bytes, version: int, backing_offset: int) -> str | None:
    if backing_offset:
        return "it has a backing file"
    cluster_bits, _, _, l1_entries = struct.unpack_from(">IQII", header, 20)
    if cluster_bits not in _QCOW2_CLUSTER_BITS or l1_entries > _QCOW2_L1_MAX:
        return "its tables are of no possible size"
    if version == 2:
        return None
    if version != 3 or len(header) < 104:
        return "its version is not supported"
    (features,) = struct.unpack_from(">Q", header, 72)
    if features & _QCOW2_DATA_FILE:
        return "it has an external data file"
    if features & ~_QCOW2_KNOWN_FEATURES:
        return "it has unknown features"
    return None


def _qed(read: Read, size: int) -> Found | None:
    return Found("qed", 0, "this format is not supported") if read(0, 4) == b"QED\0" else None


def _vhd(read: Read, size: int) -> Found | None:
    header = read(0, SECTOR)
    if header[:8] != b"conectix":
        header = read(max(0, size - SECTOR), SECTOR)  # a fixed disk has its footer only
    if header[:8] != b"conectix" or len(header) < SECTOR:
        return None
    (kind,) = struct.unpack_from(">I", header, 60)
    problem = "it has a parent" if kind == _VHD_DIFFERENCING else None
    return Found("vhd", _sane(struct.unpack_from(">Q", header, 48)[0]), problem)


def _vhdx(read: Read, size: int) -> Found | None:
    if read(0, 8) != b"vhdxfile":
        return None
    metadata = _vhdx_metadata_offset(read(192 * _KIB, 64 * _KIB))
    if metadata is None:
        return Found("vhdx", 0, "it has no metadata")
    items = {
        entry[:16]: read(metadata + struct.unpack_from("<I", entry, 16)[0], 8)
        for entry in _entries(read(metadata, 64 * _KIB), count_at=10, wide="<H", entries_at=32)
        if entry[:16] in (_VHDX_FILE_PARAMETERS, _VHDX_VIRTUAL_DISK_SIZE)
    }
    parameters, size_item = items.get(_VHDX_FILE_PARAMETERS, b""), items.get(_VHDX_VIRTUAL_DISK_SIZE, b"")
    if len(parameters) != 8 or len(size_item) != 8:
        return Found("vhdx", 0, "it does not say its size, or whether it has a parent")
    problem = "it has a parent" if struct.unpack_from("<I", parameters, 4)[0] & _VHDX_HAS_PARENT else None
    return Found("vhdx", _sane(struct.unpack("<Q", size_item)[0]), problem)


def _vhdx_metadata_offset(region_table: bytes) -> int | None:
    if region_table[:4] != b"regi":
        return None
    for entry in _entries(region_table, count_at=8, wide="<I", entries_at=16):
        if entry[:16] == _VHDX_METADATA_REGION:
            offset = int(struct.unpack_from("<Q", entry, 16)[0])
            return offset if offset < 1 << 62 else None
    return None


def _entries(table: bytes, *, count_at: int, wide: str, entries_at: int) -> Iterator[bytes]:
    """The 32-byte entries of a VHDX table; as many as it says, and as are really there."""
    if len(table) < entries_at:
        return
    count = min(struct.unpack_from(wide, table, count_at)[0], 2047)
    for i in range(count):
        entry = table[entries_at + 32 * i : entries_at + 32 * i + 32]
        if len(entry) == 32:
            yield entry


def _vmdk(read: Read, size: int) -> Found | None:
    header = read(0, SECTOR)
    if header.lstrip()[:21].lower() == b"# disk descriptorfile":
        return Found("vmdk", 0, "it is a descriptor that names other files")
    if header[:4] != b"KDMV":
        return None
    if len(header) < SECTOR:
        return Found("vmdk", 0, "the header is cut off")
    version, _, capacity = struct.unpack_from("<IIQ", header, 4)
    descriptor_at, descriptor_length = struct.unpack_from("<QQ", header, 28)
    (grains_at,) = struct.unpack_from("<Q", header, 56)
    if version not in (1, 2, 3):
        return Found("vmdk", 0, "its version is not supported")
    if grains_at == _VMDK_AT_END and not _same_footer(header, read(max(0, size - 2 * SECTOR), SECTOR)):
        return Found("vmdk", 0, "header and footer do not agree")
    if not 0 < descriptor_at < 1 << 32 or not 0 < descriptor_length <= 2048:
        return Found("vmdk", 0, "its descriptor is not where it should be")
    descriptor = read(descriptor_at * SECTOR, descriptor_length * SECTOR)
    return Found("vmdk", _sane(capacity * SECTOR), _vmdk_problem(descriptor))


def _same_footer(header: bytes, footer: bytes) -> bool:
    """The footer of a streamed vmdk repeats its header, all but where the grain directory is."""
    return len(footer) == SECTOR and footer[:56] == header[:56]


def _vmdk_problem(descriptor: bytes) -> str | None:
    text = descriptor.split(b"\0", 1)[0].decode("latin-1").lower()
    types = re.findall(r'^[ \t]*createtype[ \t]*=[ \t]*"?([a-z0-9]+)"?', text, re.MULTILINE)
    if len(types) != 1 or types[0] not in _VMDK_TYPES:
        return "it is of a type that is not allowed"
    if (
        not re.search(r"^[ \t]*parentcid[ \t]*=[ \t]*ffffffff[ \t\r]*$", text, re.MULTILINE)
        or "parentfilenamehint" in text
    ):
        return "it has a parent"
    extents = re.findall(r"^[ \t]*(?:rw|rdonly|noaccess)[ \t]+\d+[ \t]+(\S+)(.*)$", text, re.MULTILINE)
    if len(extents) != 1 or extents[0][0] != "sparse":
        return "it has other extents than its own"
    return "it names another file" if "/" in extents[0][1] else None


def _vdi(read: Read, size: int) -> Found | None:
    header = read(0, SECTOR)
    if len(header) < SECTOR or header[64:68] != b"\x7f\x10\xda\xbe":
        return None
    (kind,) = struct.unpack_from("<I", header, 0x4C)
    problem = None if kind in _VDI_ALONE else "it has a parent"
    return Found("vdi", _sane(struct.unpack_from("<Q", header, 0x170)[0]), problem)


def _iso(read: Read, size: int) -> Found | None:
    descriptor = read(32 * _KIB, 2 * _KIB)
    if descriptor[1:6] not in (b"CD001", b"NSR02", b"NSR03") or len(descriptor) < 2 * _KIB:
        return None
    (blocks,) = struct.unpack_from("<I", descriptor, 80)
    (block_size,) = struct.unpack_from("<H", descriptor, 128)
    return Found("iso", blocks * block_size)


def _gpt(read: Read, size: int) -> Found | None:
    start = read(0, 2 * SECTOR)
    if start[510:512] == b"\x55\xaa" and start[512:520] == b"EFI PART":
        return Found("gpt", size)
    return None


def _sane(size: int) -> int:
    """The size, as far as a signed 64-bit integer goes; more is refused by whoever uses it."""
    return min(size, 2**63 - 1)


_INSPECTORS: dict[str, Callable[[Read, int], Found | None]] = {
    "qcow2": _qcow2,
    "qed": _qed,
    "vhd": _vhd,
    "vhdx": _vhdx,
    "vmdk": _vmdk,
    "vdi": _vdi,
    "iso": _iso,
    "gpt": _gpt,
}

"""Images that nobody's program made: whatever is in a file, judging it takes little time and memory.

The mutations are drawn by a seed from sound disks of every format, with numbers at the places where formats have
their sizes, counts and offsets, and from files that are several formats at once.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import random
import struct
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from haneul.services.image.errors import DataRefused
from haneul.services.image.model import formats
from haneul.services.image.store import conversions
from tests.services.image.test_formats import SPARSE, qcow2, vdi, vhd, vhdx, vmdk

pytestmark = pytest.mark.sweep

KIB, MIB = 1024, 1 << 20
CPU_S = 0.15
"""For one file. A sound one takes a thousandth of that; this leaves room for a slow machine."""
MEMORY = 8 * MIB
MUTATIONS = 250
NUMBERS = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 32, 1 << 62, (1 << 63) - 1,
           1 << 63, (1 << 64) - 1)  # fmt: skip


def iso() -> bytes:
    data = bytearray(48 * KIB)
    data[32 * KIB : 32 * KIB + 6] = b"\x01CD001"
    struct.pack_into("<I", data, 32 * KIB + 80, 24)
    struct.pack_into("<H", data, 32 * KIB + 128, 2048)
    return bytes(data)


def gpt() -> bytes:
    data = bytearray(8 * KIB)
    data[446:462] = struct.pack("<BBBBBBBBII", 0, 0, 2, 0, 0xEE, 255, 255, 255, 1, 0xFFFFFFFF)
    data[510:512] = b"\x55\xaa"
    data[512:520] = b"EFI PART"
    return bytes(data)


SOUND: dict[str, Callable[[], bytes]] = {
    "qcow2": qcow2,
    "qcow2 of version 2": lambda: qcow2(version=2),
    "vhd": lambda: vhd(2)[-4096:],
    "vhdx": lambda: vhdx(0),
    "vdi": lambda: vdi(1),
    "vmdk": lambda: vmdk(SPARSE),
    "vmdk's descriptor": lambda: b"# Disk DescriptorFile\n" + SPARSE.encode(),
    "iso": iso,
    "gpt": gpt,
    "raw": lambda: bytes(4096),
}


class Judged:
    """One file, read as the inspection reads it; counts what is asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked = 0

    def read(self, offset: int, length: int) -> bytes:
        assert offset >= 0 and 0 <= length <= MIB + 512, f"{length} bytes at {offset}"
        self.asked += length
        return self.data[offset : offset + length]

    def verdict(self, declared: str) -> int | DataRefused | None:
        try:
            return formats.verify(declared, self.read, len(self.data))
        except DataRefused as refusal:
            return refusal


def mutated(data: bytes, dice: random.Random) -> bytes:
    """The file with a few of its numbers, bytes or parts changed."""
    found = bytearray(data)
    interesting = sorted({*range(0, min(len(data), 600), 4), *_around(data)})
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        match dice.randrange(6):
            case 0:
                at, wide = dice.choice(interesting), dice.choice("HIQ")
                size = struct.calcsize(wide)
                number = dice.choice(NUMBERS) & ((1 << 8 * size) - 1)
                if at + size <= len(found):
                    struct.pack_into(dice.choice("<>") + wide, found, at, number)
            case 1 if found:
                found[dice.randrange(len(found))] = dice.randrange(256)
            case 2:
                del found[dice.choice(interesting) :]
            case 3:
                at = dice.choice(interesting)
                found[at:at] = dice.randbytes(dice.choice((1, 8, 512)))
            case 4:
                at, other = dice.choice(interesting), dice.choice(list(SOUND.values()))()
                found[at : at + len(other)] = other[:40_000]
            case _:
                at = dice.choice(interesting)
                found[at : at + 64] = (
                    dice.choice((b" ", b"\n", b"\0", b'RW 1 FLAT "/etc/passwd" 0\n', b"=")) * 64
                )
    return bytes(found)


def _around(data: bytes) -> Iterator[int]:
    """Where the tables of large formats are."""
    for place in (32 * KIB, 192 * KIB, 256 * KIB, 256 * KIB + 65536, len(data) - 512, 65536):
        yield from (p for p in range(place, place + 96, 4) if 0 <= p < len(data))


@pytest.mark.parametrize("kind", SOUND)
def test_a_spoilt_disk_is_judged_in_little_time_and_memory(kind: str) -> None:
    """OSSA-2013-029, OSSA-2015-014, OSSA-2016-012, OSSA-2023-002, OSSA-2024-001, OSSA-2024-002."""
    dice = random.Random(f"{kind}/1")
    sound = SOUND[kind]()
    longest = 0.0
    for _ in range(MUTATIONS):
        file = Judged(mutated(sound, dice))
        for declared in ("raw", kind.split()[0], "iso"):
            before = time.thread_time()
            verdict = file.verdict(declared)
            longest = max(longest, time.thread_time() - before)
            assert (
                isinstance(verdict, DataRefused)
                or verdict is None
                or 0 <= verdict <= formats.VIRTUAL_SIZE_MAX
            )
        assert file.asked < 8 * MIB
    assert longest < CPU_S


@pytest.mark.parametrize("kind", SOUND)
def test_judging_holds_no_more_than_the_tables_that_it_reads(kind: str) -> None:
    dice = random.Random(f"{kind}/2")
    files = [Judged(mutated(SOUND[kind](), dice)) for _ in range(30)]
    tracemalloc.start()
    try:
        for file in files:
            file.verdict("raw")
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()


def huge(descriptor: str) -> bytes:
    """A vmdk whose descriptor is as long as may be, all of it one thing that is hard to search."""
    text = (descriptor * (MIB // len(descriptor) + 1))[: MIB - 512].encode()
    return struct.pack("<4sIIQQQQ", b"KDMV", 1, 3, 2048, 128, 1, 2048).ljust(512, b"\0") + text.ljust(
        MIB, b"\0"
    )


CRAFTED = {
    "descriptor of spaces": huge(" "),
    "descriptor of line ends": huge("\n"),
    "descriptor of half a type": huge("createtype = "),
    "descriptor of half an extent": huge("rw 1111111111111111111111111 "),
    "descriptor of parents": huge("parentcid=ffffffff "),
    "descriptor of tabs and extents": huge("\t\t\t\trw\t1\t"),
    "descriptor that begins late": b" " * 480 + b"# Disk DescriptorFile",
    "qcow2 with endless snapshots": qcow2()[:60] + struct.pack(">IQ", 0xFFFFFFFF, 512) + qcow2()[72:],
    "qcow2 with an endless header": qcow2()[:100] + struct.pack(">I", 0xFFFFFFFF) + bytes(4000),
    "qcow2 with a first table beyond the end": qcow2(l1_entries=(32 << 20) // 8),
    "vhdx with as many regions as fit": vhdx(0)[: 192 * KIB + 8] + b"\xff" * (64 * KIB) + bytes(256 * KIB),
    "vhdx whose items are beyond the end": vhdx(0).replace(
        struct.pack("<I", 65536), struct.pack("<I", 0xFFFFFFFF)
    ),
    "iso with endless blocks": iso()[: 32 * KIB + 80] + b"\xff" * 60 + iso()[32 * KIB + 140 :],
    "gpt and mbr of ones": b"\xff" * 510 + b"\x55\xaaEFI PART" + b"\xff" * 4000,
}


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_file_is_judged_as_quickly_as_a_sound_one(name: str) -> None:
    file = Judged(CRAFTED[name])
    before = time.thread_time()
    for declared in ("raw", "qcow2", "vmdk", "iso"):
        verdict = file.verdict(declared)
        assert isinstance(verdict, DataRefused) or verdict is None or verdict >= 0
    assert time.thread_time() - before < CPU_S


@pytest.mark.parametrize("outer", ["vhd", "vdi", "iso", "gpt"])
@pytest.mark.parametrize("inner", ["qcow2", "vmdk", "vmdk's descriptor"])
def test_what_is_two_formats_at_once_is_neither(outer: str, inner: str) -> None:
    """A reader that looks elsewhere for its header than the inspection did finds nothing that was let through."""
    tail = {"vhd": vhd(2)[-512:], "vdi": vdi(1)[64:], "iso": iso()[32 * KIB :], "gpt": gpt()[510:]}[outer]
    at = {"vhd": 64 * KIB, "vdi": 64, "iso": 32 * KIB, "gpt": 510}[outer]
    start = SOUND[inner]()
    if outer in ("vdi", "gpt"):
        start = start[:at]
    for declared in (outer, inner.split()[0], "raw"):
        file = Judged(start.ljust(at, b"\0")[:at] + tail)
        assert isinstance(file.verdict(declared), DataRefused), declared


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": lambda data: zipped({"disk": data}),
}


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return file.getvalue()


def unpack(path: Path, kind: str, size_max: int = 4 * MIB) -> bytes:
    return b"".join(conversions.unpacked(path, kind, size_max=size_max, ratio_max=1000))


@pytest.mark.parametrize("kind", PACKED)
def test_packed_data_comes_out_or_is_refused(tmp_path: Path, kind: str) -> None:
    dice = random.Random(kind)
    inside = bytes(dice.randrange(8) for _ in range(20_000))
    path = tmp_path / "packed"
    path.write_bytes(PACKED[kind](inside))
    assert conversions.packing(path) == kind
    assert unpack(path, kind) == inside
    sound = path.read_bytes()
    for _ in range(120):
        path.write_bytes(mutated(sound, dice))
        before = time.thread_time()
        with contextlib.suppress(DataRefused):
            assert len(unpack(path, kind)) <= 4 * MIB
        assert time.thread_time() - before < CPU_S


@pytest.mark.parametrize("kind", PACKED)
def test_several_streams_are_one_and_zeros_are_held_to_the_limit(tmp_path: Path, kind: str) -> None:
    """OSSA-2013-029: a bomb is given up while it unpacks."""
    path = tmp_path / "packed"
    if kind != "zip":
        path.write_bytes(PACKED[kind](b"one ") + PACKED[kind](b"two"))
        assert unpack(path, kind) == b"one two"
    path.write_bytes(PACKED[kind](bytes(32 * MIB)))
    tracemalloc.start()
    try:
        with pytest.raises(DataRefused):
            for piece in conversions.unpacked(path, kind, size_max=8 * MIB, ratio_max=1000):
                assert len(piece) <= conversions.PIECE
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


def test_data_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    """An xz header may ask for 4 GiB, and a zip may list millions of files."""
    path = tmp_path / "packed"
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 29}]
    with contextlib.suppress(MemoryError):
        path.write_bytes(lzma.compress(b"x", lzma.FORMAT_XZ, filters=filters))
        with pytest.raises(DataRefused, match="broken"):
            unpack(path, "xz")
    path.write_bytes(zipped({f"{n:0200}": b"" for n in range(400)}))
    with pytest.raises(DataRefused, match="too many"):
        unpack(path, "zip")
    for names in ((), ("../../etc/passwd", "b")):
        path.write_bytes(zipped(dict.fromkeys(names, b"x")))
        with pytest.raises(DataRefused):
            unpack(path, "zip")

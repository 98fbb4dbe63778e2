"""What data really is: real disks made by qemu-img, and crafted ones that would read the host's files."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haneul.services.image.errors import DataRefused
from haneul.services.image.model import formats
from tests.conftest import Cloud
from tests.services.image.test_data import send, show, stored_files
from tests.services.image.test_images import create

MIB = 1 << 20


def verify(declared: str, data: bytes) -> int | None:
    return formats.verify(declared, lambda offset, length: data[offset : offset + length], len(data))


def qcow2(
    *,
    version: int = 3,
    backing: int = 0,
    features: int = 0,
    size: int = MIB,
    cluster_bits: int = 16,
    l1_entries: int = 1,
) -> bytes:
    header = struct.pack(">4sIQIIQII", b"QFI\xfb", version, backing, 0, cluster_bits, size, 0, l1_entries)
    return header.ljust(72, b"\0") + struct.pack(">Q", features) + b"\0" * 1000


def vhd(kind: int, *, content: bytes = b"") -> bytes:
    """A vhd of that kind, its footer at its end."""
    footer = b"conectix".ljust(48, b"\0") + struct.pack(">QI", MIB, 0) + struct.pack(">I", kind)
    return content.ljust(MIB, b"\0") + footer.ljust(512, b"\0")


def vdi(kind: int) -> bytes:
    header = bytearray(1024)
    header[64:68] = b"\x7f\x10\xda\xbe"
    struct.pack_into("<I", header, 0x4C, kind)
    struct.pack_into("<Q", header, 0x170, MIB)
    return bytes(header)


def vhdx(flags: int) -> bytes:
    """A vhdx whose file parameters have these flags."""
    data = bytearray(512 * 1024)
    data[:8] = b"vhdxfile"
    region, metadata = 192 * 1024, 256 * 1024
    data[region : region + 4] = b"regi"
    struct.pack_into("<I", data, region + 8, 1)
    data[region + 16 : region + 32] = bytes.fromhex("06a27c8b90479a4bb8fe575f050f886e")
    struct.pack_into("<Q", data, region + 32, metadata)
    struct.pack_into("<H", data, metadata + 10, 2)
    for i, (item, value) in enumerate(
        (
            ("3767a1ca36fa434db3b633f0aa44e76b", struct.pack("<II", MIB, flags)),
            ("2442a52f1bcd7648b2115dbed83bf4b8", struct.pack("<Q", MIB)),
        )
    ):
        entry, at = metadata + 32 + 32 * i, 65536 + 8 * i
        data[entry : entry + 16] = bytes.fromhex(item)
        struct.pack_into("<I", data, entry + 16, at)
        data[metadata + at : metadata + at + 8] = value
    return bytes(data)


def vmdk(descriptor: str, *, capacity: int = 2048) -> bytes:
    header = struct.pack("<4sIIQQQQ", b"KDMV", 1, 3, capacity, 128, 1, 20).ljust(512, b"\0")
    return header + descriptor.encode().ljust(20 * 512, b"\0")


SPARSE = 'CID=1\nparentCID=ffffffff\ncreateType="monolithicSparse"\nRW 2048 SPARSE "a.vmdk"\n'


@pytest.mark.qemu
@pytest.mark.parametrize(
    ("declared", "made_as"),
    [
        ("raw", "raw"), ("qcow2", "qcow2"), ("vdi", "vdi"), ("vhdx", "vhdx"), ("vhd", "vpc"),
        ("vmdk", "vmdk"),
        ("vmdk", "vmdk -o subformat=streamOptimized"), ("qcow2", "qcow2 -o compat=0.10"),
        ("qcow2", "qcow2 -o extended_l2=on"), ("qcow2", "qcow2 -o compression_type=zstd"),
        ("vhd", "vpc -o subformat=fixed"),
    ],
)  # fmt: skip
def test_real_disks_are_recognised(tmp_path: Path, declared: str, made_as: str) -> None:
    path, raw = tmp_path / "disk", tmp_path / "raw"
    raw.write_bytes(bytes(8 * MIB))
    qemu_img = shutil.which("qemu-img") or "qemu-img"
    command = [qemu_img, "convert", "-q", "-f", "raw", "-O", *made_as.split(), str(raw), str(path)]
    subprocess.run(command, check=True)
    data = path.read_bytes()
    assert 8 * MIB <= (verify(declared, data) or 0) < 9 * MIB  # vhd rounds up to whole cylinders
    for other in ("qcow2", "vdi", "vhdx", "vmdk", "vhd", "iso"):
        if other != declared:
            with pytest.raises(DataRefused):
                verify(other, data)
    if declared != "raw":
        assert verify("raw", data) == len(data)


@pytest.mark.parametrize(
    ("declared", "data"),
    [
        ("qcow2", qcow2(backing=200)),
        ("qcow2", qcow2(features=1 << 2)),
        ("qcow2", qcow2(features=1 << 5)),
        ("qcow2", qcow2(features=1 << 63)),
        ("qcow2", qcow2(version=1)),
        ("qcow2", qcow2(version=4)),
        ("qcow2", qcow2()[:40]),
        ("qcow2", b"QFI\xfb"),
        ("qcow2", b"no disk at all"),
        ("qcow2", b""),
        ("raw", qcow2(backing=200)),
        ("raw", b"QED\0" + bytes(100)),
        ("vmdk", b'# Disk DescriptorFile\nRW 1 FLAT "/etc/passwd" 0\n'),
        ("raw", b'# Disk DescriptorFile\nRW 1 FLAT "/etc/passwd" 0\n'),
        ("vmdk", vmdk(SPARSE.replace("monolithicSparse", "monolithicFlat"))),
        ("vmdk", vmdk(SPARSE.replace("a.vmdk", "/etc/passwd"))),
        ("vmdk", vmdk(SPARSE + 'RW 1 FLAT "b" 0\n')),
        ("vmdk", vmdk(SPARSE.replace("ffffffff", "12345678"))),
        ("vmdk", vmdk(SPARSE)[:400]),
        ("vhdx", b"vhdxfile" + bytes(300_000)),
        ("vhdx", vhdx(0b10)),
        ("vhd", vhd(4)),
        ("vdi", vdi(4)),
        ("vdi", vdi(3)),
        ("qcow2", qcow2(size=1 << 62)),
        ("raw", qcow2(size=1 << 47)),
        ("qcow2", qcow2(cluster_bits=30)),
        ("qcow2", qcow2(l1_entries=1 << 31)),
        ("vhd", vhd(2, content=qcow2())),
        ("raw", vhd(2, content=qcow2())),
        ("iso", vdi(1).ljust(32769, b"\0") + b"CD001" + bytes(4000)),
        ("iso", qcow2().ljust(32769, b"\0") + b"CD001" + bytes(4000)),
        ("qcow2", qcow2().ljust(32769, b"\0") + b"CD001" + bytes(4000)),
        ("raw", qcow2().ljust(32769, b"\0") + b"CD001" + bytes(4000)),
    ],
)
def test_crafted_data_is_refused(declared: str, data: bytes) -> None:
    with pytest.raises(DataRefused):
        verify(declared, data)


def test_what_is_fine_is_taken() -> None:
    assert verify("qcow2", qcow2(size=7 * MIB)) == 7 * MIB
    assert verify("qcow2", qcow2(features=0b11)) == MIB
    assert verify("vmdk", vmdk(SPARSE)) == MIB
    assert verify("aki", b"a kernel") is None
    assert verify("vhdx", vhdx(0)) == verify("vdi", vdi(2)) == verify("vhd", vhd(2)) == MIB
    assert verify("vhd", vhd(2, content=b"\0" * 510 + b"\x55\xaaEFI PART")) == MIB
    iso = bytearray(40_000)
    iso[32769:32774] = b"CD001"
    struct.pack_into("<I", iso, 32768 + 80, 100)
    struct.pack_into("<H", iso, 32768 + 128, 2048)
    assert verify("iso", bytes(iso)) == 204_800
    iso[510:520] = b"\x55\xaaEFI PART"
    assert verify("iso", bytes(iso)) == 204_800


@given(
    st.binary(max_size=2000), st.sampled_from([b"", b"QFI\xfb", b"KDMV\1\0\0\0", b"vhdxfile", b"conectix"])
)
@settings(max_examples=300, deadline=None)
def test_any_data_is_judged_without_failing(data: bytes, magic: bytes) -> None:
    for declared in ("qcow2", "vmdk", "vhdx", "vhd", "vdi", "iso", "raw", "aki"):
        try:
            verify(declared, magic + data)
        except DataRefused:
            continue


def refers_elsewhere(data: bytes) -> bool:
    """What QEMU, too, would take for a reference of a qcow2 to another file."""
    (backing,) = struct.unpack_from(">Q", data, 8)
    (features,) = struct.unpack_from(">Q", data, 72)
    return data[:4] == b"QFI\xfb" and bool(backing or (data[7] == 3 and features & 1 << 2))


@pytest.mark.parametrize("seed", range(8))
def test_no_change_of_a_sound_disk_gets_a_reference_past_the_inspection(seed: int) -> None:
    chance = random.Random(seed)
    disks = {
        "qcow2": qcow2(), "vmdk": vmdk(SPARSE), "vhdx": vhdx(0), "vdi": vdi(1), "vhd": vhd(2),
    }  # fmt: skip
    for _ in range(400):
        declared, data = chance.choice(list(disks.items()))
        changed = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            at = chance.choice([chance.randrange(120), chance.randrange(len(changed))])
            changed[at] = chance.choice([0, 1, 2, 4, 255, chance.randrange(256)])
        changed = changed[: chance.choice([len(changed), len(changed), chance.randrange(len(changed))])]
        for word in (declared, "raw"):
            try:
                virtual_size = verify(word, bytes(changed))
            except DataRefused:
                continue
            assert virtual_size is None or 0 <= virtual_size <= formats.VIRTUAL_SIZE_MAX
            assert len(changed) < 80 or not refers_elsewhere(bytes(changed))


async def test_a_refused_upload_leaves_the_image_queued_and_no_file(cloud: Cloud) -> None:
    id = (await create(cloud.member, disk_format="qcow2"))["id"]
    for data in (qcow2(backing=200), b"raw data"):
        assert await send(cloud.member, id, data) == 415
        assert (await show(cloud.member, id))["status"] == "queued"
        assert stored_files(cloud) == set()
    assert await send(cloud.member, id, qcow2()) == 204
    assert (await show(cloud.member, id))["virtual_size"] == MIB

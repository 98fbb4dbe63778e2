"""What others had to publish about their volumes, tried on ours."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.commands import run
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError
from haneul.services.block_storage import public as block_storage
from haneul.services.block_storage.drivers.file import FileVolumes
from haneul.services.block_storage.drivers.interface import FromImage, FromVolume, ImageSource
from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_snapshot, make_volume, volume

SECRET = b"the host's, and nobody else's. " * 3000


@pytest.fixture
async def files(tmp_path: Path) -> FileVolumes:
    driver = FileVolumes(HostSettings("one", tmp_path))
    await driver.start()
    return driver


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(SECRET)
    return path


def evil_disk(name: str, secret: Path) -> bytes:
    """What a guest writes to the start of its disk, hoping that somebody believes it."""
    if name == "vmdk":
        return f'# Disk DescriptorFile\nversion=1\ncreateType="monolithicFlat"\nRW 9 FLAT "{secret}" 0\n'.encode()
    backing = str(secret).encode()
    features = 1 << 2 if name == "qcow2 with a data file" else 0
    at = 0 if features else 1000
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 3, at, 0 if features else len(backing), 16,
                         1 << 20, 0, 1, 65536, 131072, 1, 0, 0)  # fmt: skip
    header += struct.pack(">QQQII", features, 0, 0, 4, 104)
    if features:
        header += struct.pack(">II", 0x44415441, len(backing)) + backing.ljust(
            -len(backing) % 8 + len(backing), b"\0"
        )
    return header.ljust(1000, b"\0") + backing


async def device_of(files: FileVolumes, volume_id: str) -> Path:
    return Path((await files.connect(volume_id, "one"))["path"])


def overwrite(path: Path, start: bytes) -> None:
    """As the guest does it that has the volume."""
    with path.open("r+b") as device:
        device.write(start)


def start_of(path: Path) -> bytes:
    with path.open("rb") as device:
        return device.read(4 << 20)


@pytest.mark.qemu
@pytest.mark.parametrize("disk", ["qcow2 with a backing file", "qcow2 with a data file", "vmdk"])
async def test_what_a_guest_writes_on_its_volume_stays_what_it_wrote(
    files: FileVolumes, secret: Path, tmp_path: Path, disk: str
) -> None:
    """OSSA-2014-033, OSSA-2015-011, OSSA-2023-002, OSSA-2024-001: an image made of it, or a copy, opens nothing."""
    written = evil_disk(disk, secret)
    await files.ensure_volume("v", 1)
    overwrite(await device_of(files, "v"), written)
    exported = await files.export_volume("v")
    await files.ensure_volume("w", 1, FromVolume("v"))
    raw = tmp_path / "raw"
    await run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", exported, raw)
    for path in (raw, await device_of(files, "w")):
        content = start_of(path)
        assert content[: len(written)] == written
        assert SECRET[:1000] not in content


@pytest.mark.qemu
@pytest.mark.parametrize("disk", ["qcow2 with a backing file", "qcow2 with a data file"])
async def test_an_image_that_names_a_file_of_the_host_makes_no_volume(
    files: FileVolumes, secret: Path, tmp_path: Path, disk: str
) -> None:
    """OSSA-2024-001: even if the image service had let it pass."""
    image = tmp_path / "image"
    image.write_bytes(evil_disk(disk, secret).ljust(1 << 20, b"\0"))
    with pytest.raises(DriverError):
        await files.ensure_volume("v", 1, FromImage(ImageSource(path=str(image), format="qcow2")))
    assert await files.volumes() == {}


async def test_a_new_volume_has_nothing_of_an_old_one(files: FileVolumes) -> None:
    """OSSA-2012-020, OSSA-2013-021, OSSN-0016, OSSN-0084: also not of a snapshot."""
    await files.ensure_volume("old", 1)
    overwrite(await device_of(files, "old"), SECRET)
    await files.ensure_snapshot("s", "old")
    await files.ensure_gone("old")
    await files.ensure_snapshot_gone("s")
    await files.ensure_volume("new", 1)
    assert not any(start_of(await device_of(files, "new")))


async def test_files_of_volumes_are_nobody_elses(files: FileVolumes) -> None:
    """OSSN-0014: no user of the machine reads a volume."""
    await files.ensure_volume("v", 1)
    assert (await device_of(files, "v")).stat().st_mode & 0o077 == 0


@pytest.fixture
async def types(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)


@pytest.mark.usefixtures("types")
async def test_a_volume_of_another_project_is_reached_by_no_call(cloud: Cloud) -> None:
    """OSSA-2012-001, for volumes: by either path, and over whatever leads to it."""
    made = await make_volume(cloud)
    snapshot = await make_snapshot(cloud, made["id"])
    before = await volume(cloud, made["id"])
    stranger, victim = cloud.stranger, cloud.member.auth.project_id
    for base in (V3, f"{V3}/{stranger.auth.project_id}", f"{V3}/{victim}"):
        for action in (
            {"os-extend": {"new_size": 9}}, {"os-attach": {"instance_uuid": made["id"], "mountpoint": "/dev/vdb"}},
            {"os-reserve": {}}, {"os-detach": {}}, {"os-begin_detaching": {}}, {"os-set_bootable": {"bootable": True}},
            {"os-volume_upload_image": {"image_name": "mine"}}, {"os-reset_status": {"status": "error"}},
            {"os-force_delete": {}}, {"os-update_readonly_flag": {"readonly": True}}, {"os-unmanage": {}},
            {"os-initialize_connection": {"connector": {}}}, {"os-terminate_connection": {"connector": {}}},
        ):  # fmt: skip
            answer = await stranger.post(f"{base}/volumes/{made['id']}/action", action)
            assert answer.status_code in (400, 403, 404), f"{base} {action}: {answer.text}"
        for path in (f"volumes/{made['id']}", f"snapshots/{snapshot['id']}"):
            assert (await stranger.get(f"{base}/{path}")).status_code in (400, 403, 404)
            assert (await stranger.delete(f"{base}/{path}")).status_code in (400, 403, 404)
            wish = {path.split("s/")[0]: {"name": "mine"}}
            assert (await stranger.put(f"{base}/{path}", wish)).status_code in (400, 403, 404)
        for wish in ({"source_volid": made["id"]}, {"snapshot_id": snapshot["id"]}):
            answer = await stranger.post(f"{base}/volumes", {"volume": {"size": 1, **wish}})
            assert answer.status_code in (400, 403, 404), answer.text
    await cloud.settled()
    assert await volume(cloud, made["id"]) == before


@pytest.mark.usefixtures("types")
@pytest.mark.parametrize(
    "text", ["(" * 5000, "[" * 5000, "-" * 9000 + "1", "{" * 3000, "{'a':" * 90, "1+" * 9000 + "1j"]
)
async def test_a_filter_that_looks_like_a_program_is_read_as_a_text(cloud: Cloud, text: str) -> None:
    """The class of CVE-2026-28370 (OSSA-2026-003): what is asked for is data."""
    for name in ("metadata", "glance_metadata"):
        answer = await cloud.admin.get(f"{V3}/volumes/detail", params={name: text})
        assert answer.status_code in (200, 400, 414), answer.text


@pytest.mark.usefixtures("types")
async def test_the_secrets_of_a_backend_are_in_no_answer(cloud: Cloud) -> None:
    """OSSN-0085, OSSN-0086: nobody is told how a host reaches its storage."""
    made = await make_volume(cloud)
    connector = {"connector": {"host": cloud.hosts[0], "initiator": "iqn.x"}}
    for who in (cloud.member, cloud.reader, cloud.stranger):
        answer: Any = await who.post(
            f"{V3}/volumes/{made['id']}/action", {"os-initialize_connection": connector}
        )
        assert str(cloud.platform.folder) not in answer.text
        assert not {"auth_password", "keyring", "secret"} & set(answer.text.replace('"', " ").split())

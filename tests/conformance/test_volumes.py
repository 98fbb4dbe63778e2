"""Every volume driver does the same; the real ones also with bytes."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.commands import run
from haneul.kernel.drivers import HostSettings, load
from haneul.kernel.errors import DriverError, NotFound
from haneul.services.block_storage.drivers.interface import (
    FromImage,
    FromSnapshot,
    FromVolume,
    ImageSource,
)

Make = Callable[[], Awaitable[Any]]


@pytest.fixture(params=["fake", pytest.param("file", marks=pytest.mark.qemu)])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Each call gives a driver that starts over the same folder, as after a crash of its agent."""
    driver_class: Any = load("haneul.block_storage.volumes", request.param)

    async def another() -> Any:
        driver = driver_class(HostSettings("one", tmp_path))
        await driver.start()
        return driver

    return another


@pytest.fixture
async def volumes(make: Make) -> Any:
    return await make()


async def test_a_volume_is_made_once_and_grows(volumes: Any) -> None:
    await volumes.ensure_volume("v", 1)
    await volumes.ensure_volume("v", 1)
    await volumes.extend("v", 3)
    await volumes.extend("v", 3)
    assert await volumes.volumes() == {"v": 3}
    assert (await volumes.capacity()).provisioned_gb == 3


async def test_who_is_given_a_volume_may_get_to_it(volumes: Any, tmp_path: Path) -> None:
    await volumes.ensure_volume("v", 1)
    connection = await volumes.connect("v", "one")
    if connection["kind"] == "file":
        ours = list(Path(connection["path"]).relative_to(tmp_path).parents)[:-1]
        assert all((tmp_path / folder).stat().st_mode & stat.S_IXOTH for folder in ours)
        assert not Path(connection["path"]).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)


async def test_removing_what_is_gone_is_fine(volumes: Any) -> None:
    await volumes.ensure_volume("v", 1)
    for _ in range(2):
        await volumes.disconnect("v", "one")
        await volumes.ensure_gone("v")
        await volumes.ensure_snapshot_gone("s")
        await volumes.ensure_export_gone("v")
    assert await volumes.volumes() == {}


async def test_what_is_not_there_cannot_be_used(volumes: Any) -> None:
    with pytest.raises(NotFound):
        await volumes.connect("v", "one")
    with pytest.raises(NotFound):
        await volumes.extend("v", 2)
    with pytest.raises(NotFound):
        await volumes.ensure_snapshot("s", "v")
    with pytest.raises(NotFound):
        await volumes.ensure_volume("w", 1, FromSnapshot("s"))
    assert await volumes.volumes() == {}


async def test_a_snapshot_outlives_its_volume(volumes: Any) -> None:
    await volumes.ensure_volume("v", 2)
    await volumes.ensure_snapshot("s", "v")
    await volumes.ensure_snapshot("s", "v")
    await volumes.ensure_gone("v")
    assert await volumes.snapshots() == {"s"}
    await volumes.ensure_volume("w", 3, FromSnapshot("s"))
    await volumes.ensure_volume("x", 3, FromVolume("w"))
    assert await volumes.volumes() == {"w": 3, "x": 3}


async def test_the_next_agent_finds_what_the_last_one_made(make: Make) -> None:
    first = await make()
    await first.ensure_volume("v", 1)
    await first.ensure_snapshot("s", "v")
    second = await make()
    assert await second.volumes() == {"v": 1}
    assert await second.snapshots() == {"s"}
    await second.ensure_gone("v")
    assert await (await make()).volumes() == {}


async def test_an_export_is_a_qcow2_of_its_own(volumes: Any) -> None:
    await volumes.ensure_volume("v", 1)
    path = Path(await volumes.export_volume("v"))
    assert path.read_bytes()[:4] == b"QFI\xfb"
    await volumes.ensure_export_gone("v")
    assert not path.exists()


async def test_what_is_opened_is_let_go_as_often_as_one_likes(volumes: Any) -> None:
    await volumes.ensure_volume("v", 1)
    await volumes.ensure_snapshot("s", "v")
    for _ in range(2):
        assert await volumes.open_volume("v")
        assert await volumes.open_snapshot("s")
        assert await volumes.open_for_writing("v")
        await volumes.close_volume("v")
        await volumes.close_volume("gone")
    with pytest.raises(NotFound):
        await volumes.open_volume("gone")
    with pytest.raises(NotFound):
        await volumes.open_for_writing("gone")
    assert await volumes.volumes() == {"v": 1}


async def test_what_leaves_can_come_back_by_its_name(volumes: Any) -> None:
    await volumes.ensure_volume("v", 2)
    await volumes.ensure_snapshot("s", "v")
    for _ in range(2):
        await volumes.ensure_unmanaged("v", "volume-v")
        await volumes.ensure_snapshot_unmanaged("s", "_snapshot-s")
    assert (await volumes.volumes(), await volumes.snapshots()) == ({}, set())
    assert await volumes.manageable_volumes() == {"volume-v": 2}
    assert await volumes.manageable_snapshots() == {"_snapshot-s": 2}
    for _ in range(2):
        assert await volumes.ensure_managed("w", "volume-v") == 2
        assert await volumes.ensure_snapshot_managed("t", "_snapshot-s") == 2
    assert (await volumes.volumes(), await volumes.snapshots()) == ({"w": 2}, {"t"})
    assert (await volumes.manageable_volumes(), await volumes.manageable_snapshots()) == ({}, {})
    with pytest.raises(NotFound):
        await volumes.ensure_managed("x", "volume-v")
    with pytest.raises(NotFound):
        await volumes.ensure_snapshot_managed("x", "_snapshot-s")


async def test_snapshots_are_taken_together(volumes: Any) -> None:
    for volume in ("v", "w"):
        await volumes.ensure_volume(volume, 1)
    for _ in range(2):
        await volumes.ensure_snapshots({"s": "v", "t": "w"})
    assert await volumes.snapshots() == {"s", "t"}
    with pytest.raises(NotFound):
        await volumes.ensure_snapshots({"a": "v", "b": "gone"})
    assert await volumes.snapshots() == {"s", "t"}


async def test_simulated_volumes_fail_when_told_to(tmp_path: Path) -> None:
    driver_class: Any = load("haneul.block_storage.volumes", "fake")
    driver = driver_class(HostSettings("one", tmp_path, {"fail": {"ensure_volume": 1}}))
    with pytest.raises(DriverError):
        await driver.ensure_volume("v", 1)
    await driver.ensure_volume("v", 1)
    assert await driver.volumes() == {"v": 1}


@pytest.fixture
async def files(tmp_path: Path) -> Any:
    driver_class: Any = load("haneul.block_storage.volumes", "file")
    driver = driver_class(HostSettings("one", tmp_path / "host"))
    await driver.start()
    return driver


def raw_image(folder: Path) -> ImageSource:
    content = b"boot" + bytes(5000) + b"end!"
    (folder / "image.raw").write_bytes(content)
    return ImageSource(
        format="raw",
        path=str(folder / "image.raw"),
        checksum=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
    )


def start(path: Path, length: int = 4) -> bytes:
    with path.open("rb") as file:
        return file.read(length)


def overwrite(path: Path, content: bytes) -> None:
    with path.open("r+b") as file:
        file.write(content)


@pytest.mark.qemu
async def test_content_goes_from_image_to_volume_to_snapshot_and_back(files: Any, tmp_path: Path) -> None:
    await files.ensure_volume("v", 1, FromImage(raw_image(tmp_path)))
    path = Path((await files.connect("v", "one"))["path"])
    assert start(path, 5008).endswith(b"end!")
    assert path.stat().st_size == 1 << 30
    await files.ensure_snapshot("s", "v")
    overwrite(path, b"gone")
    await files.ensure_volume("copy", 2, FromVolume("v"))
    await files.revert("v", "s")
    assert start(path) == b"boot"
    copy = Path((await files.connect("copy", "one"))["path"])
    assert start(copy) == b"gone"
    assert copy.stat().st_blocks * 512 < 1 << 20


@pytest.mark.qemu
async def test_a_damaged_image_makes_no_volume(files: Any, tmp_path: Path) -> None:
    source = raw_image(tmp_path)
    (tmp_path / "image.raw").write_bytes(b"x" * (source.size_bytes or 0))
    with pytest.raises(DriverError, match="sha256"):
        await files.ensure_volume("v", 1, FromImage(source))
    assert await files.volumes() == {}


@pytest.mark.qemu
async def test_an_image_that_points_at_another_file_is_refused(files: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(65536))
    await run(
        "qemu-img", "create", "-q", "-f", "qcow2", "-b", tmp_path / "secret", "-F", "raw", tmp_path / "evil"
    )
    with pytest.raises(DriverError, match="refers to another file"):
        await files.ensure_volume("v", 1, FromImage(ImageSource(path=str(tmp_path / "evil"))))
    assert await files.volumes() == {}


@pytest.mark.qemu
async def test_a_backup_brings_a_volumes_content_back(files: Any, tmp_path: Path) -> None:
    driver_class: Any = load("haneul.block_storage.backups", "posix")
    store = driver_class(HostSettings("one", tmp_path / "host"))
    await store.start()
    await files.ensure_volume("v", 1, FromImage(raw_image(tmp_path)))
    await store.ensure_backup("b", await files.open_volume("v"), None, {})
    await files.close_volume("v")
    overwrite(Path((await files.connect("v", "one"))["path"]), b"gone")
    await files.ensure_volume("new", 2)
    for volume in ("v", "new"):
        await store.restore("b", await files.open_for_writing(volume))
        path = Path((await files.connect(volume, "one"))["path"])
        assert start(path, 5008) == b"boot" + bytes(5000) + b"end!"
        assert path.stat().st_blocks * 512 < 1 << 20


@pytest.mark.qemu
async def test_an_operators_file_becomes_a_volume(files: Any, tmp_path: Path) -> None:
    aside = tmp_path / "host" / "volumes" / "unmanaged"
    (aside / "disk").write_bytes(b"of an operator")
    (aside / "link").symlink_to("/etc/passwd")
    assert await files.manageable_volumes() == {"disk": 1}
    assert await files.ensure_managed("v", "disk") == 1
    path = Path((await files.connect("v", "one"))["path"])
    assert (start(path, 14), path.stat().st_size) == (b"of an operator", 1 << 30)
    for name in ("link", "../volumes/v", "."):
        with pytest.raises((DriverError, NotFound)):
            await files.ensure_managed("w", name)


@pytest.mark.qemu
async def test_an_image_is_written_over_a_volume(files: Any, tmp_path: Path) -> None:
    await files.ensure_volume("v", 2)
    path = Path((await files.connect("v", "one"))["path"])
    overwrite(path, b"x" * 10000)
    for _ in range(2):
        await files.ensure_image("v", 2, raw_image(tmp_path))
    assert start(path, 5009) == b"boot" + bytes(5000) + b"end!" + b"\0"
    assert path.stat().st_size == 2 << 30
    assert path.stat().st_blocks * 512 < 1 << 20

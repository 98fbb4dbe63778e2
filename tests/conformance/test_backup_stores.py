"""Every store of backups does the same; the real one also with bytes."""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.drivers import HostSettings, load
from haneul.kernel.errors import DriverError, NotFound

Make = Callable[[], Awaitable[Any]]
MIB = 1 << 20


@pytest.fixture(params=["fake", "posix"])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Each call gives a store that starts over the same folder, as after a crash of its agent."""
    driver_class: Any = load("haneul.block_storage.backups", request.param)

    async def another() -> Any:
        driver = driver_class(HostSettings("one", tmp_path))
        await driver.start()
        return driver

    return another


@pytest.fixture
async def store(make: Make) -> Any:
    return await make()


@pytest.fixture
async def files(tmp_path: Path) -> Any:
    driver_class: Any = load("haneul.block_storage.backups", "posix")
    driver = driver_class(HostSettings("one", tmp_path))
    await driver.start()
    return driver


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A sparse disk with data at its beginning, in its middle and at its end."""
    path = tmp_path / "disk"
    noise = random.Random(7)
    with path.open("wb") as file:
        file.truncate(64 * MIB)
        for place, length in ((0, 4096), (20 * MIB + 100, 3 * MIB), (64 * MIB - 10, 10)):
            file.seek(place)
            file.write(noise.randbytes(length))
    return path


def overwrite(path: Path, place: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(content)


async def test_a_backup_is_made_once_and_is_found_again(make: Make, disk: Path) -> None:
    first = await make()
    made = await first.ensure_backup("b", str(disk), None, {"a": 1})
    assert await first.ensure_backup("b", str(disk), None, {"a": 2}) == made
    second = await make()
    assert await second.stored("b") == made
    assert (made.notes, made.parent_id) == ({"a": 1}, None)
    assert await second.backups() == {"b"}
    assert await second.damage("b") is None


async def test_removing_what_is_gone_is_fine(store: Any, disk: Path) -> None:
    await store.ensure_backup("b", str(disk), None, {})
    for _ in range(2):
        await store.ensure_backup_gone("b")
    assert await store.backups() == set()


async def test_what_is_not_there_cannot_be_used(store: Any, disk: Path) -> None:
    for call in (
        store.stored("b"),
        store.restore("b", str(disk)),
        store.ensure_backup("c", str(disk), "b", {}),
        store.damage("b"),
    ):
        with pytest.raises(NotFound):
            await call
    assert await store.backups() == set()


async def test_an_incremental_backup_names_its_parent(store: Any, disk: Path) -> None:
    await store.ensure_backup("b", str(disk), None, {})
    assert (await store.ensure_backup("c", str(disk), "b", {})).parent_id == "b"


async def test_what_is_restored_is_what_was_backed_up(files: Any, disk: Path, tmp_path: Path) -> None:
    before = disk.read_bytes()
    made = await files.ensure_backup("b", str(disk), None, {})
    assert made.size_bytes == 64 * MIB
    assert 3 * MIB <= made.stored_bytes <= 4 * MIB  # holes are not kept
    overwrite(disk, 5 * MIB, b"since then" * 1000)
    target = tmp_path / "target"
    target.write_bytes(b"\xff" * (64 * MIB) + b"beyond")
    await files.restore("b", str(target))
    assert target.read_bytes() == before + b"beyond"
    empty = tmp_path / "empty"
    empty.touch()
    await files.restore("b", str(empty))
    assert empty.read_bytes() == before
    assert empty.stat().st_blocks * 512 < 8 * MIB  # holes stay holes


async def test_an_incremental_backup_keeps_only_what_changed(files: Any, disk: Path, tmp_path: Path) -> None:
    noise = random.Random(8)
    overwrite(disk, 0, noise.randbytes(64 * MIB))
    states = [disk.read_bytes()]
    await files.ensure_backup("b0", str(disk), None, {})
    for number in (1, 2):
        overwrite(disk, number * 10 * MIB, noise.randbytes(64 * MIB // 100))  # one per cent
        states.append(disk.read_bytes())
        made = await files.ensure_backup(f"b{number}", str(disk), f"b{number - 1}", {})
        assert made.stored_bytes < 64 * MIB * 3 // 100
    overwrite(disk, 30 * MIB, bytes(20 * MIB))
    states.append(disk.read_bytes())
    assert (await files.ensure_backup("b3", str(disk), "b2", {})).stored_bytes == 0
    for number in (3, 1, 0, 2):
        await files.restore(f"b{number}", str(disk))
        assert disk.read_bytes() == states[number]
    assert await files.damage("b3") is None


async def test_damage_is_seen_and_not_restored(files: Any, disk: Path, tmp_path: Path) -> None:
    await files.ensure_backup("b", str(disk), None, {})
    await files.ensure_backup("c", str(disk), "b", {})
    (data,) = tmp_path.rglob("b/data")
    overwrite(data, 100, b"\0\0\0\0")
    target = tmp_path / "target"
    target.touch()
    for id in ("b", "c"):
        assert "of backup b" in str(await files.damage(id))
        with pytest.raises(DriverError):
            await files.restore(id, str(target))
    (records,) = tmp_path.rglob("c/blocks")
    os.truncate(records, records.stat().st_size - 57)
    target.write_bytes(b"as it was")
    with pytest.raises(DriverError, match="records of backup c are damaged"):
        await files.restore("c", str(target))
    assert target.read_bytes() == b"as it was"


async def test_what_was_not_finished_is_no_backup(files: Any, disk: Path, tmp_path: Path) -> None:
    (tmp_path / "backups" / "b.part").mkdir(parents=True)
    (tmp_path / "backups" / "b.part" / "data").write_bytes(b"half")
    assert await files.backups() == set()
    with pytest.raises(NotFound):
        await files.stored("b")
    await files.ensure_backup("b", str(disk), None, {})
    assert await files.backups() == {"b"}
    assert await files.damage("b") is None


async def test_ids_are_no_paths(files: Any, disk: Path) -> None:
    for id in ("../b", ".", "a/b"):
        with pytest.raises(DriverError):
            await files.ensure_backup(id, str(disk), None, {})


async def test_simulated_backups_fail_when_told_to(tmp_path: Path) -> None:
    driver_class: Any = load("haneul.block_storage.backups", "fake")
    driver = driver_class(HostSettings("one", tmp_path, {"fail": {"ensure_backup": 1}}))
    with pytest.raises(DriverError):
        await driver.ensure_backup("b", "x", None, {})
    await driver.ensure_backup("b", "x", None, {})
    assert await driver.backups() == {"b"}

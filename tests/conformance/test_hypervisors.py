"""Every hypervisor driver does the same. The machines here have no disk to boot from, so they are cheap."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from haneul.kernel.commands import run
from haneul.kernel.drivers import HostSettings, Watches, load
from haneul.kernel.errors import DriverError, NotFound
from haneul.services.compute.drivers.interface import (
    DiskSpec,
    ImageSource,
    MachineSpec,
    NicSpec,
    Pauses,
    PowerState,
    SetsDisksAside,
    Suspends,
)

OPTIONS = {"accelerator": "tcg"}
ONE = MachineSpec(id="4b7f2f0e-6df7-4f0b-9f8e-c3f3f1f0a001", name="one", vcpus=1, memory_mib=64)
MAC = "fa:16:3e:00:00:01"
Make = Callable[[], Awaitable[Any]]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A host's folder that QEMU's own account can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as state:
        folder = Path(state) / "hosts/h"
        folder.mkdir(parents=True)
        yield folder


@pytest.fixture(params=["fake", pytest.param("qemu", marks=pytest.mark.qemu)])
def technology(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def make(technology: str, tmp_path: Path) -> AsyncIterator[Make]:
    """Each call gives a driver that starts over the same folder; only the newest is in use."""
    made: list[Any] = []

    async def another() -> Any:
        if made:
            await made[-1].close()
        made.append(load("haneul.compute.hypervisor", technology)(HostSettings("h", tmp_path, dict(OPTIONS))))
        await made[-1].start()
        return made[-1]

    yield another
    last = await another()
    for machine_id in await last.machines():
        await last.ensure_gone(machine_id)
    await last.close()


@pytest.fixture
async def hypervisor(make: Make) -> Any:
    return await make()


async def test_a_machine_runs_stops_and_starts(hypervisor: Any) -> None:
    for _ in range(2):
        await hypervisor.ensure_running(ONE)
    assert await hypervisor.machines() == {ONE.id: PowerState.RUNNING}
    assert await hypervisor.running() == {ONE.id}
    for _ in range(2):
        await hypervisor.shut_down(ONE.id)
    assert await hypervisor.machines() == {ONE.id: PowerState.SHUTDOWN}
    assert await hypervisor.running() == set()
    for _ in range(2):
        await hypervisor.ensure_started(ONE.id)
    await hypervisor.reboot(ONE.id, soft=False)
    assert await hypervisor.machines() == {ONE.id: PowerState.RUNNING}


async def test_removing_what_is_gone_is_fine(hypervisor: Any) -> None:
    await hypervisor.ensure_running(ONE)
    for _ in range(2):
        await hypervisor.ensure_gone(ONE.id)
        await hypervisor.detach_disk(ONE.id, "d")
        await hypervisor.detach_nic(ONE.id, "p")
        await hypervisor.ensure_root_disk_gone(ONE.id)
        await hypervisor.ensure_export_gone(ONE.id)
        await hypervisor.ensure_image_gone("i")
    assert await hypervisor.machines() == {}


async def test_an_unknown_machine_is_not_found(hypervisor: Any) -> None:
    for call in (hypervisor.ensure_started, hypervisor.shut_down, hypervisor.reboot, hypervisor.console_log):
        with pytest.raises(NotFound):
            await call("nobody")


async def test_a_paused_machine_still_counts_as_running(hypervisor: Any) -> None:
    assert isinstance(hypervisor, Pauses)
    await hypervisor.ensure_running(ONE)
    for _ in range(2):
        await hypervisor.pause(ONE.id)
    assert await hypervisor.machines() == {ONE.id: PowerState.PAUSED}
    assert await hypervisor.running() == {ONE.id}
    for _ in range(2):
        await hypervisor.unpause(ONE.id)
    assert await hypervisor.machines() == {ONE.id: PowerState.RUNNING}
    await hypervisor.shut_down(ONE.id)
    with pytest.raises(DriverError):
        await hypervisor.pause(ONE.id)


@pytest.mark.parametrize("kind", ["q35", "pc"])
async def test_a_suspended_machine_runs_on(make: Make, tmp_path: Path, kind: str) -> None:
    first = await make()
    assert isinstance(first, Suspends)
    volume = tmp_path / "volume"
    volume.write_bytes(bytes(1 << 20))
    disk = DiskSpec(id="v", connection={"kind": "file", "path": str(volume), "format": "raw"})
    one = msgspec.structs.replace(
        ONE, nics=[NicSpec(port_id="p", mac=MAC)], properties={"hw_machine_type": kind}
    )
    await first.ensure_running(one)
    await first.attach_disk(ONE.id, disk)
    wired = msgspec.structs.replace(one, disks=[disk])
    for spec in (None, wired):
        for _ in range(2):
            await first.suspend(ONE.id)
        assert await first.running() == set()
        second = await make()
        assert await second.machines() == {ONE.id: PowerState.SHUTDOWN}
        for _ in range(2):
            await second.resume(ONE.id, spec)
        assert await second.machines() == {ONE.id: PowerState.RUNNING}
        first = second


async def test_what_starts_anew_cannot_be_resumed(hypervisor: Any) -> None:
    async def boot() -> None:
        await hypervisor.reboot(ONE.id, soft=False)

    async def stop() -> None:
        await hypervisor.shut_down(ONE.id)

    await hypervisor.ensure_running(ONE)
    for anew in (boot, stop):
        await hypervisor.suspend(ONE.id)
        await anew()
        await hypervisor.shut_down(ONE.id)
        with pytest.raises(DriverError):
            await hypervisor.resume(ONE.id)
        with pytest.raises(DriverError):
            await hypervisor.suspend(ONE.id)
        await hypervisor.ensure_started(ONE.id)
    assert await hypervisor.machines() == {ONE.id: PowerState.RUNNING}


async def test_the_next_agent_finds_every_state(make: Make) -> None:
    first = await make()
    specs = [MachineSpec(id=f"{ONE.id[:-1]}{i}", name=f"m{i}", vcpus=1, memory_mib=32) for i in range(3)]
    for spec in specs:
        await first.ensure_running(spec)
    await first.pause(specs[1].id)
    await first.shut_down(specs[2].id)
    second = await make()
    assert await second.machines() == {
        specs[0].id: PowerState.RUNNING,
        specs[1].id: PowerState.PAUSED,
        specs[2].id: PowerState.SHUTDOWN,
    }
    await second.ensure_started(specs[2].id)
    assert len(await second.running()) == 3


AGENT = """
import asyncio, os, signal, sys
from pathlib import Path
from haneul.kernel.commands import run
from haneul.kernel.drivers import HostSettings, load
from haneul.services.compute.drivers.interface import MachineSpec

async def main():
    settings = HostSettings("h", Path(sys.argv[2]), {"accelerator": "tcg"})
    driver = load("haneul.compute.hypervisor", sys.argv[1])(settings)
    await driver.start()
    await driver.ensure_running(MachineSpec(id=sys.argv[3], name="one", vcpus=1, memory_mib=64))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_machines_survive_the_death_of_their_agent(make: Make, technology: str, tmp_path: Path) -> None:
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AGENT, technology, str(tmp_path), ONE.id
    )
    assert await agent.wait() == -signal.SIGKILL
    hypervisor = await make()
    assert await hypervisor.machines() == {ONE.id: PowerState.RUNNING}
    await hypervisor.pause(ONE.id)
    await hypervisor.ensure_gone(ONE.id)
    assert await hypervisor.machines() == {}


async def test_what_is_attached_while_stopped_is_there_after_the_start(
    hypervisor: Any, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    volume.write_bytes(bytes(1 << 20))
    disk = DiskSpec(id="v", connection={"kind": "file", "path": str(volume), "format": "raw"})
    nic = NicSpec(port_id="p", mac="fa:16:3e:00:00:01")
    await hypervisor.ensure_running(ONE)
    await hypervisor.shut_down(ONE.id)
    for _ in range(2):
        await hypervisor.attach_disk(ONE.id, disk)
        await hypervisor.attach_nic(ONE.id, nic)
    await hypervisor.ensure_started(ONE.id)
    for _ in range(2):
        await hypervisor.attach_disk(ONE.id, disk)
        await hypervisor.attach_nic(ONE.id, nic)
    assert await hypervisor.running() == {ONE.id}
    await hypervisor.shut_down(ONE.id)
    for _ in range(2):
        await hypervisor.detach_disk(ONE.id, "v")
        await hypervisor.detach_nic(ONE.id, "p")
    volume.unlink()
    await hypervisor.ensure_started(ONE.id)
    assert await hypervisor.running() == {ONE.id}


async def test_root_disks_come_from_images_and_grow(hypervisor: Any, tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    image.write_bytes(b"boot" + bytes((1 << 20) - 4))
    source = ImageSource(format="raw", path=str(image), size_bytes=1 << 20)
    made = await asyncio.gather(*(hypervisor.ensure_root_disk(f"s{i}", "i", 1, source) for i in range(3)))
    image.unlink()
    assert len({str(connection) for connection in made}) == 3
    assert set(await hypervisor.images()) == {"i"}
    assert await hypervisor.ensure_root_disk("s0", "i", 2, source) == made[0]
    blank = await hypervisor.ensure_blank_disk("s0", "swap", 64)
    assert blank == await hypervisor.ensure_blank_disk("s0", "swap", 64) != made[0]
    export = Path(await hypervisor.export_root_disk("s0"))
    assert export.read_bytes()[:4] == b"QFI\xfb"
    assert int.from_bytes(export.read_bytes()[24:32], "big") == 2 << 30
    for i in range(3):
        await hypervisor.ensure_root_disk_gone(f"s{i}")
    assert not export.exists()
    await hypervisor.ensure_image_gone("i")
    assert await hypervisor.images() == {}


async def test_the_host_says_what_it_has(hypervisor: Any, technology: str) -> None:
    resources = await hypervisor.resources()
    assert resources.vcpus > 0
    assert resources.memory_mib > 0
    assert resources.disk_gb > 0
    assert resources.hypervisor_type == {"fake": "fake", "qemu": "QEMU"}[technology]


async def test_simulated_machines_say_so_and_fail_when_told_to(tmp_path: Path) -> None:
    driver: Any = load("haneul.compute.hypervisor", "fake")(HostSettings("h", tmp_path))
    driver.knobs.fail["ensure_running"] = 1
    with pytest.raises(DriverError):
        await driver.ensure_running(ONE)
    await driver.ensure_running(ONE)
    assert b"simulated" in await driver.console_log(ONE.id)
    assert len(await driver.console_log(ONE.id, 10)) == 10
    seen: list[tuple[str, PowerState]] = []
    driver.watch(lambda *change: seen.append(change))
    driver.happen(ONE.id, PowerState.CRASHED)
    assert seen == [(ONE.id, PowerState.CRASHED)]
    assert await driver.machines() == {ONE.id: PowerState.CRASHED}


@pytest.fixture
async def qemu(tmp_path: Path) -> AsyncIterator[Any]:
    driver: Any = load("haneul.compute.hypervisor", "qemu")(HostSettings("h", tmp_path, dict(OPTIONS)))
    await driver.start()
    yield driver
    await driver.ensure_gone(ONE.id)
    await driver.close()


@pytest.mark.qemu
async def test_a_lost_process_is_a_crash_and_is_told(qemu: Any, tmp_path: Path) -> None:
    assert isinstance(qemu, Watches)
    told: asyncio.Queue[tuple[str, PowerState]] = asyncio.Queue()
    qemu.watch(lambda *change: told.put_nowait(change))
    await qemu.ensure_running(ONE)
    os.kill(int((tmp_path / "qemu/machines" / ONE.id / "pid").read_text()), signal.SIGKILL)
    assert await told.get() == (ONE.id, PowerState.CRASHED)
    assert await qemu.machines() == {ONE.id: PowerState.CRASHED}
    await qemu.ensure_running(ONE)
    assert await qemu.machines() == {ONE.id: PowerState.RUNNING}


@pytest.mark.qemu
async def test_a_pid_that_was_given_to_another_process_is_no_machine(qemu: Any, tmp_path: Path) -> None:
    await qemu.ensure_running(ONE)
    await qemu.shut_down(ONE.id)
    (tmp_path / "qemu/machines" / ONE.id / "pid").write_text(str(os.getpid()))
    again: Any = load("haneul.compute.hypervisor", "qemu")(HostSettings("h", tmp_path, dict(OPTIONS)))
    await again.start()
    assert await again.machines() == {ONE.id: PowerState.SHUTDOWN}
    await again.ensure_gone(ONE.id)
    await again.close()


@pytest.mark.qemu
async def test_a_machine_that_cannot_start_says_why_and_leaves_no_process(qemu: Any) -> None:
    missing = DiskSpec(id="d", connection={"kind": "file", "path": "/nowhere", "format": "raw"})
    with pytest.raises(DriverError, match="No such file"):
        await qemu.ensure_running(MachineSpec(id=ONE.id, name="x", vcpus=1, memory_mib=64, disks=[missing]))
    assert await qemu.machines() == {ONE.id: PowerState.CRASHED}
    assert await qemu.running() == set()


DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from haneul.kernel.commands import run
from haneul.kernel.drivers import HostSettings, load
from haneul.services.compute.drivers.qemu.qmp import Qmp

folder, machine_id, call, fatal = sys.argv[1:]
execute = Qmp.execute

async def execute_and_die(qmp, command, *given, **named):
    answer = await execute(qmp, command, *given, **named)
    if command == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

async def main():
    settings = HostSettings("h", Path(folder), {"accelerator": "tcg"})
    driver = load("haneul.compute.hypervisor", "qemu")(settings)
    await driver.start()
    Qmp.execute = execute_and_die
    await getattr(driver, call)(machine_id)

asyncio.run(main())
"""


@pytest.mark.qemu
@pytest.mark.parametrize(
    ("call", "command"),
    [
        ("suspend", "stop"),
        ("suspend", "migrate"),
        ("suspend", "quit"),
        ("resume", "migrate-incoming"),
        ("resume", "cont"),
    ],
)
async def test_no_death_of_the_agent_loses_what_a_suspended_machine_was_doing(
    qemu: Any, tmp_path: Path, call: str, command: str
) -> None:
    """The agent dies right after it gave QEMU the command; the next one repeats the call."""
    await qemu.ensure_running(ONE)
    if call == "resume":
        await qemu.suspend(ONE.id)
    await qemu.close()
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DYING, str(tmp_path), ONE.id, call, command
    )
    assert await agent.wait() == -signal.SIGKILL
    await qemu.start()
    suspended = call == "suspend"
    committed = command in ("quit", "cont")
    runs = suspended is not committed
    assert await qemu.machines() == {ONE.id: PowerState.RUNNING if runs else PowerState.SHUTDOWN}
    for _ in range(2):
        await getattr(qemu, call)(ONE.id)
    assert await qemu.running() == (set() if suspended else {ONE.id})
    assert (tmp_path / "qemu/machines" / ONE.id / "memory").exists() is suspended
    if suspended:
        await qemu.resume(ONE.id)
    assert await qemu.machines() == {ONE.id: PowerState.RUNNING}


@pytest.mark.qemu
async def test_images_are_kept_while_they_are_used(hypervisor: Any, tmp_path: Path) -> None:
    image = tmp_path / "image.raw"
    image.write_bytes(bytes(1 << 20))
    source = ImageSource(format="raw", path=str(image), size_bytes=1 << 20)
    await hypervisor.ensure_image("idle", source)
    await hypervisor.ensure_root_disk("s", "used", 1, source)
    await hypervisor.ensure_images_within(3600, 1)
    assert set(await hypervisor.images()) == {"idle", "used"}
    await hypervisor.ensure_images_within(0, 1)
    assert set(await hypervisor.images()) == {"used"}
    await hypervisor.ensure_root_disk_gone("s")
    await hypervisor.ensure_images_within(0, 1)
    assert await hypervisor.images() == {}


async def test_one_fetch_serves_all_and_a_damaged_image_none(qemu: Any, tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(b"x")
    wrong = ImageSource(format="raw", path=str(tmp_path / "image"), checksum="00")
    with pytest.raises(DriverError, match="sha256"):
        await qemu.ensure_root_disk("s", "i", 1, wrong)
    assert await qemu.images() == {}


async def test_a_machine_can_be_described_anew_while_it_stands_still(hypervisor: Any) -> None:
    assert await hypervisor.description(ONE.id) is None
    await hypervisor.ensure_running(ONE)
    assert await hypervisor.description(ONE.id) == ONE
    larger = msgspec.structs.replace(ONE, memory_mib=96)
    for _ in range(2):
        await hypervisor.ensure_stopped(larger)
    assert await hypervisor.machines() == {ONE.id: PowerState.SHUTDOWN}
    await hypervisor.ensure_started(ONE.id)
    assert await hypervisor.description(ONE.id) == larger
    await hypervisor.ensure_gone(ONE.id)
    await hypervisor.ensure_stopped(ONE)
    assert await hypervisor.machines() == {ONE.id: PowerState.SHUTDOWN}


async def test_a_root_disk_that_was_set_aside_can_be_brought_back(
    hypervisor: Any, technology: str, tmp_path: Path
) -> None:
    async def holds() -> tuple[int, list[bytes]]:
        """The size of the disk in GiB, and which of the images it holds; a simulated one has no content."""
        raw = Path(await hypervisor.export_root_disk("s")).read_bytes()
        return int.from_bytes(raw[24:32], "big") >> 30, [t for t in (b"the1", b"the2") if t in raw]

    def held(size_gb: int, text: bytes) -> tuple[int, list[bytes]]:
        return size_gb, [text] if technology == "qemu" else []

    assert isinstance(hypervisor, SetsDisksAside)
    for number in (1, 2):
        (tmp_path / f"{number}.raw").write_bytes(b"the%d" % number + bytes((1 << 20) - 4))
    one, two = (
        ImageSource(format="raw", path=str(tmp_path / f"{n}.raw"), size_bytes=1 << 20) for n in (1, 2)
    )
    await hypervisor.set_root_disk_aside("s", copied=False)
    first = await hypervisor.ensure_root_disk("s", "one", 1, one)
    assert await holds() == held(1, b"the1")
    for copied in (False, True):
        for _ in range(2):
            await hypervisor.set_root_disk_aside("s", copied=copied)
        assert await hypervisor.ensure_root_disk("s", "two", 2, two) == first
        assert await holds() == held(2, b"the1" if copied else b"the2")
        await hypervisor.ensure_image_gone("one")
        for _ in range(2):
            await hypervisor.bring_root_disk_back("s")
        assert await holds() == held(1, b"the1")
    await hypervisor.set_root_disk_aside("s", copied=True)
    await hypervisor.ensure_root_disk("s", "one", 3, one)
    for _ in range(2):
        await hypervisor.drop_root_disk_aside("s")
    await hypervisor.bring_root_disk_back("s")
    assert await holds() == held(3, b"the1")
    await hypervisor.set_root_disk_aside("s", copied=False)
    for _ in range(2):  # it is the only one
        await hypervisor.drop_root_disk_aside("s")
    assert await holds() == held(3, b"the1")
    await hypervisor.ensure_root_disk_gone("s")


async def test_empty_disks_keep_their_data_grow_and_are_set_aside(
    hypervisor: Any, technology: str, tmp_path: Path
) -> None:
    """A swap disk holds nothing, so it may also shrink."""
    for _ in range(2):
        data = await hypervisor.ensure_blank_disk("s", "ephemeral0", 64, "ext4")
        await hypervisor.ensure_blank_disk("s", "swap", 32, "swap")
    assert await hypervisor.ensure_blank_disk("s", "ephemeral0", 128, "ext4") == data
    await hypervisor.ensure_blank_disk("s", "swap", 16, "swap")

    async def sizes() -> dict[str, int]:
        if technology == "fake":
            return {k.split("/")[1]: disk.size_mib for k, disk in hypervisor.disks().items()}
        folder = Path(data["path"]).parent
        return {path.stem: path.stat().st_size >> 20 for path in folder.glob("*.raw")}

    assert await sizes() == {"ephemeral0": 128, "swap": 16}
    for copied in (False, True):
        for _ in range(2):
            await hypervisor.set_root_disk_aside("s", copied=copied)
        await hypervisor.ensure_blank_disk("s", "ephemeral0", 256, "ext4")
        await hypervisor.ensure_blank_disk("s", "swap", 48, "swap")
        for _ in range(2):
            await hypervisor.bring_root_disk_back("s")
        assert await sizes() == {"ephemeral0": 128, "swap": 16}
    if technology == "qemu":
        found = (await run("blkid", "-o", "value", "-s", "LABEL", "-s", "TYPE", data["path"])).decode()
        assert found.split() == ["ephemeral0", "ext4"]
    await hypervisor.set_root_disk_aside("s", copied=True)
    await hypervisor.ensure_blank_disk("s", "ephemeral0", 256, "ext4")
    for _ in range(2):
        await hypervisor.drop_root_disk_aside("s")
    await hypervisor.bring_root_disk_back("s")
    assert await sizes() == {"ephemeral0": 256, "swap": 16}
    await hypervisor.ensure_root_disk_gone("s")

"""One real guest, seen from inside: what the books say is what it has."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from guest_network import ADDRESS, GuestNetwork, name

from haneul.kernel.disks import disk_files
from haneul.kernel.drivers import HostSettings, load
from haneul.kernel.errors import DriverError
from haneul.services.compute.drivers.interface import DiskSpec, ImageSource, MachineSpec, PowerState
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.qemu, pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

SERVER = "0d9d9a55-8f0c-4ee5-9d5e-5d3f7a3c0001"


def about(uuid: str, hostname: str, key: str) -> bytes:
    return json.dumps({"uuid": uuid, "hostname": hostname, "public_keys": {"mine": key + "\n"}}).encode()


@pytest.fixture(scope="module")
def network() -> Iterator[GuestNetwork]:
    with tempfile.TemporaryDirectory() as folder, GuestNetwork(name(), Path(folder)) as network:
        latest = network.folder / "openstack/latest"
        (latest / "meta_data.json").write_bytes(about(SERVER, "guest.example.org", network.public_key))
        (latest / "user_data").write_text("#!/bin/sh\necho data of the user ran as $(id -un)\n")
        yield network


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def hypervisor() -> AsyncIterator[Any]:
    """In a folder that QEMU's own account can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory(dir="/tmp") as state:
        driver = new_driver(Path(state) / "hosts/h")
        await driver.start()
        yield driver
        await driver.ensure_gone(SERVER)
        await driver.close()


def new_driver(folder: Path) -> Any:
    return load("haneul.compute.hypervisor", "qemu")(HostSettings("h", folder, {"accelerator": "tcg"}))


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def spec(hypervisor: Any, network: GuestNetwork, guest_image: Path) -> MachineSpec:
    root = await hypervisor.ensure_root_disk(SERVER, "image", 1, ImageSource(path=str(guest_image)))
    return MachineSpec(
        id=SERVER,
        name="guest",
        vcpus=1,
        memory_mib=128,
        disks=[DiskSpec(id=SERVER, connection=root, boot_index=0)],
        nics=[network.nic(0)],
    )


@pytest_asyncio.fixture(loop_scope="module")
async def guest(hypervisor: Any, network: GuestNetwork, spec: MachineSpec) -> Any:
    """The driver, whose machine is up."""
    if SERVER not in await hypervisor.running():
        await hypervisor.ensure_running(spec)
        await hypervisor_says(hypervisor, b"user data ended")
    return hypervisor


async def hypervisor_says(hypervisor: Any, text: bytes) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while text not in await hypervisor.console_log(SERVER):  # noqa: ASYNC110 - the guest sends no event
            await asyncio.sleep(0.2)


async def becomes(network: GuestNetwork, command: str, wanted: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await network.ssh(command) != wanted:  # noqa: ASYNC110 - the guest sends no event
            await asyncio.sleep(0.2)


async def test_the_guest_knows_its_name_address_and_key(guest: Any, network: GuestNetwork) -> None:
    await hypervisor_says(guest, b"guest login:")
    log = (await guest.console_log(SERVER)).decode()
    assert "host name: guest" in log
    assert f"address: eth0 {ADDRESS}/24" in log
    assert "data of the user ran as root" in log
    assert await network.ssh("id -un; sudo -n id -u; cat /sys/class/net/eth0/mtu") == "haneul\n0\n1450"
    assert int(await network.ssh("df -m / | awk 'END {print $2}'")) > 900


async def test_qemu_is_not_root(guest: Any, hypervisor: Any) -> None:
    (pid,) = [p for p in Path("/proc").glob("[0-9]*") if f"guest=haneul-{SERVER}" in command_line(p)]
    assert pid.stat().st_uid != 0
    status = (pid / "status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


def command_line(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


async def test_disks_come_grow_and_go_while_it_runs(guest: Any, network: GuestNetwork) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        volume = Path(folder) / "volume"
        volume.write_bytes(bytes(8 << 20))
        disk = DiskSpec(
            id="6e5f0f3a-52d8-4f4f-9c7e-000000000001",
            connection={"kind": "file", "path": str(volume), "format": "raw"},
        )
        for _ in range(2):
            await guest.attach_disk(SERVER, disk)
        await becomes(network, "cat /sys/block/vdb/serial /sys/block/vdb/size", f"{disk.id[:20]}16384")
        await network.ssh("echo written by the guest | sudo dd of=/dev/vdb conv=notrunc && sync")
        assert volume.read_bytes().startswith(b"written by the guest")
        assert disk_files.is_in_use(volume)
        os.truncate(volume, 16 << 20)
        await guest.disk_grew(SERVER, disk.id)
        await becomes(network, "cat /sys/block/vdb/size", "32768")
        for _ in range(2):
            await guest.detach_disk(SERVER, disk.id)
        assert await network.ssh("ls /sys/block | grep -c vdb || true") == "0"
        assert not disk_files.is_in_use(volume)


async def test_nics_come_and_go_while_it_runs(guest: Any, network: GuestNetwork) -> None:
    for _ in range(2):
        await guest.attach_nic(SERVER, network.nic(1))
    await becomes(network, "cat /sys/class/net/eth1/address || true", network.nic(1).mac)
    for _ in range(2):
        await guest.detach_nic(SERVER, network.nic(1).port_id)
    await becomes(network, "ls /sys/class/net | grep -c eth1 || true", "0")
    await guest.attach_nic(SERVER, network.nic(1))
    await guest.detach_nic(SERVER, network.nic(1).port_id)


async def test_a_running_root_disk_is_exported_whole(guest: Any, network: GuestNetwork) -> None:
    export = Path(await guest.export_root_disk(SERVER))
    found = await disk_files.details(export, "qcow2")
    assert found["virtual-size"] == 1 << 30
    assert "backing-filename" not in found
    assert found["actual-size"] > 10 << 20
    assert await network.ssh("echo alive") == "alive"
    await guest.ensure_export_gone(SERVER)
    assert not export.exists()


async def test_consoles_answer(guest: Any) -> None:
    consoles = await guest.consoles(SERVER)
    reader, writer = await asyncio.open_unix_connection(consoles.vnc)
    assert (await reader.readexactly(12)).startswith(b"RFB 003.")
    writer.close()
    reader, writer = await asyncio.open_unix_connection(consoles.serial)
    writer.write(b"\n")
    assert b"login:" in await asyncio.wait_for(reader.readuntil(b"login:"), PATIENCE_S)
    writer.close()
    assert (await guest.screenshot(SERVER)).startswith(b"\x89PNG")


async def test_an_agent_that_starts_again_takes_over(
    guest: Any, hypervisor: Any, network: GuestNetwork
) -> None:
    before = await network.ssh("cat /proc/sys/kernel/random/boot_id")
    await hypervisor.close()
    await hypervisor.start()
    assert await hypervisor.machines() == {SERVER: PowerState.RUNNING}
    await hypervisor.pause(SERVER)
    await hypervisor.unpause(SERVER)
    assert await network.ssh("cat /proc/sys/kernel/random/boot_id") == before


async def test_a_suspended_guest_goes_on_with_all_it_has(guest: Any, network: GuestNetwork) -> None:
    boot = await network.ssh("cat /proc/sys/kernel/random/boot_id")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        volume = Path(folder) / "volume"
        volume.write_bytes(bytes(8 << 20))
        disk = DiskSpec(id="late", connection={"kind": "file", "path": str(volume), "format": "raw"})
        await guest.attach_disk(SERVER, disk)
        await becomes(network, "cat /sys/block/vdb/size", "16384")
        worker = await network.ssh("sleep 999 >/dev/null 2>&1 & echo $!")
        await guest.suspend(SERVER)
        assert await guest.running() == set()
        assert not disk_files.is_in_use(volume)
        await guest.resume(SERVER)
        assert await network.ssh("cat /proc/sys/kernel/random/boot_id") == boot
        assert await network.ssh(f"cat /proc/{worker}/comm") == "sleep"
        await network.ssh("echo written afterwards | sudo dd of=/dev/vdb conv=notrunc && sync")
        assert volume.read_bytes().startswith(b"written afterwards")
        await guest.detach_disk(SERVER, disk.id)


async def test_it_shuts_down_by_itself_and_by_request(
    guest: Any, network: GuestNetwork, spec: MachineSpec
) -> None:
    told: asyncio.Queue[tuple[str, PowerState]] = asyncio.Queue()
    guest.watch(lambda *change: told.put_nowait(change))
    await network.ssh("sudo poweroff")
    assert await asyncio.wait_for(told.get(), PATIENCE_S) == (SERVER, PowerState.SHUTDOWN)

    drive = {"openstack/latest/meta_data.json": about("another", "driven", network.public_key)}
    await guest.ensure_running(msgspec.structs.replace(spec, config_drive=drive))
    await hypervisor_says(guest, b"driven login:")
    assert await network.ssh("hostname") == "driven"
    with pytest.raises(DriverError):
        await guest.attach_disk(SERVER, DiskSpec(id="x", connection={"kind": "file", "path": "/nowhere"}))
    await guest.shut_down(SERVER, 60)
    assert await guest.machines() == {SERVER: PowerState.SHUTDOWN}

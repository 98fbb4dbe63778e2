"""One machine: its folder, its process if it has one, and the conversation with it.

The folder holds `machine.json` (how the machine was last described, and whether it should run), the sockets,
the console log, the config drive and the pid. QEMU is told not to exit when its guest shuts down: it waits,
so that an agent that was away meanwhile still learns that this was a shutdown and not a crash.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from haneul.kernel import whole_files
from haneul.kernel.errors import DriverError
from haneul.services.compute.drivers.interface import DiskSpec, MachineSpec, NicSpec, PowerState
from haneul.services.compute.drivers.qemu import config_drive, memory, places, process
from haneul.services.compute.drivers.qemu.command_line import (
    Acceleration,
    Places,
    blockdev,
    command_line,
    disk_device,
    machine_type,
    mark,
    nic_device,
    node_name,
    port_name,
    taps,
)
from haneul.services.compute.drivers.qemu.privileges import Account, give
from haneul.services.compute.drivers.qemu.qmp import Event, Qmp, QmpClosed, QmpRefused
from haneul.services.compute.drivers.qemu.taps import open_tap

_STATES = {
    "running": PowerState.RUNNING,
    "prelaunch": PowerState.PAUSED,
    "shutdown": PowerState.SHUTDOWN,
    "guest-panicked": PowerState.CRASHED,
    "internal-error": PowerState.CRASHED,
}
_ASK_AGAIN_S = 5
_UNPLUG_S = 30
UP = {PowerState.RUNNING, PowerState.PAUSED}


class Remembered(Struct, frozen=True):
    spec: MachineSpec
    wanted: PowerState
    places: Places | None = None
    """Where devices sat when the memory was put aside; None: there is no such memory."""


class Machine:
    """Made by `Machine.load` or for a new spec; calls on one machine are serialised by `lock`."""

    def __init__(
        self, folder: Path, spec: MachineSpec, wanted: PowerState, notice: Callable[[str, PowerState], None]
    ) -> None:
        self.folder = folder
        self.spec = spec
        self.state = PowerState.SHUTDOWN if wanted is PowerState.SHUTDOWN else PowerState.CRASHED
        self.lock = asyncio.Lock()
        self._wanted = wanted
        self._notice = notice
        self._pid = 0
        self._qmp: Qmp | None = None
        self._end: asyncio.Task[None] | None = None
        self._host_goes_down = False
        self._places: Places | None = None

    @classmethod
    def load(cls, folder: Path, notice: Callable[[str, PowerState], None]) -> Machine:
        known = msgspec.json.decode((folder / "machine.json").read_bytes(), type=Remembered)
        machine = cls(folder, known.spec, known.wanted, notice)
        machine._places = known.places
        return machine

    def remember(self, spec: MachineSpec, wanted: PowerState) -> None:
        """Spec and wish outlive the agent."""
        self.spec, self._wanted = spec, wanted
        remembered = msgspec.json.encode(Remembered(spec, wanted, self._places))
        whole_files.write(self.folder / "machine.json", remembered)

    # Starting, finding again, ending

    async def start(self, acceleration: Acceleration, account: Account | None) -> None:
        """The guest runs, from the beginning. Nothing is left of a start that fails."""
        self._forget_memory(PowerState.RUNNING)
        self.state = PowerState.CRASHED
        await self._begin(acceleration, account)
        try:
            await self.qmp.execute("cont")
        except BaseException:
            await self.stop_process()
            raise
        self.state = PowerState.RUNNING

    async def suspend(self) -> None:
        """It does not run, and its memory is in its folder. If that fails, it runs on."""
        if self._places is not None:
            return
        if self.state not in UP:
            raise DriverError(f"Machine {self.spec.id} is {self.state}.")
        sat = await places.find(self.qmp)
        await memory.save(self.qmp, self._memory)
        try:
            self._places = sat
            self.remember(self.spec, PowerState.SHUTDOWN)  # from here on the file counts, not the process
        except BaseException:
            self._places = None
            await self._run_on()
            raise
        await self.stop_process()
        self.state = PowerState.SHUTDOWN

    async def resume(self, acceleration: Acceleration, account: Account | None) -> None:
        """The guest runs on from its memory. If that fails, the memory is there for another try."""
        if self._places is None:
            raise DriverError(f"Machine {self.spec.id} is not suspended.")
        await self._begin(acceleration, account, self._places)
        try:
            await memory.load(self.qmp, self._memory)
            self._forget_memory(PowerState.RUNNING)  # before the guest writes: the file never fits again
            await self.qmp.execute("cont")
        except QmpClosed as closed:
            await self.stop_process()
            raise DriverError(f"Machine {self.spec.id} did not resume: {self._last_words()}") from closed
        except BaseException:
            await self.stop_process()
            raise
        self.state = PowerState.RUNNING

    async def reattach(self) -> None:
        """The state is what it truly is, after a time in which nobody looked."""
        try:
            self._pid = int((self.folder / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return
        if not process.runs(self._pid, mark(self.spec.id)):
            self._pid = 0
            return
        if self._places is not None:  # the agent died before it ended the process, whose memory is kept
            await self.stop_process()
            return
        await self._converse()
        status = (await self.qmp.execute("query-status"))["status"]
        if status == "prelaunch":  # the agent died between starting and letting go
            await self.qmp.execute("cont")
            status = "running"
        self.state = _STATES.get(status, PowerState.PAUSED)
        if self.state is PowerState.PAUSED and self._memory.exists():  # it died while it suspended or resumed
            await self._run_on()
        if self.state is PowerState.SHUTDOWN:
            await self._retire()

    async def stop_process(self) -> None:
        """No process is left; QEMU is asked to close its disks first."""
        qmp, self._qmp = self._qmp, None
        if self._end is not None and self._end is not asyncio.current_task():
            self._end.cancel()
        if qmp is not None:
            try:
                await qmp.execute("quit", timeout_s=5)
                await process.wait_gone(self._pid, 5)
            except DriverError:
                pass  # it is killed below
            await qmp.close()
        if self._pid:
            await process.kill(self._pid, mark(self.spec.id))
            process.is_alive(self._pid)
        (self.folder / "pid").unlink(missing_ok=True)
        self._pid = 0

    async def shut_down(self, timeout_s: float) -> None:
        """It does not run and should not; the guest was given the time to end by itself."""
        self._forget_memory(PowerState.SHUTDOWN)
        if timeout_s and self.state is PowerState.RUNNING:
            await self._ask_guest(timeout_s)
        await self.stop_process()
        self.state = PowerState.SHUTDOWN

    async def go_down_with_host(self, timeout_s: float) -> None:
        """Its process is gone, and it is wanted as before: whoever brings the host up again starts it."""
        self._host_goes_down = True
        if self.state is PowerState.RUNNING:
            await self._ask_guest(timeout_s)
        await self.stop_process()

    async def let_go(self) -> None:
        """The agent forgets the machine, which runs on."""
        if self._end is not None:
            self._end.cancel()
        if self._qmp is not None:
            await self._qmp.close()
            self._qmp = None

    @property
    def qmp(self) -> Qmp:
        if self._qmp is None:
            raise DriverError(f"Machine {self.spec.id} is {self.state}.")
        return self._qmp

    # Devices

    async def attach_disk(self, disk: DiskSpec, account: Account | None) -> None:
        if self.state in UP and not await self._has(f"disk-{disk.id}"):
            give(Path(disk.connection["path"]), account)
            bus = await self._free_port() if disk.bus == "virtio" else None
            await self._add_block_node(blockdev(disk))
            try:
                await self.qmp.execute("device_add", disk_device(disk, bus))
            except DriverError:
                await self.qmp.execute("blockdev-del", {"node-name": node_name(disk.id)})
                raise
        others = [known for known in self.spec.disks if known.id != disk.id]
        self.remember(msgspec.structs.replace(self.spec, disks=[*others, disk]), self._wanted)

    async def detach_disk(self, disk_id: str) -> None:
        if self.state in UP:
            await self._unplug(f"disk-{disk_id}")
            await self._drop_block_node(node_name(disk_id))
        left = [disk for disk in self.spec.disks if disk.id != disk_id]
        self.remember(msgspec.structs.replace(self.spec, disks=left), self._wanted)

    async def attach_nic(self, nic: NicSpec) -> None:
        if self.state in UP and not await self._has(f"nic-{nic.port_id}"):
            bus = await self._free_port()
            if nic.connection["kind"] == "tap":
                await self._add_tap(nic)
            try:
                await self.qmp.execute("device_add", nic_device(nic, bus))
            except DriverError:
                await self._drop_netdev(nic.port_id)
                raise
        others = [known for known in self.spec.nics if known.port_id != nic.port_id]
        self.remember(msgspec.structs.replace(self.spec, nics=[*others, nic]), self._wanted)

    async def detach_nic(self, port_id: str) -> None:
        if self.state in UP:
            await self._unplug(f"nic-{port_id}")
            await self._drop_netdev(port_id)
        left = [nic for nic in self.spec.nics if nic.port_id != port_id]
        self.remember(msgspec.structs.replace(self.spec, nics=left), self._wanted)

    async def copy_disk(self, disk_id: str, path: Path, format: str) -> None:
        """The new file holds the disk as it was when this began."""
        source, target = node_name(disk_id), "copy" + node_name(disk_id)[:20]
        file = {"driver": "file", "filename": str(path)}
        backup = {"job-id": target, "device": source, "target": target, "sync": "full"}
        await self._add_block_node({"driver": format, "node-name": target, "file": file})
        try:
            with self.qmp.expect(lambda event: _is_end_of(event, target)) as end:
                await self.qmp.execute("blockdev-backup", backup)
                data = (await end)["data"]
            if "error" in data:
                raise DriverError(f"Disk {disk_id} could not be copied: {data['error']}")
        finally:
            await self._drop_block_node(target)

    # Inside

    @property
    def _drive(self) -> Path:
        return self.folder / "config-2.iso"

    @property
    def _memory(self) -> Path:
        return self.folder / "memory"

    async def _run_on(self) -> None:
        """It was not suspended after all."""
        await memory.run_on(self.qmp)
        self._memory.unlink(missing_ok=True)
        self.state = PowerState.RUNNING

    def _forget_memory(self, wanted: PowerState) -> None:
        self._places = None
        self.remember(self.spec, wanted)
        self._memory.unlink(missing_ok=True)

    async def _begin(
        self, acceleration: Acceleration, account: Account | None, sat: Places | None = None
    ) -> None:
        """A process is there and talks; its guest does not run yet. Nothing is left if that fails."""
        await self._prepare_folder(account)
        opened: list[int] = []
        try:
            for nic in taps(self.spec):
                opened.append(await open_tap(nic.connection))
            drive = self._drive if self.spec.config_drive is not None else None
            command = command_line(self.spec, acceleration, drive, sat)
            self._pid = process.spawn(command, self.folder, self.folder / "qemu.log", account, opened)
        finally:
            for tap in opened:
                os.close(tap)
        try:
            whole_files.write(self.folder / "pid", str(self._pid), outlives_power=False)
            await self._converse_with_new()
        except BaseException:
            await self.stop_process()
            raise

    async def _prepare_folder(self, account: Account | None) -> None:
        """What QEMU needs is there and its own; what an earlier process left is not."""
        for name in ("qmp.sock", "vnc.sock", "serial.sock", "pid"):
            (self.folder / name).unlink(missing_ok=True)
        log = self.folder / "console.log"
        log.touch(mode=0o600)
        if self.spec.config_drive is not None:
            await config_drive.write(self.spec.config_drive, self._drive)
            give(self._drive, account)
        give(log, account)
        if account is not None:
            os.chown(self.folder, account.uid, account.gid)
        for disk in self.spec.disks:
            if "path" in disk.connection:
                give(Path(disk.connection["path"]), account)

    async def _converse_with_new(self) -> None:
        """The process has come so far that it talks; DriverError with its last words if it does not."""
        deadline = asyncio.get_running_loop().time() + 30
        while process.is_alive(self._pid) and asyncio.get_running_loop().time() < deadline:
            try:
                await self._converse()
                return
            except (FileNotFoundError, ConnectionRefusedError, QmpClosed):
                await asyncio.sleep(0.002)
        raise DriverError(f"Machine {self.spec.id} did not start: {self._last_words()}")

    def _last_words(self) -> str:
        words = (self.folder / "qemu.log").read_text(errors="replace").strip()[-500:]
        return words or "QEMU said nothing"

    async def _converse(self) -> None:
        self._qmp = await Qmp.connect(self.folder / "qmp.sock", self._hear)
        self._end = asyncio.create_task(self._watch_end(self._qmp))

    def _hear(self, event: Event) -> None:
        match event["event"]:
            case "STOP" if self.state is PowerState.RUNNING:
                self.state = PowerState.PAUSED
            case "RESUME":
                self.state = PowerState.RUNNING
            case "SHUTDOWN":
                self.state = PowerState.SHUTDOWN

    async def _watch_end(self, qmp: Qmp) -> None:
        """Follows the machine to its end: the guest's shutdown, or the loss of its process."""
        with qmp.expect(lambda event: event["event"] == "SHUTDOWN") as shutdown:
            await asyncio.wait([shutdown])
        async with self.lock:
            if self._qmp is not qmp:
                return  # it was ended on purpose
            if self.state is PowerState.SHUTDOWN:
                await self._retire()
            else:
                self._qmp, self._pid = None, 0
                self.state = PowerState.CRASHED
        self._notice(self.spec.id, self.state)

    async def _retire(self) -> None:
        """The guest shut itself down: the process that waited to tell so has done its duty."""
        if self._host_goes_down:
            return
        self.remember(self.spec, PowerState.SHUTDOWN)
        await self.stop_process()
        self.state = PowerState.SHUTDOWN

    async def _ask_guest(self, timeout_s: float) -> None:
        """Asks again and again, because a guest that still boots does not hear the first time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        with self.qmp.expect(lambda event: event["event"] == "SHUTDOWN") as shutdown:
            while not shutdown.done() and (left := deadline - loop.time()) > 0:
                try:
                    await self.qmp.execute("system_powerdown")
                except QmpClosed:
                    return
                await asyncio.wait([shutdown], timeout=min(left, _ASK_AGAIN_S))

    async def _free_port(self) -> str | None:
        """A root port with nothing in it."""
        if machine_type(self.spec) != "q35":
            return None
        now = await places.find(self.qmp)
        taken = {place.get("bus") for place in now.at.values()}
        for index in range(now.ports):
            if port_name(index) not in taken:
                return port_name(index)
        raise DriverError(f"Machine {self.spec.id} has no free slot for another device.")

    async def _has(self, device_id: str) -> bool:
        return device_id in await places.names(self.qmp)

    async def _unplug(self, device_id: str) -> None:
        """The guest has let go of the device."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _UNPLUG_S
        with self.qmp.expect(lambda event: _is_removal_of(event, device_id)) as removed:
            while await self._has(device_id):
                try:
                    await self.qmp.execute("device_del", {"id": device_id})
                except QmpRefused as refusal:
                    if "in the process of unplug" not in refusal.text:
                        raise
                await asyncio.wait([removed], timeout=_ASK_AGAIN_S)
                if not removed.done() and loop.time() > deadline:
                    raise DriverError(f"The guest of {self.spec.id} does not let go of {device_id}.")

    async def _add_block_node(self, node: dict[str, Any]) -> None:
        """A node of an earlier try that was cut short is replaced."""
        await self._drop_block_node(node["node-name"])
        await self.qmp.execute("blockdev-add", node)

    async def _drop_block_node(self, name: str) -> None:
        nodes = await self.qmp.execute("query-named-block-nodes", {"flat": True})
        if any(node["node-name"] == name for node in nodes):
            await self.qmp.execute("blockdev-del", {"node-name": name})

    async def _add_tap(self, nic: NicSpec) -> None:
        await self._drop_netdev(nic.port_id)
        tap = await open_tap(nic.connection)
        name = f"net-{nic.port_id}"
        try:
            await self.qmp.execute("getfd", {"fdname": name}, pass_fd=tap)
            await self.qmp.execute("netdev_add", {"type": "tap", "id": name, "fd": name})
        finally:
            os.close(tap)

    async def _drop_netdev(self, port_id: str) -> None:
        try:
            await self.qmp.execute("netdev_del", {"id": f"net-{port_id}"})
        except QmpRefused as refusal:
            if "not found" not in refusal.text:
                raise


def _is_end_of(event: Event, job: str) -> bool:
    ends = ("BLOCK_JOB_COMPLETED", "BLOCK_JOB_CANCELLED")
    return event["event"] in ends and event["data"]["device"] == job


def _is_removal_of(event: Event, device_id: str) -> bool:
    return event["event"] == "DEVICE_DELETED" and event["data"].get("device") == device_id

"""A hypervisor that only keeps books: what `haneul up --simulate` and most tests use.

No guest runs and no disk has bytes; it says so wherever somebody might believe otherwise. Its machines
are kept in small journals, so they "run on" while the agent is dead.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from haneul.kernel.disks import empty_qcow2
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.drivers import DriverReport, HostSettings
from haneul.kernel.errors import DriverError, NotFound
from haneul.kernel.journal import Journal
from haneul.kernel.simulation import Knobs
from haneul.services.compute.drivers.interface import (
    ConsoleEndpoints,
    DiskSpec,
    HostResources,
    MachineSpec,
    NicSpec,
    PowerState,
)

_UP = {PowerState.RUNNING, PowerState.PAUSED}


class SimulatedMachine(Struct, frozen=True):
    spec: MachineSpec
    state: PowerState
    starts: int = 1
    is_suspended: bool = False
    grown: tuple[str, ...] = ()
    """The disks of which it was told, since it started, that they are larger."""


class SimulatedDisk(Struct, frozen=True):
    server_id: str
    size_mib: int
    image_id: str = ""
    format: str = ""


SIMULATED_DISK = 1 << 40
"""Bytes of the file system that a simulated host keeps its images on."""


def _aside(key: str) -> str:
    server_id, _, name = key.rpartition("/")
    return f"{server_id}/aside" if name == "root" else f"{server_id}/aside-{name}"


def _own(key: str) -> str:
    server_id, _, name = key.rpartition("/")
    return f"{server_id}/{'root' if name == 'aside' else name.removeprefix('aside-')}"


class FakeHypervisor:
    """Options: vcpus, memory_mib, disk_gb, traits, delay_s, fail (see `Knobs`)."""

    def __init__(self, settings: HostSettings) -> None:
        self._options = settings.options
        self._folder = settings.folder / "fake-hypervisor"
        self.knobs = Knobs(settings.options)
        self._machines = Journal(self._folder / "machines.jsonl", SimulatedMachine)
        self._disks = Journal(self._folder / "disks.jsonl", SimulatedDisk)
        self._images = Journal(self._folder / "images.jsonl", int)
        self._notices: list[Callable[[str, PowerState], None]] = []

    async def start(self) -> None:
        """The journals are read when first needed."""

    async def close(self) -> None:
        """Nothing is held open."""

    async def resources(self) -> HostResources:
        return HostResources(
            vcpus=int(self._options.get("vcpus", 64)),
            memory_mib=int(self._options.get("memory_mib", 256 * 1024)),
            disk_gb=int(self._options.get("disk_gb", 4000)),
            traits=list(self._options.get("traits", ["COMPUTE_NODE", "HW_CPU_X86_SSE42"])),
            hypervisor_type="fake",
            hypervisor_version=1000,
            cpu_model="simulated",
            accelerator="none",
        )

    async def report(self) -> DriverReport:
        return (await self.resources()).report(await self.machines())

    # Machines

    async def machines(self) -> dict[str, PowerState]:
        return {machine_id: machine.state for machine_id, machine in self._machines.entries.items()}

    async def running(self) -> set[str]:
        return {machine_id for machine_id, machine in self._machines.entries.items() if machine.state in _UP}

    async def ensure_running(self, spec: MachineSpec) -> None:
        await self.knobs.enter("ensure_running")
        known = self._machines.entries.get(spec.id)
        if known is None:
            self._machines.put(spec.id, SimulatedMachine(spec, PowerState.RUNNING))
        elif known.state not in _UP:
            self._machines.put(spec.id, SimulatedMachine(spec, PowerState.RUNNING, known.starts + 1))

    async def ensure_started(self, machine_id: str) -> None:
        await self.knobs.enter("ensure_started")
        machine = self._machine(machine_id)
        if machine.state not in _UP:
            starts = machine.starts + 1
            self._change(machine_id, state=PowerState.RUNNING, starts=starts, is_suspended=False, grown=())

    async def ensure_stopped(self, spec: MachineSpec) -> None:
        await self.knobs.enter("ensure_stopped")
        known = self._machines.entries.get(spec.id)
        starts = known.starts if known else 0
        self._machines.put(spec.id, SimulatedMachine(spec, PowerState.SHUTDOWN, starts))

    async def description(self, machine_id: str) -> MachineSpec | None:
        machine = self._machines.entries.get(machine_id)
        return machine.spec if machine else None

    async def ensure_gone(self, machine_id: str) -> None:
        await self.knobs.enter("ensure_gone")
        self._machines.drop(machine_id)

    async def shut_down(self, machine_id: str, timeout_s: float = 0) -> None:
        await self.knobs.enter("shut_down")
        self._change(machine_id, state=PowerState.SHUTDOWN, is_suspended=False)

    async def reboot(self, machine_id: str, *, soft: bool = True, timeout_s: float = 60) -> None:
        await self.knobs.enter("reboot")
        starts = self._machine(machine_id).starts + 1
        self._change(machine_id, state=PowerState.RUNNING, starts=starts, is_suspended=False, grown=())

    async def pause(self, machine_id: str) -> None:
        await self.knobs.enter("pause")
        self._require_up(machine_id)
        self._change(machine_id, state=PowerState.PAUSED)

    async def unpause(self, machine_id: str) -> None:
        await self.knobs.enter("unpause")
        self._require_up(machine_id)
        self._change(machine_id, state=PowerState.RUNNING)

    async def suspend(self, machine_id: str) -> None:
        await self.knobs.enter("suspend")
        if not self._machine(machine_id).is_suspended:
            self._require_up(machine_id)
            self._change(machine_id, state=PowerState.SHUTDOWN, is_suspended=True)

    async def resume(self, machine_id: str, spec: MachineSpec | None = None) -> None:
        await self.knobs.enter("resume")
        machine = self._machine(machine_id)
        if machine.state not in _UP and not machine.is_suspended:
            raise DriverError(f"Machine {machine_id} is not suspended.")
        wired = machine.spec if machine.state in _UP else spec or machine.spec
        self._change(machine_id, spec=wired, state=PowerState.RUNNING, is_suspended=False)

    async def attach_disk(self, machine_id: str, disk: DiskSpec) -> None:
        await self.knobs.enter("attach_disk")
        spec = self._machine(machine_id).spec
        if all(known.id != disk.id for known in spec.disks):
            self._respecify(machine_id, disks=[*spec.disks, disk])

    async def detach_disk(self, machine_id: str, disk_id: str) -> None:
        await self.knobs.enter("detach_disk")
        if machine := self._machines.entries.get(machine_id):
            self._respecify(machine_id, disks=[disk for disk in machine.spec.disks if disk.id != disk_id])

    async def attach_nic(self, machine_id: str, nic: NicSpec) -> None:
        await self.knobs.enter("attach_nic")
        spec = self._machine(machine_id).spec
        if all(known.port_id != nic.port_id for known in spec.nics):
            self._respecify(machine_id, nics=[*spec.nics, nic])

    async def detach_nic(self, machine_id: str, port_id: str) -> None:
        await self.knobs.enter("detach_nic")
        if machine := self._machines.entries.get(machine_id):
            self._respecify(machine_id, nics=[nic for nic in machine.spec.nics if nic.port_id != port_id])

    async def disk_grew(self, machine_id: str, disk_id: str) -> None:
        await self.knobs.enter("disk_grew")
        machine = self._machines.entries.get(machine_id)
        if machine is None or machine.state not in _UP:
            return
        if all(disk.id != disk_id for disk in machine.spec.disks):
            raise NotFound(f"Machine {machine_id} has no disk {disk_id}.")
        self._change(machine_id, grown=(*machine.grown, disk_id))

    async def console_log(self, machine_id: str, length_bytes: int | None = None) -> bytes:
        machine = self._machine(machine_id)
        text = "".join(
            f"Machine {machine.spec.name} is simulated: no guest runs behind this log.\n"
            f"start {number}: {machine.spec.vcpus} vcpus, {machine.spec.memory_mib} MiB, "
            f"{len(machine.spec.disks)} disks, {len(machine.spec.nics)} NICs\n"
            for number in range(1, machine.starts + 1)
        ).encode()
        return text if length_bytes is None else text[max(0, len(text) - length_bytes) :]

    async def consoles(self, machine_id: str) -> ConsoleEndpoints:
        self._machine(machine_id)
        return ConsoleEndpoints(is_simulated=True)

    def watch(self, notice: Callable[[str, PowerState], None]) -> None:
        self._notices.append(notice)

    def happen(self, machine_id: str, state: PowerState) -> None:
        """For tests: the guest shuts itself down, or its machine crashes."""
        self._change(machine_id, state=state)
        for notice in self._notices:
            notice(machine_id, state)

    def spec(self, machine_id: str) -> MachineSpec:
        """For tests: the machine as it is now wired."""
        return self._machine(machine_id).spec

    def grown(self, machine_id: str) -> tuple[str, ...]:
        """For tests: the disks of which the machine was told that they grew."""
        return self._machine(machine_id).grown

    def disks(self) -> dict[str, SimulatedDisk]:
        """For tests: every disk that is kept here, by server and name."""
        return dict(self._disks.entries)

    # Images and disks

    async def ensure_image(self, image_id: str, source: ImageSource) -> None:
        await self.knobs.enter("ensure_image")
        if image_id not in self._images.entries:
            self._images.put(image_id, source.size_bytes or 0)

    async def ensure_image_gone(self, image_id: str) -> None:
        await self.knobs.enter("ensure_image_gone")
        self._images.drop(image_id)

    async def images(self) -> dict[str, int]:
        return dict(self._images.entries)

    async def ensure_images_within(self, unused_s: float, share_max: float) -> None:
        """Simulated images have no age but the order in which they came."""
        await self.knobs.enter("ensure_images_within")
        in_use = {disk.image_id for disk in self._disks.entries.values()}
        size = sum(self._images.entries.values())
        for image_id, bytes_ in list(self._images.entries.items()):
            if image_id not in in_use and (unused_s <= 0 or size > share_max * SIMULATED_DISK):
                self._images.drop(image_id)
                size -= bytes_

    async def ensure_root_disk(
        self, server_id: str, image_id: str, size_gb: int, source: ImageSource
    ) -> dict[str, Any]:
        await self.knobs.enter("ensure_root_disk")
        if image_id not in self._images.entries:
            self._images.put(image_id, source.size_bytes or 0)
        size_mib = max(size_gb * 1024, (source.size_bytes or 0) >> 20)
        return self._ensure_disk(f"{server_id}/root", SimulatedDisk(server_id, size_mib, image_id))

    async def ensure_blank_disk(
        self, server_id: str, name: str, size_mib: int, format: str = ""
    ) -> dict[str, Any]:
        await self.knobs.enter("ensure_blank_disk")
        key = f"{server_id}/{name}"
        known = self._disks.entries.get(key)
        if known is not None and format == "swap" and known.size_mib != size_mib:
            self._disks.drop(key)
        return self._ensure_disk(key, SimulatedDisk(server_id, size_mib, format=format))

    async def ensure_root_disk_gone(self, server_id: str) -> None:
        await self.knobs.enter("ensure_root_disk_gone")
        for key in [k for k, disk in self._disks.entries.items() if disk.server_id == server_id]:
            self._disks.drop(key)
        for export in self._folder.glob(f"{server_id}.*.qcow2"):
            export.unlink(missing_ok=True)

    async def set_root_disk_aside(self, server_id: str, *, copied: bool, with_blank: bool = True) -> None:
        await self.knobs.enter("set_root_disk_aside")
        if self._of(server_id, "aside"):
            return
        for key, disk in self._of(server_id, "own").items():
            if not with_blank and not key.endswith("/root"):
                continue
            self._disks.put(_aside(key), disk)
            if not copied:
                self._disks.drop(key)

    async def bring_root_disk_back(self, server_id: str) -> None:
        await self.knobs.enter("bring_root_disk_back")
        aside = self._of(server_id, "aside")
        if not aside:
            return
        has_blank = any(not key.endswith("/aside") for key in aside)
        for key in self._of(server_id, "own"):
            if has_blank or key.endswith("/root"):
                self._disks.drop(key)
        for key, disk in aside.items():
            self._disks.put(_own(key), disk)
            self._disks.drop(key)

    async def drop_root_disk_aside(self, server_id: str) -> None:
        await self.knobs.enter("drop_root_disk_aside")
        aside = self._of(server_id, "aside")
        if any(_own(key) not in self._disks.entries for key in aside):
            await self.bring_root_disk_back(server_id)
        for key in aside:
            self._disks.drop(key)

    async def export_root_disk(self, server_id: str, name: str = "export") -> str:
        """A true qcow2 of the right size, without content, since a simulated disk has none."""
        await self.knobs.enter("export_root_disk")
        disk = self._disks.entries.get(f"{server_id}/root")
        if disk is None:
            raise DriverError(f"Server {server_id} has no root disk here.")
        path = self._export_path(server_id, name)
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(empty_qcow2.content(disk.size_mib << 20))
        return str(path)

    async def ensure_export_gone(self, server_id: str, name: str = "export") -> None:
        self._export_path(server_id, name).unlink(missing_ok=True)

    # Inside

    def _machine(self, machine_id: str) -> SimulatedMachine:
        machine = self._machines.entries.get(machine_id)
        if machine is None:
            raise NotFound(f"There is no machine {machine_id} on this host.")
        return machine

    def _require_up(self, machine_id: str) -> None:
        state = self._machine(machine_id).state
        if state not in _UP:
            raise DriverError(f"Machine {machine_id} is {state}.")

    def _change(self, machine_id: str, **changes: Any) -> None:
        self._machines.put(machine_id, msgspec.structs.replace(self._machine(machine_id), **changes))

    def _respecify(self, machine_id: str, **changes: Any) -> None:
        self._change(machine_id, spec=msgspec.structs.replace(self._machine(machine_id).spec, **changes))

    def _of(self, server_id: str, which: str) -> dict[str, SimulatedDisk]:
        """The server's `own` disks or those that are kept `aside`, by key."""
        return {
            key: disk
            for key, disk in self._disks.entries.items()
            if disk.server_id == server_id and (_own(key) != key) == (which == "aside")
        }

    def _ensure_disk(self, key: str, wanted: SimulatedDisk) -> dict[str, Any]:
        known = self._disks.entries.get(key)
        if known is None:
            self._disks.put(key, wanted)
        elif known.size_mib < wanted.size_mib:
            self._disks.put(key, msgspec.structs.replace(known, size_mib=wanted.size_mib))
        return {"kind": "simulated", "disk": key, "format": "raw"}

    def _export_path(self, server_id: str, name: str) -> Path:
        return self._folder / f"{server_id}.{name}.qcow2"

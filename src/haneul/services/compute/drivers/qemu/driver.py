"""The QEMU driver: every machine of this host by id, and what the host has.

Each machine is looked after by a `Machine`; this module finds it, takes its lock and says what is missing.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from haneul.kernel.commands import run
from haneul.kernel.disks import disk_files
from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.drivers import DriverReport, HostSettings
from haneul.kernel.errors import DriverError, ImpossibleHere, NotFound
from haneul.services.compute.drivers.interface import (
    ConsoleEndpoints,
    DiskSpec,
    HostResources,
    MachineSpec,
    NicSpec,
    PowerState,
)
from haneul.services.compute.drivers.qemu import accelerator, privileges
from haneul.services.compute.drivers.qemu.command_line import Acceleration, node_name
from haneul.services.compute.drivers.qemu.console_log import ConsoleLog
from haneul.services.compute.drivers.qemu.machine import UP, Machine
from haneul.services.compute.drivers.qemu.root_disks import RootDisks

_TRAIT_OF_FLAG = {
    "sse4_1": "HW_CPU_X86_SSE41",
    "sse4_2": "HW_CPU_X86_SSE42",
    "avx": "HW_CPU_X86_AVX",
    "avx2": "HW_CPU_X86_AVX2",
    "avx512f": "HW_CPU_X86_AVX512F",
    "aes": "HW_CPU_X86_AESNI",
    "vmx": "HW_CPU_X86_VMX",
    "svm": "HW_CPU_X86_SVM",
}
_ABILITIES = [
    "COMPUTE_NODE",
    "COMPUTE_VOLUME_MULTI_ATTACH",
    "COMPUTE_IMAGE_TYPE_QCOW2",
    "COMPUTE_IMAGE_TYPE_RAW",
]
_TIDY_EVERY_S = 30


class QemuHypervisor:
    """Options: accelerator (auto, kvm, tcg), probe_kernel (a path), user (empty: the agent's own)."""

    def __init__(self, settings: HostSettings) -> None:
        self._options = settings.options
        self._folder = settings.folder / "qemu"
        self._machine_folder = self._folder / "machines"
        self._disks = RootDisks(self._folder)
        self._machines: dict[str, Machine] = {}
        self._notices: list[Callable[[str, PowerState], None]] = []
        self._acceleration = Acceleration("tcg", "not tried yet")
        self._account: privileges.Account | None = None
        self._version = 0
        self._tidying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._machine_folder.mkdir(parents=True, exist_ok=True)
        for folder in (self._folder, self._machine_folder):
            folder.chmod(0o711)
        user = self._options.get("user", "haneul-qemu")
        self._account = await asyncio.to_thread(privileges.find, user, self._folder)
        kernel = self._options.get("probe_kernel")
        self._version = await _version()
        self._acceleration = await accelerator.find(
            self._folder, Path(kernel) if kernel else None, self._options.get("accelerator", "auto")
        )
        if self._acceleration.name == "kvm" and self._account and not self._account.may_use_kvm:
            raise ImpossibleHere(
                f"The account {user}, which runs machines, may not use /dev/kvm. Let a group of its own use it "
                "(chgrp kvm /dev/kvm; chmod g+rw /dev/kvm), or choose the agent's option hypervisor.accelerator=tcg."
            )
        await self._disks.start()
        await self._find_machines()
        self._tidying = asyncio.create_task(self._tidy())

    async def close(self) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.wait([self._tidying])
        for machine in self._machines.values():
            await machine.let_go()
        await self._disks.close()

    async def resources(self) -> HostResources:
        cpu = _cpu()
        flags = set(cpu.get("flags", "").split())
        space = os.statvfs(self._folder)
        return HostResources(
            vcpus=len(os.sched_getaffinity(0)),
            memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            disk_gb=space.f_blocks * space.f_frsize >> 30,
            traits=[*_ABILITIES, *(trait for flag, trait in _TRAIT_OF_FLAG.items() if flag in flags)],
            hypervisor_type="QEMU",
            hypervisor_version=self._version,
            cpu_model=cpu.get("model name", ""),
            accelerator=f"{self._acceleration.name}: {self._acceleration.reason}",
        )

    async def report(self) -> DriverReport:
        return (await self.resources()).report(await self.machines())

    async def go_down(self, timeout_s: float) -> None:
        """No machine runs any more; guests had the time to shut down. What is wanted of them stays."""
        await asyncio.gather(*(m.go_down_with_host(timeout_s) for m in self._machines.values()))

    # Machines

    async def machines(self) -> dict[str, PowerState]:
        return {machine_id: machine.state for machine_id, machine in self._machines.items()}

    async def running(self) -> set[str]:
        return {machine_id for machine_id, machine in self._machines.items() if machine.state in UP}

    async def ensure_running(self, spec: MachineSpec) -> None:
        machine = self._machines.get(spec.id) or self._add(spec)
        async with machine.lock:
            if machine.state not in UP:
                await machine.stop_process()
                machine.spec = spec
                await machine.start(self._acceleration, self._account)

    async def ensure_started(self, machine_id: str) -> None:
        await self.ensure_running(self._machine(machine_id).spec)

    async def ensure_stopped(self, spec: MachineSpec) -> None:
        machine = self._machines.get(spec.id) or self._add(spec)
        async with machine.lock:
            machine.spec = spec
            await machine.shut_down(0)

    async def description(self, machine_id: str) -> MachineSpec | None:
        machine = self._machines.get(machine_id)
        return machine.spec if machine else None

    async def ensure_gone(self, machine_id: str) -> None:
        machine = self._machines.get(machine_id)
        if machine is None:
            return
        async with machine.lock:
            await machine.stop_process()
            await asyncio.to_thread(shutil.rmtree, machine.folder, ignore_errors=True)
            self._machines.pop(machine_id, None)

    async def shut_down(self, machine_id: str, timeout_s: float = 0) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.shut_down(timeout_s)

    async def reboot(self, machine_id: str, *, soft: bool = True, timeout_s: float = 60) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.shut_down(timeout_s if soft else 0)
            await machine.start(self._acceleration, self._account)

    async def pause(self, machine_id: str) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.qmp.execute("stop")
            machine.state = PowerState.PAUSED

    async def unpause(self, machine_id: str) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.qmp.execute("cont")
            machine.state = PowerState.RUNNING

    async def suspend(self, machine_id: str) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.suspend()

    async def resume(self, machine_id: str, spec: MachineSpec | None = None) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            if machine.state is PowerState.PAUSED:  # the last step of an earlier try is missing
                await machine.qmp.execute("cont")
                machine.state = PowerState.RUNNING
            elif machine.state is not PowerState.RUNNING:
                machine.spec = spec or machine.spec
                await machine.resume(self._acceleration, self._account)

    async def attach_disk(self, machine_id: str, disk: DiskSpec) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.attach_disk(disk, self._account)

    async def detach_disk(self, machine_id: str, disk_id: str) -> None:
        if machine := self._machines.get(machine_id):
            async with machine.lock:
                await machine.detach_disk(disk_id)

    async def attach_nic(self, machine_id: str, nic: NicSpec) -> None:
        machine = self._machine(machine_id)
        async with machine.lock:
            await machine.attach_nic(nic)

    async def detach_nic(self, machine_id: str, port_id: str) -> None:
        if machine := self._machines.get(machine_id):
            async with machine.lock:
                await machine.detach_nic(port_id)

    async def disk_grew(self, machine_id: str, disk_id: str) -> None:
        machine = self._machines.get(machine_id)
        if machine is None or machine.state not in UP:
            return
        disk = _disk(machine, disk_id)
        size = await disk_files.virtual_size(Path(disk.connection["path"]), disk.format)
        await machine.qmp.execute("block_resize", {"node-name": node_name(disk_id), "size": size})

    async def console_log(self, machine_id: str, length_bytes: int | None = None) -> bytes:
        return ConsoleLog(self._machine(machine_id).folder).end(length_bytes)

    async def consoles(self, machine_id: str) -> ConsoleEndpoints:
        machine = self._machine(machine_id)
        return ConsoleEndpoints(
            vnc=str(machine.folder / "vnc.sock") if machine.spec.has_vnc else None,
            serial=str(machine.folder / "serial.sock") if machine.spec.has_serial else None,
        )

    async def screenshot(self, machine_id: str) -> bytes:
        machine = self._machine(machine_id)
        path = machine.folder / "screenshot.png"
        async with machine.lock:
            await machine.qmp.execute("screendump", {"filename": str(path), "format": "png"})
            try:
                return path.read_bytes()
            finally:
                path.unlink()

    def watch(self, notice: Callable[[str, PowerState], None]) -> None:
        self._notices.append(notice)

    # Images and disks

    async def ensure_image(self, image_id: str, source: ImageSource) -> None:
        await self._disks.ensure_image(image_id, source)

    async def ensure_image_gone(self, image_id: str) -> None:
        await self._disks.ensure_image_gone(image_id)

    async def images(self) -> dict[str, int]:
        return await self._disks.images()

    async def ensure_images_within(self, unused_s: float, share_max: float) -> None:
        await self._disks.ensure_images_within(unused_s, share_max)

    async def ensure_root_disk(
        self, server_id: str, image_id: str, size_gb: int, source: ImageSource
    ) -> dict[str, Any]:
        return await self._disks.ensure_root_disk(server_id, image_id, size_gb, source)

    async def ensure_blank_disk(
        self, server_id: str, name: str, size_mib: int, format: str = ""
    ) -> dict[str, Any]:
        return await self._disks.ensure_blank_disk(server_id, name, size_mib, format)

    async def ensure_root_disk_gone(self, server_id: str) -> None:
        await self._disks.ensure_root_disk_gone(server_id)

    async def set_root_disk_aside(self, server_id: str, *, copied: bool, with_blank: bool = True) -> None:
        await self._disks.set_aside(server_id, copied=copied, with_blank=with_blank)

    async def bring_root_disk_back(self, server_id: str) -> None:
        await self._disks.bring_back(server_id)

    async def drop_root_disk_aside(self, server_id: str) -> None:
        await self._disks.drop_aside(server_id)

    async def export_root_disk(self, server_id: str, name: str = "export") -> str:
        path = str(self._disks.root_disk(server_id))
        machine = self._machines.get(server_id)
        if machine is None:
            return str(await self._disks.export(server_id, name))
        async with machine.lock:
            used = [disk.id for disk in machine.spec.disks if disk.connection.get("path") == path]
            if machine.state not in UP or not used:
                return str(await self._disks.export(server_id, name))
            to = await self._disks.prepare_export(server_id, name)
            await self._copy(machine, used[0], to, "qcow2")
            return str(to)

    async def ensure_export_gone(self, server_id: str, name: str = "export") -> None:
        self._disks.export_path(server_id, name).unlink(missing_ok=True)

    async def copy_disk(self, machine_id: str, disk_id: str, path: str, format: str = "qcow2") -> None:
        machine, to = self._machine(machine_id), Path(path)
        async with machine.lock:
            disk = _disk(machine, disk_id)
            size = await disk_files.virtual_size(Path(disk.connection["path"]), disk.format)
            await run("qemu-img", "create", "-q", "-f", format, to, str(size))
            await self._copy(machine, disk_id, to, format)

    # Inside

    async def _copy(self, machine: Machine, disk_id: str, to: Path, format: str) -> None:
        privileges.give(to, self._account)
        try:
            await machine.copy_disk(disk_id, to, format)
        except BaseException:
            to.unlink(missing_ok=True)
            raise

    def _machine(self, machine_id: str) -> Machine:
        try:
            return self._machines[machine_id]
        except KeyError:
            raise NotFound(f"There is no machine {machine_id} on this host.") from None

    def _add(self, spec: MachineSpec) -> Machine:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", spec.id):
            raise DriverError(f"{spec.id!r} is not an id.")
        folder = self._machine_folder / spec.id
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
        machine = Machine(folder, spec, PowerState.RUNNING, self._notify)
        self._machines[spec.id] = machine
        return machine

    async def _find_machines(self) -> None:
        for folder in self._machine_folder.iterdir():
            if (folder / "machine.json").exists():
                self._machines[folder.name] = Machine.load(folder, self._notify)
            else:  # the agent died before it had described the machine
                shutil.rmtree(folder, ignore_errors=True)
        for machine in self._machines.values():
            with suppress(DriverError):  # a QEMU that does not talk is a crashed machine
                await machine.reattach()

    def _notify(self, machine_id: str, state: PowerState) -> None:
        for notice in self._notices:
            notice(machine_id, state)

    async def _tidy(self) -> None:
        """No guest can fill the disk by talking."""
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            for machine in list(self._machines.values()):
                ConsoleLog(machine.folder).shorten()


def _disk(machine: Machine, disk_id: str) -> DiskSpec:
    for disk in machine.spec.disks:
        if disk.id == disk_id:
            return disk
    raise NotFound(f"Machine {machine.spec.id} has no disk {disk_id}.")


async def _version() -> int:
    output = (await run("qemu-system-x86_64", "--version")).decode()
    match = re.search(r"version (\d+)\.(\d+)\.(\d+)", output)
    if match is None:
        return 0
    major, minor, micro = map(int, match.groups())
    return major * 1_000_000 + minor * 1000 + micro


def _cpu() -> dict[str, str]:
    """What the kernel says of the first processor."""
    first = Path("/proc/cpuinfo").read_text().split("\n\n", 1)[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}

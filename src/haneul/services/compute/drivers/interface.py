"""What a host must be able to do with machines and their local disks.

Every call names the state that is wanted, so it may be repeated: after a lost answer, after a crash of
the caller, after a crash of the agent. What is gone stays gone without complaint. A driver raises
`DriverError`, or `ImpossibleHere` when another host might do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct, field

from haneul.kernel.disks.disk_image import ImageSource
from haneul.kernel.drivers import DriverReport

__all__ = [
    "CachesImages",
    "ConsoleEndpoints",
    "CopiesDisks",
    "DiskSpec",
    "HostResources",
    "Hypervisor",
    "ImageSource",
    "KeepsRootDisks",
    "MachineSpec",
    "NicSpec",
    "Pauses",
    "PowerState",
    "ResizesDisks",
    "SetsDisksAside",
    "Suspends",
    "TakesScreenshots",
]


class PowerState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    SHUTDOWN = "shutdown"
    """It does not run, and that was wanted, perhaps by the guest; its description and disks are there."""
    CRASHED = "crashed"
    """It should run, and its process is gone or its guest has panicked."""


class DiskSpec(Struct, frozen=True, kw_only=True):
    """A disk as the guest sees it."""

    id: str
    connection: dict[str, Any]
    """What `Volumes.connect` or `ensure_root_disk` gave: {"kind": "file", "path": ..., "format": "raw"}."""
    serial: str = ""
    """Empty: the first 20 characters of the id, where clients of OpenStack look for it."""
    bus: str = "virtio"
    boot_index: int | None = None
    read_only: bool = False
    shareable: bool = False
    """Several machines write to it at once (multi-attach)."""

    @property
    def format(self) -> str:
        return self.connection.get("format", "raw")


class NicSpec(Struct, frozen=True, kw_only=True):
    port_id: str
    mac: str
    mtu: int = 1500
    connection: dict[str, Any] = field(default_factory=lambda: {"kind": "none"})
    """{"kind": "tap", "namespace": name, "device": name} or {"kind": "none"} (a NIC without a cable)."""
    model: str = "virtio"


class MachineSpec(Struct, frozen=True, kw_only=True):
    """Everything needed to start a machine. The disk with the lowest boot index is the root disk."""

    id: str
    name: str
    vcpus: int
    memory_mib: int
    uuid: str = ""
    """What the guest reads from SMBIOS; empty: the id."""
    disks: list[DiskSpec] = field(default_factory=list)
    nics: list[NicSpec] = field(default_factory=list)
    config_drive: dict[str, bytes] | None = None
    """Path in the drive -> content, such as openstack/latest/meta_data.json."""
    properties: dict[str, str] = field(default_factory=dict)
    """Image and flavor properties that concern the hardware: hw_machine_type, hw_disk_bus, ..."""
    has_serial: bool = True
    has_vnc: bool = True


class ConsoleEndpoints(Struct, frozen=True, kw_only=True):
    """Paths of unix sockets on the host; None where the machine has no such console."""

    vnc: str | None = None
    serial: str | None = None
    is_simulated: bool = False
    """No machine is behind the consoles: whoever opens one is told so."""


class HostResources(Struct, frozen=True, kw_only=True):
    """What the host has in all, used or not."""

    vcpus: int
    memory_mib: int
    disk_gb: int
    traits: list[str]
    """Standard trait names, such as HW_CPU_X86_AVX2."""
    hypervisor_type: str
    hypervisor_version: int
    """As OpenStack writes it: 7.2.22 is 7002022."""
    cpu_model: str = ""
    accelerator: str = ""

    def report(self, machines: Mapping[str, PowerState]) -> DriverReport:
        """The same for the host's report; how it is placed by is said in placement's classes."""
        return DriverReport(
            facts={
                "hypervisor_type": self.hypervisor_type,
                "hypervisor_version": self.hypervisor_version,
                "cpu_model": self.cpu_model,
                "accelerator": self.accelerator,
            },
            resources={"VCPU": self.vcpus, "MEMORY_MB": self.memory_mib, "DISK_GB": self.disk_gb},
            traits=self.traits,
            states={id: str(state) for id, state in machines.items()},
        )


class Hypervisor(Protocol):
    """Machines. A machine that was shut down keeps its description until `ensure_gone`."""

    async def start(self) -> None:
        """Ready for calls, with the machines that still run from before."""
        ...

    async def close(self) -> None:
        """Let go of everything; the machines run on."""
        ...

    async def resources(self) -> HostResources: ...

    async def machines(self) -> dict[str, PowerState]:
        """Every machine this host knows, by id."""
        ...

    async def running(self) -> set[str]:
        """The ids of those that use processor and memory: running or paused."""
        ...

    async def ensure_running(self, spec: MachineSpec) -> None:
        """The machine runs. One that runs is left as it is; one that does not starts with this spec."""
        ...

    async def ensure_started(self, machine_id: str) -> None:
        """The machine runs again, as it was last described. NotFound when the host does not know it."""
        ...

    async def ensure_stopped(self, spec: MachineSpec) -> None:
        """The machine does not run, and starts with this spec next. One that runs loses its power."""
        ...

    async def description(self, machine_id: str) -> MachineSpec | None:
        """The machine as it would start next; None when the host does not know it."""
        ...

    async def ensure_gone(self, machine_id: str) -> None:
        """Neither process nor description is left. Its disks are not touched."""
        ...

    async def shut_down(self, machine_id: str, timeout_s: float = 0) -> None:
        """It does not run. The guest is asked and has `timeout_s`; then the power is cut (0: at once)."""
        ...

    async def reboot(self, machine_id: str, *, soft: bool = True, timeout_s: float = 60) -> None:
        """It has started anew. Soft: the guest is asked to shut down and the power cut after `timeout_s`."""
        ...

    async def attach_disk(self, machine_id: str, disk: DiskSpec) -> None:
        """The machine has the disk, now and after every later start."""
        ...

    async def detach_disk(self, machine_id: str, disk_id: str) -> None:
        """The machine has let go of the disk. DriverError when the guest does not."""
        ...

    async def attach_nic(self, machine_id: str, nic: NicSpec) -> None: ...

    async def detach_nic(self, machine_id: str, port_id: str) -> None: ...

    async def console_log(self, machine_id: str, length_bytes: int | None = None) -> bytes:
        """The end of what the machine wrote to its serial port."""
        ...

    async def consoles(self, machine_id: str) -> ConsoleEndpoints: ...


@runtime_checkable
class Pauses(Protocol):
    async def pause(self, machine_id: str) -> None: ...

    async def unpause(self, machine_id: str) -> None: ...


@runtime_checkable
class Suspends(Protocol):
    """A suspended machine is one that was shut down, but its guest's memory is kept on the host.

    Starting it anew in any other way, shutting it down or removing it gives the memory up.
    """

    async def suspend(self, machine_id: str) -> None:
        """It does not run and can be resumed. If that fails, it runs on."""
        ...

    async def resume(self, machine_id: str, spec: MachineSpec | None = None) -> None:
        """It runs on where it was suspended, wired as `spec` says (None: as it was); one that runs does.

        If that fails, it is suspended still. DriverError for one that was not.
        """
        ...


@runtime_checkable
class TakesScreenshots(Protocol):
    async def screenshot(self, machine_id: str) -> bytes:
        """What the machine's display shows, as PNG."""
        ...


@runtime_checkable
class CachesImages(Protocol):
    """Images kept on the host, so that the next root disk is there at once."""

    async def ensure_image(self, image_id: str, source: ImageSource) -> None:
        """The image is in the cache, verified. Fetched once, however many wait for it."""
        ...

    async def ensure_image_gone(self, image_id: str) -> None:
        """Not in the cache; one that root disks still stand on stays, silently."""
        ...

    async def images(self) -> dict[str, int]:
        """Bytes on disk by image id."""
        ...

    async def ensure_images_within(self, unused_s: float, share_max: float) -> None:
        """Of the images that no root disk stands on, those are gone that were not used for so long; and
        then the longest unused, until all take no more than that share of their file system."""
        ...


@runtime_checkable
class KeepsRootDisks(Protocol):
    """Disks that live and die with their server on this host."""

    async def ensure_root_disk(
        self, server_id: str, image_id: str, size_gb: int, source: ImageSource
    ) -> dict[str, Any]:
        """A disk with the image's content, at least `size_gb` large (0: as large as the image).

        Gives the connection for `DiskSpec`. A disk that exists keeps its content and only grows.
        """
        ...

    async def ensure_blank_disk(
        self, server_id: str, name: str, size_mib: int, format: str = ""
    ) -> dict[str, Any]:
        """A disk beside the root disk (ephemeral, swap) with an empty file system of that format, called as
        it is; gone with the root disk. Gives its connection.

        One that exists keeps its content and only grows; swap has none, and is made anew in another size.
        """
        ...

    async def ensure_root_disk_gone(self, server_id: str) -> None:
        """Neither root nor blank disks nor exports of the server are left."""
        ...

    async def export_root_disk(self, server_id: str, name: str = "export") -> str:
        """The path of a standalone qcow2 with the root disk's content as of one moment, running or not."""
        ...

    async def ensure_export_gone(self, server_id: str, name: str = "export") -> None: ...


@runtime_checkable
class SetsDisksAside(Protocol):
    """A way back for who gives a server another root disk. Nothing may run on the disk meanwhile."""

    async def set_root_disk_aside(self, server_id: str, *, copied: bool, with_blank: bool = True) -> None:
        """The disks are kept aside as they are now, and are no longer the server's, unless `copied`.

        Without `with_blank` only the root disk is.
        What is kept already stays. Where there is no disk, none is kept.
        """
        ...

    async def bring_root_disk_back(self, server_id: str) -> None:
        """What was kept aside are the disks again, instead of any other; nothing is kept any more."""
        ...

    async def drop_root_disk_aside(self, server_id: str) -> None:
        """Nothing is kept aside. What would be the last disk of the server is brought back instead."""
        ...


@runtime_checkable
class CopiesDisks(Protocol):
    async def copy_disk(self, machine_id: str, disk_id: str, path: str, format: str = "qcow2") -> None:
        """The disk's content as of one moment is in the new file `path`, while the machine runs on."""
        ...


@runtime_checkable
class ResizesDisks(Protocol):
    async def disk_grew(self, machine_id: str, disk_id: str) -> None:
        """The guest sees the size that the disk now has; nothing to do for a machine that does not run."""
        ...

"""From a server and what it stands on to the machine that its host runs; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from haneul.services.compute.drivers.interface import DiskSpec, MachineSpec, NicSpec
from haneul.services.compute.model.servers import Rescue, Server

HARDWARE = ("hw_", "os_")


class Wired(Protocol):
    """A port that is wired on the host."""

    @property
    def port_id(self) -> str: ...
    @property
    def mac(self) -> str: ...
    @property
    def mtu(self) -> int: ...
    @property
    def connection(self) -> dict[str, Any]: ...


def describe(
    server: Server,
    volumes: Mapping[str, dict[str, Any]],
    ports: Sequence[Wired],
    root: dict[str, Any] | None,
    local: Mapping[str, dict[str, Any]],
    config_drive: dict[str, bytes] | None,
) -> MachineSpec:
    """The machine of the server: the root disk first, then the host's own, then volumes as they are named."""
    disks = []
    if root is not None:
        id, serial = f"{server.id}-root", server.id[:20]
        disks.append(
            DiskSpec(id=id, serial=serial, connection=root, bus=disk_bus(server, "root"), boot_index=0)
        )
    for disk in server.local_disks:
        id, serial = f"{server.id}-{disk.name}", disk.name
        bus = disk.bus or disk_bus(server)
        disks.append(DiskSpec(id=id, serial=serial, connection=local[disk.name], bus=bus))
    for device in server.block_devices:
        bus = disk_bus(server, device.volume_id)
        disks.append(volume_disk(device.volume_id, volumes[device.volume_id], device.boot_index, bus=bus))
    return MachineSpec(
        id=server.id,
        name=server.hostname,
        vcpus=server.flavor.vcpus,
        memory_mib=server.flavor.memory_mib,
        disks=disks,
        nics=[nic(p, nic_model(server)) for p in ports],
        config_drive=config_drive,
        properties={k: str(v) for k, v in server.image_properties.items() if k.startswith(HARDWARE)},
    )


def rescued(machine: MachineSpec, rescue: Rescue, connection: dict[str, Any]) -> MachineSpec:
    """The same machine, booting from the rescue disk."""
    disk = DiskSpec(id=rescue_disks(machine.id), serial="rescue", connection=connection, boot_index=0)
    if rescue.keeps_disks:  # an order of booting below 0 keeps a place among those that boot
        own = [msgspec.structs.replace(d, boot_index=-1) for d in machine.disks]
        return msgspec.structs.replace(machine, disks=[*own, disk])
    own = [msgspec.structs.replace(d, boot_index=1) for d in machine.disks if d.boot_index == 0]
    return msgspec.structs.replace(machine, disks=[disk, *own])


def rescue_disks(server_id: str) -> str:
    """Whose root disk a host takes a rescue disk for, so that it is kept apart from the server's own."""
    return f"{server_id}-rescue"


def volume_disk(
    volume_id: str, connection: dict[str, Any], boot_index: int | None = None, *, bus: str = "virtio"
) -> DiskSpec:
    return DiskSpec(id=volume_id, connection=connection, boot_index=boot_index, bus=bus)


def nic(port: Wired, model: str = "virtio") -> NicSpec:
    return NicSpec(port_id=port.port_id, mac=port.mac, mtu=port.mtu, connection=port.connection, model=model)


def disk_bus(server: Server, disk_id: str = "") -> str:
    """What was asked for with that disk (`root`, or the id of a volume), else what the server's image says."""
    return server.disk_buses.get(disk_id) or str(server.image_properties.get("hw_disk_bus") or "virtio")


def nic_model(server: Server) -> str:
    return str(server.image_properties.get("hw_vif_model") or "virtio").lower().removeprefix("virtual")

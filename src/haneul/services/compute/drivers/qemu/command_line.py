"""From a machine's description to the words that start QEMU; pure.

On q35 nothing can be plugged into the root bus while the machine runs, so every disk and NIC sits in a PCI
Express root port of its own and some ports stay empty for later ones. `pc` has a bus that takes anything.
Devices are named after what they carry (`disk-<id>`, `nic-<port id>`), so that after a restart of the agent
QEMU itself knows what is plugged in, and no list of ours can disagree.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from msgspec import Struct

from haneul.kernel.errors import ImpossibleHere
from haneul.services.compute.drivers.interface import DiskSpec, MachineSpec, NicSpec
from haneul.services.compute.drivers.qemu.process import FIRST_PASSED_FD

FREE_PORTS = 12
MOST_PORTS = 32
_SANDBOX = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
_NIC_MODELS = {"virtio": "virtio-net-pci", "e1000": "e1000", "e1000e": "e1000e", "rtl8139": "rtl8139"}
_SCSI = "scsi0"


class Acceleration(Struct, frozen=True):
    """`name` is kvm or tcg; `reason` says in words why."""

    name: str
    reason: str

    def words(self, memory_mib: int) -> list[str]:
        if self.name == "kvm":
            return ["-accel", "kvm", "-cpu", "host"]
        buffer_mib = 32 if memory_mib <= 256 else 64 if memory_mib <= 2048 else 128
        return ["-accel", f"tcg,tb-size={buffer_mib}", "-cpu", "max"]


class Places(Struct, frozen=True):
    """Where the devices of a running machine sit."""

    ports: int
    """Root ports in all, used or not."""
    at: dict[str, dict[str, str]]
    """Id of the device -> the properties that say its place."""


def mark(machine_id: str) -> str:
    """The word of the command line by which a process is known to be this machine's."""
    return f"guest=haneul-{machine_id}"


def node_name(disk_id: str) -> str:
    """QEMU's block nodes have names of at most 31 characters."""
    return "d" + hashlib.sha256(disk_id.encode()).hexdigest()[:24]


def command_line(
    spec: MachineSpec, acceleration: Acceleration, config_drive: Path | None, places: Places | None = None
) -> list[str]:
    """The whole command. Sockets, log and pid are relative to the machine's folder; it starts stopped.

    With `places` every device sits where it sat, and the machine waits for its memory.
    """
    kind = machine_type(spec)
    disks, nics = _placed(spec, config_drive, kind)
    at = places.at if places else {}
    ports = places.ports if places else min(len(disks) + len(nics) + FREE_PORTS, MOST_PORTS)
    words = [
        "qemu-system-x86_64",
        *("-name", mark(spec.id)),
        *("-S", "-nodefaults", "-no-user-config", "-no-shutdown", "-display", "none", "-sandbox", _SANDBOX),
        *("-machine", kind),
        *acceleration.words(spec.memory_mib),
        *("-smp", str(spec.vcpus), "-m", f"{spec.memory_mib}M"),
        *("-uuid", spec.uuid or spec.id, "-smbios", _smbios(spec)),
        *("-rtc", "base=utc,driftfix=slew", "-boot", "strict=on"),
        *("-chardev", "socket,id=qmp,path=qmp.sock,server=on,wait=off", "-mon", "chardev=qmp,mode=control"),
        *_serial(spec),
        *_display(spec),
        *(["-incoming", "defer"] if places else []),
        *(_root_ports(ports) if kind == "q35" else []),
        *("-device", "virtio-rng-pci", "-device", "virtio-balloon-pci"),
    ]
    if _uses_scsi(spec):
        words += ["-device", f"virtio-scsi-pci,id={_SCSI}"]
    for disk, bus in disks:
        device = disk_device(disk, bus)
        device |= at.get(device["id"], {})
        words += ["-blockdev", json.dumps(blockdev(disk)), "-device", json.dumps(device)]
    for index, (nic, bus) in enumerate(nics):
        words += _netdev_words(nic, nics, index)
        device = nic_device(nic, bus)
        words += ["-device", json.dumps(device | at.get(device["id"], {}))]
    return words


def machine_type(spec: MachineSpec) -> str:
    wanted = spec.properties.get("hw_machine_type", "q35")
    if spec.properties.get("hw_firmware_type", "bios") != "bios":
        raise ImpossibleHere("Only BIOS firmware is available on this host.")
    if wanted.startswith("pc-q35") or wanted == "q35":
        return "q35"
    if wanted == "pc" or wanted.startswith("pc-i440fx"):
        return "pc"
    raise ImpossibleHere(f"Machine type {wanted} is not available on this host.")


def taps(spec: MachineSpec) -> list[NicSpec]:
    """The NICs with a tap, in the order in which their descriptors are passed."""
    return [nic for nic in spec.nics if nic.connection["kind"] == "tap"]


def port_name(index: int) -> str:
    return f"port{index}"


def is_port(name: str) -> bool:
    return name.startswith("port")


def blockdev(disk: DiskSpec) -> dict[str, Any]:
    if disk.connection["kind"] != "file":
        raise ImpossibleHere(f"This host cannot use a disk of kind {disk.connection['kind']}.")
    file = {
        "driver": "file",
        "filename": disk.connection["path"],
        "discard": "unmap",
        "locking": "off" if disk.shareable else "on",
    }
    if disk.read_only:
        file["auto-read-only"] = True
    return {
        "driver": disk.format,
        "node-name": node_name(disk.id),
        "read-only": disk.read_only,
        "discard": "unmap",
        "file": file,
    }


def disk_device(disk: DiskSpec, bus: str | None) -> dict[str, Any]:
    """`bus` is the root port; on a bus that takes anything it is None."""
    device: dict[str, Any] = {
        "id": f"disk-{disk.id}",
        "drive": node_name(disk.id),
        "serial": disk.serial or disk.id[:20],
    }
    if disk.bus == "scsi":
        device |= {"driver": "scsi-hd", "bus": f"{_SCSI}.0"}
    elif disk.bus == "virtio":
        device |= {"driver": "virtio-blk-pci"} | ({"bus": bus} if bus else {})
    elif disk.bus in ("ide", "sata"):
        device |= {"driver": "ide-hd"}
    else:
        raise ImpossibleHere(f"Disks on the bus {disk.bus} are not available on this host.")
    if disk.boot_index is not None and disk.boot_index >= 0:
        device["bootindex"] = disk.boot_index + 1
    if disk.shareable:
        device["share-rw"] = True
    return device


def nic_device(nic: NicSpec, bus: str | None) -> dict[str, Any]:
    if nic.model not in _NIC_MODELS:
        raise ImpossibleHere(f"NICs of model {nic.model} are not available on this host.")
    device: dict[str, Any] = {
        "driver": _NIC_MODELS[nic.model],
        "id": f"nic-{nic.port_id}",
        "mac": nic.mac,
        "romfile": "",
    }
    if nic.model == "virtio":
        device["host_mtu"] = nic.mtu
    if nic.connection["kind"] != "none":
        device["netdev"] = f"net-{nic.port_id}"
    return device | ({"bus": bus} if bus else {})


def config_disk(path: Path) -> DiskSpec:
    """The config drive as a virtio disk: common cloud kernels have no driver for a CD drive on q35."""
    return DiskSpec(
        id="config-2",
        connection={"kind": "file", "path": str(path), "format": "raw"},
        serial="config-2",
        read_only=True,
    )


def _placed(
    spec: MachineSpec, config_drive: Path | None, kind: str
) -> tuple[list[tuple[DiskSpec, str | None]], list[tuple[NicSpec, str | None]]]:
    """Disks and NICs, each with its root port; what boots comes first, as guests name disks by position."""
    disks = sorted(spec.disks, key=lambda disk: disk.boot_index is None)
    if config_drive is not None:
        disks.append(config_disk(config_drive))
    ports = iter(range(len(disks) + len(spec.nics)))
    on_port = kind == "q35"
    return (
        [(disk, port_name(next(ports)) if on_port and disk.bus == "virtio" else None) for disk in disks],
        [(nic, port_name(next(ports)) if on_port else None) for nic in spec.nics],
    )


def _root_ports(count: int) -> list[str]:
    """Eight to a slot."""
    words = []
    for index in range(count):
        slot, function = divmod(index, 8)
        several = ",multifunction=on" if function == 0 else ""
        words += [
            "-device",
            f"pcie-root-port,id={port_name(index)},chassis={index + 1},slot={index + 1},"
            f"addr=0x{0x10 + slot:x}.0x{function:x}{several}",
        ]
    return words


def _netdev_words(nic: NicSpec, nics: list[tuple[NicSpec, str | None]], index: int) -> list[str]:
    if nic.connection["kind"] != "tap":
        return []
    before = sum(other.connection["kind"] == "tap" for other, _ in nics[:index])
    return ["-netdev", f"tap,id=net-{nic.port_id},fd={FIRST_PASSED_FD + before}"]


def _uses_scsi(spec: MachineSpec) -> bool:
    return spec.properties.get("hw_disk_bus") == "scsi" or any(disk.bus == "scsi" for disk in spec.disks)


def _smbios(spec: MachineSpec) -> str:
    """cloud-init looks for a metadata service only where it reads these names."""
    uuid = spec.uuid or spec.id
    return f"type=1,manufacturer=OpenStack Foundation,product=OpenStack Nova,uuid={uuid},serial={uuid}"


def _serial(spec: MachineSpec) -> list[str]:
    if not spec.has_serial:
        return []
    socket = "socket,id=serial0,path=serial.sock,server=on,wait=off,logfile=console.log,logappend=on"
    return ["-chardev", socket, "-serial", "chardev:serial0"]


def _display(spec: MachineSpec) -> list[str]:
    return ["-device", "VGA,vgamem_mb=8", "-vnc", "unix:vnc.sock"] if spec.has_vnc else []

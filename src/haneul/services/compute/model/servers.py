"""Servers: what they are, and what may happen to them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Protocol

import msgspec

from haneul.kernel.db import derived_field
from haneul.services.compute import errors
from haneul.services.compute.model.block_devices import LocalDisk, first_name


class VmState(StrEnum):
    """What a server is, apart from what is being done to it."""

    BUILDING = "building"
    ACTIVE = "active"
    STOPPED = "stopped"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    RESCUED = "rescued"
    SHELVED_OFFLOADED = "shelved_offloaded"
    RESIZED = "resized"
    ERROR = "error"
    DELETED = "deleted"
    """Only of those that are remembered: `model/past_servers.py`."""


class PowerState:
    """Nova's numbers."""

    NOSTATE, RUNNING, PAUSED, SHUTDOWN, CRASHED = 0, 1, 3, 4, 6


POWER = {
    "running": PowerState.RUNNING,
    "paused": PowerState.PAUSED,
    "shutdown": PowerState.SHUTDOWN,
    "crashed": PowerState.CRASHED,
}


class FlavorSnapshot(msgspec.Struct, frozen=True, gc=False):
    """The flavor as it was when the server got it."""

    id: str
    name: str
    vcpus: int
    memory_mib: int
    disk_gb: int
    ephemeral_gb: int
    swap_mib: int
    extra_specs: dict[str, str] = {}


class Fault(msgspec.Struct, frozen=True):
    """Why the server is in ERROR."""

    code: int
    message: str
    created: str
    details: str | None = None


class BlockDevice(msgspec.Struct, frozen=True):
    """A volume that the server was made with."""

    volume_id: str
    attachment_id: str
    device: str
    boot_index: int | None
    delete_on_termination: bool


class InjectedFile(msgspec.Struct, frozen=True):
    """A file that the guest is asked to write when it boots first: a personality."""

    path: str
    contents: str
    """Base64."""


class Rescue(msgspec.Struct, frozen=True):
    """What a server runs from while its own disk is being mended."""

    image_id: str
    keeps_disks: bool
    """Every disk of the server stays where it is, and the rescue disk comes last; else only the root disk
    is there, and comes second."""


class Resized(msgspec.Struct, frozen=True):
    """What a server was before it was resized, until that is confirmed or reverted."""

    flavor: FlavorSnapshot
    vm_state: VmState
    local_disks: list[LocalDisk] = []


class Server(msgspec.Struct, frozen=True, gc=False):
    id: str
    project_id: str
    user_id: str
    name: str
    description: str | None
    hostname: str
    vm_state: VmState
    power_state: int
    host: str | None
    zone: str | None
    """The availability zone that was asked for."""
    wanted_host: str | None
    flavor: FlavorSnapshot
    vcpus: int
    """What the project's quota counts, as `memory_mib`: the larger size while there are two."""
    memory_mib: int
    image_id: str | None
    image_properties: dict[str, Any]
    key_name: str | None
    public_key: str | None
    metadata: dict[str, str]
    tags: list[str]
    user_data: str | None
    config_drive: bool
    access_ip_v4: str
    access_ip_v6: str
    reservation_id: str
    launch_index: int
    block_devices: list[BlockDevice]
    hints: dict[str, Any]
    group_id: str | None
    disk_config: str
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None
    locked_by: str | None
    locked_reason: str | None
    fault: Fault | None
    rescue: Rescue | None = None
    shelved_image_id: str | None = None
    """The image that holds the root disk of a shelved server."""
    resized_from: Resized | None = None
    local_disks: list[LocalDisk] = []
    device_tags: dict[str, str] = {}
    """What the owner calls a device, by the id of its volume or port; the disk of the image is `root`."""
    disk_buses: dict[str, str] = {}
    """What a disk was asked to be plugged into, by the id of its volume; the disk of the image is `root`."""
    files: list[InjectedFile] = []
    generation: int = 0
    operation: Annotated[str | None, msgspec.Meta(extra=derived_field())] = None

    @property
    def doing(self) -> str | None:
        """The kind of the operation that is open on the server."""
        return self.operation.partition("/")[0] if self.operation else None

    @property
    def boots_from_volume(self) -> bool:
        return self.image_id is None or any(d.boot_index == 0 for d in self.block_devices)

    @property
    def has_drive(self) -> bool:
        """Whether it gets a config drive; guests look for files to write nowhere else."""
        return self.config_drive or bool(self.files)

    @property
    def former_claim_id(self) -> str:
        """Who holds the room of the size that the server had, until a resize is confirmed or reverted."""
        return str(uuid.uuid5(uuid.UUID(self.id), "the size before"))

    @property
    def root_device(self) -> str:
        return root_device(self.block_devices, self.disk_buses, self.image_properties)


def root_device(
    volumes: Sequence[BlockDevice], buses: Mapping[str, str], image_properties: Mapping[str, Any]
) -> str:
    """What a server's first disk is called."""
    for disk in volumes:
        if disk.boot_index == 0:
            return disk.device
    return first_name(buses.get("root") or image_properties.get("hw_disk_bus"))


class HasState(Protocol):
    """A server that is there, or one that is gone."""

    @property
    def vm_state(self) -> VmState: ...
    @property
    def doing(self) -> str | None: ...
    @property
    def operation(self) -> str | None: ...


TASKS = {
    "compute.delete_server": "deleting",
    "compute.stop_server": "powering-off",
    "compute.start_server": "powering-on",
    "compute.reboot_server": "rebooting",
    "compute.hard_reboot_server": "rebooting_hard",
    "compute.pause_server": "pausing",
    "compute.unpause_server": "unpausing",
    "compute.suspend_server": "suspending",
    "compute.resume_server": "resuming",
    "compute.rescue_server": "rescuing",
    "compute.unrescue_server": "unrescuing",
    "compute.shelve_server": "shelving",
    "compute.unshelve_server": "spawning",
    "compute.rebuild_server": "rebuilding",
    "compute.resize_server": "resize_prep",
    "compute.revert_resize": "resize_reverting",
    "compute.snapshot_server": "image_uploading",
    "compute.snapshot_volumes": "image_snapshot",
}
BUILD_TASKS = {
    "place": "scheduling",
    "await_volumes": "block_device_mapping",
    "connect_volumes": "block_device_mapping",
    "complete_volumes": "block_device_mapping",
    "bind_ports": "networking",
    "wire_ports": "networking",
}
_LATER = {
    "compute.shelve_server": {
        "shelving_image_uploading": ("export", "store"),
        "shelving_offloading": ("remove_machine", "remove_wires"),
    },
    "compute.unshelve_server": {"unshelving": ("place",)},
    "compute.rebuild_server": {
        "rebuild_block_device_mapping": ("stop", "set_disk_aside", "find_devices", "reconnect", "rewire"),
        "rebuild_spawning": (
            "find_root_disk", "describe_again", "start_again", "mark_rebuilt", "drop_old_disk"
        ),
    },
    "compute.resize_server": {
        "resize_migrating": ("stop", "keep_disk"),
        "resize_migrated": ("find_devices", "reconnect", "rewire"),
        "resize_finish": ("grow_disk", "describe_resized", "start_again", "mark_resized"),
    },
}  # fmt: skip
LATER_TASKS = {
    f"{kind}/{step}": task
    for kind, tasks in _LATER.items()
    for task, steps in tasks.items()
    for step in steps
}
"""What `TASKS` says of an operation changes with these steps."""
STATUSES = {
    VmState.BUILDING: "BUILD",
    VmState.ACTIVE: "ACTIVE",
    VmState.STOPPED: "SHUTOFF",
    VmState.PAUSED: "PAUSED",
    VmState.SUSPENDED: "SUSPENDED",
    VmState.RESCUED: "RESCUE",
    VmState.SHELVED_OFFLOADED: "SHELVED_OFFLOADED",
    VmState.RESIZED: "VERIFY_RESIZE",
    VmState.ERROR: "ERROR",
    VmState.DELETED: "DELETED",
}
STATES = {status: state for state, status in STATUSES.items()}
PASSING_STATUSES = {
    "compute.reboot_server": "REBOOT",
    "compute.hard_reboot_server": "HARD_REBOOT",
    "compute.rebuild_server": "REBUILD",
    "compute.resize_server": "RESIZE",
    "compute.revert_resize": "REVERT_RESIZE",
}
"""By what is done to the server meanwhile."""
KNOWN_STATUSES = {*STATES, *PASSING_STATUSES.values(), "MIGRATING", "PASSWORD", "SHELVED", "SOFT_DELETED"}
"""All that Nova has."""
BUILD = "compute.create_server"


def task_state(server: HasState) -> str | None:
    """Nova's `task_state`, found from the open operation and its step."""
    kind = server.doing
    if kind == BUILD:
        step = (server.operation or "").partition("/")[2]
        return BUILD_TASKS.get(step, "spawning")
    return LATER_TASKS.get(server.operation or "", TASKS.get(kind)) if kind else None


def status(server: HasState) -> str:
    """What the API calls the status."""
    return PASSING_STATUSES.get(server.doing or "") or STATUSES[server.vm_state]


_STANDING = (VmState.ACTIVE, VmState.PAUSED, VmState.STOPPED)
ALLOWED: dict[str, set[VmState]] = {
    "start": {VmState.STOPPED},
    "stop": {VmState.ACTIVE, VmState.ERROR},
    "reboot": {VmState.ACTIVE},
    "reboot_hard": {VmState.ACTIVE, VmState.STOPPED, VmState.PAUSED, VmState.SUSPENDED, VmState.ERROR},
    "pause": {VmState.ACTIVE},
    "unpause": {VmState.PAUSED},
    "suspend": {VmState.ACTIVE},
    "resume": {VmState.SUSPENDED},
    "shelve": {VmState.ACTIVE, VmState.PAUSED, VmState.SUSPENDED, VmState.STOPPED},
    "shelveOffload": set(),
    "unshelve": {VmState.SHELVED_OFFLOADED},
    "rescue": {VmState.ACTIVE, VmState.STOPPED, VmState.ERROR},
    "unrescue": {VmState.RESCUED},
    "rebuild": {VmState.ACTIVE, VmState.STOPPED, VmState.ERROR},
    "changePassword": {VmState.ACTIVE},
    "resize": {VmState.ACTIVE, VmState.STOPPED},
    "confirmResize": {VmState.RESIZED},
    "revertResize": {VmState.RESIZED},
    "attach_volume": {*_STANDING, VmState.SHELVED_OFFLOADED, VmState.RESIZED},
    "detach_volume": {*_STANDING, VmState.SHELVED_OFFLOADED, VmState.RESIZED},
    "attach_interface": {VmState.ACTIVE, VmState.PAUSED, VmState.STOPPED},
    "detach_interface": {VmState.ACTIVE, VmState.PAUSED, VmState.STOPPED},
    "snapshot": {VmState.ACTIVE, VmState.PAUSED, VmState.SUSPENDED, VmState.STOPPED},
    "get_vnc_console": {VmState.ACTIVE, VmState.PAUSED, VmState.RESCUED, VmState.ERROR, VmState.BUILDING},
}


DEVICE_ACTIONS = ("attach_volume", "detach_volume", "attach_interface", "detach_interface")
DEVICE_OPERATIONS = tuple(f"compute.{action}" for action in DEVICE_ACTIONS)
"""Changes of devices are carried out one after the other."""
UNASKED = "compute.extend_volume"
"""Nobody asked the server for it, so nobody is refused because of it; what is asked comes after it."""


def require(server: Server, action: str, *, by_admin: bool = False) -> None:
    """Raise unless the action may begin now."""
    if action not in ("get_vnc_console",):
        require_unlocked(server, by_admin=by_admin)
    name = action.removesuffix("_hard")
    may_queue = action in DEVICE_ACTIONS and server.doing in DEVICE_OPERATIONS
    is_busy = server.doing not in (None, UNASKED)
    if is_busy and action != "get_vnc_console" and not may_queue:
        task = task_state(server) or "busy"
        raise errors.WrongState(action=name, server_id=server.id, what="task_state", state=task)
    if server.vm_state not in ALLOWED[action]:
        raise errors.WrongState(action=name, server_id=server.id, what="vm_state", state=server.vm_state)


LABELLED_WHILE = {VmState.ACTIVE, VmState.PAUSED, VmState.SUSPENDED, VmState.STOPPED}


def require_labelling(server: Server, action: str) -> None:
    """Raise unless the server's metadata and tags may change, whatever is being done to it."""
    if server.vm_state not in LABELLED_WHILE:
        raise errors.WrongState(action=action, server_id=server.id, what="vm_state", state=server.vm_state)


def require_unlocked(server: Server, *, by_admin: bool = False) -> None:
    """Raise unless the asker may change the server, whatever its state."""
    if server.locked_by and not by_admin:
        raise errors.Locked(server_id=server.id)


def tagged(server: Server, device_id: str, tag: str | None) -> Server:
    """The server, whose owner calls the device so; None: it is gone, or has no such name."""
    tags = {id: kept for id, kept in server.device_tags.items() if id != device_id}
    return msgspec.structs.replace(server, device_tags=tags | ({device_id: tag} if tag else {}))


def host_of(server: Server, action: str) -> str:
    """Where the server is; WrongState if it is nowhere."""
    if server.host is None:
        raise errors.WrongState(action=action, server_id=server.id, what="vm_state", state=server.vm_state)
    return server.host

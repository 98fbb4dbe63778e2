"""Servers that are gone: what lists and usage still tell of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from haneul.services.compute.model.servers import Fault, FlavorSnapshot, PowerState, Server, VmState


class PastServer(msgspec.Struct, frozen=True, gc=False):
    """A deleted server. Its tags and metadata went with it, as upstream, and what was secret or large."""

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
    flavor: FlavorSnapshot
    image_id: str | None
    image_properties: dict[str, Any]
    key_name: str | None
    config_drive: bool
    access_ip_v4: str
    access_ip_v6: str
    reservation_id: str
    launch_index: int
    hints: dict[str, Any]
    disk_config: str
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None
    terminated_at: datetime
    locked_by: str | None
    locked_reason: str | None
    fault: Fault | None

    @property
    def doing(self) -> None:
        """Nothing is done to it any more."""

    @property
    def operation(self) -> None:
        """Nor is anything open."""

    @property
    def metadata(self) -> dict[str, str]:
        return {}

    @property
    def tags(self) -> list[str]:
        return []

    @property
    def group_id(self) -> None:
        """It left its group."""

    @property
    def user_data(self) -> None:
        """It is not kept."""

    @property
    def root_device(self) -> str:
        return "/dev/vda"


SAME = tuple(f for f in PastServer.__struct_fields__ if f in Server.__struct_fields__)
"""What is told of a server as it was when it went."""


def past(server: Server, at: datetime) -> PastServer:
    """What stays of a server that is gone since then."""
    known: dict[str, Any] = {name: getattr(server, name) for name in SAME}
    known |= {"vm_state": VmState.DELETED, "power_state": PowerState.NOSTATE}
    known |= {"updated_at": at, "terminated_at": at}
    return PastServer(**known)

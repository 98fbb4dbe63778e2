"""What happened to networks."""

from __future__ import annotations

from typing import ClassVar

from haneul.kernel.events import Event


class Changed(Event, frozen=True):
    """Something of a project was made, changed or deleted: `resource` says what kind, `action` what."""

    kind: ClassVar[str] = "network.changed"
    id: str
    resource: str
    action: str
    name: str = ""
    owner_id: str = ""


class PortBound(Event, frozen=True):
    """The port is wired on its host, and traffic passes."""

    kind: ClassVar[str] = "network.port_bound"
    id: str
    host: str
    device_id: str


class PortUnbound(Event, frozen=True):
    """The port is bound to no host any more."""

    kind: ClassVar[str] = "network.port_unbound"
    id: str
    device_id: str


class HostsLag(Event, frozen=True):
    """Hosts are to be told of a change. Only a nudge; the work itself stands in rows."""

    kind: ClassVar[str] = "network.hosts_lag"
    id: str = ""

"""What happens to hosts."""

from __future__ import annotations

from typing import ClassVar

from haneul.kernel.events import Event


class HostsAppeared(Event, frozen=True):
    """Hosts are new, or their agents started anew: they may have lost what ran on them. Only a nudge."""

    kind: ClassVar[str] = "placement.hosts_appeared"
    id: str = ""

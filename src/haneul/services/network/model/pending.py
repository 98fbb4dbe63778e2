"""What hosts have yet to be told."""

from __future__ import annotations

from msgspec import Struct

NETWORK, PORT, ROUTER, SECURITY_GROUP = "network", "port", "router", "security_group"


class Pending(Struct, frozen=True, gc=False):
    """This thing changed, and these hosts do not know it yet. An empty host stands for all that have it."""

    kind: str
    id: str
    host: str
    mark: str
    """New at every change: whoever told the host removes only the mark that was read before."""

"""Which pages there are for somebody: what the catalogue has, and what their roles are for."""

from __future__ import annotations

from dataclasses import dataclass

from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import Visit


@dataclass(frozen=True)
class Entry:
    path: str
    title: str
    icon: str
    needs: str = ""


@dataclass(frozen=True)
class Part:
    title: str
    entries: tuple[Entry, ...]
    is_for_overseers: bool = False


PARTS = (
    Part("", (Entry("", msg("Overview"), "overview"),)),
    Part(
        msg("Machines"),
        (
            Entry("/servers", msg("Servers"), "server", "compute"),
            Entry("/images", msg("Images"), "image", "image"),
            Entry("/keypairs", msg("Key pairs"), "key", "compute"),
            Entry("/flavors", msg("Flavors"), "flavor", "compute"),
        ),
    ),
    Part(
        msg("Storage"),
        (
            Entry("/volumes", msg("Volumes"), "volume", "block-storage"),
            Entry("/snapshots", msg("Snapshots"), "snapshot", "block-storage"),
        ),
    ),
    Part(
        msg("Network"),
        (
            Entry("/topology", msg("Topology"), "topology", "network"),
            Entry("/networks", msg("Networks"), "network", "network"),
            Entry("/routers", msg("Routers"), "router", "network"),
            Entry("/addresses", msg("Floating addresses"), "address", "network"),
            Entry("/groups", msg("Security groups"), "shield", "network"),
        ),
    ),
    Part(
        msg("Access"),
        (
            Entry("/access", msg("API access"), "code"),
            Entry("/credentials", msg("Application credentials"), "badge"),
        ),
    ),
    Part(
        msg("Administration"),
        (
            Entry("/admin/hosts", msg("Hosts"), "host", "compute"),
            Entry("/admin/servers", msg("All servers"), "server", "compute"),
            Entry("/admin/operations", msg("Operations"), "clock", "haneul"),
            Entry("/admin/projects", msg("Projects and quotas"), "folder", "identity"),
            Entry("/admin/users", msg("Users"), "person", "identity"),
            Entry("/admin/roles", msg("Roles"), "badge", "identity"),
        ),
        is_for_overseers=True,
    ),
)


def sections(visit: Visit) -> list[Part]:
    """What is offered to who visits."""
    shown = []
    for part in PARTS:
        if part.is_for_overseers and not visit.oversees:
            continue
        entries = tuple(e for e in part.entries if not e.needs or visit.api.has(e.needs))
        if entries:
            shown.append(Part(part.title, entries))
    return shown

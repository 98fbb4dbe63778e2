"""The one way a port comes to be, whoever wants it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.services.network import errors
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.networks import Network
from haneul.services.network.model.pending import PORT, SECURITY_GROUP
from haneul.services.network.model.ports import DOWN, FREE, Allocation, Membership, Port, random_mac
from haneul.services.network.operations import addresses
from haneul.services.network.store import pending
from haneul.services.network.store.ports import LOWER_CURSOR, MEMBERSHIPS, PORTS
from haneul.services.network.store.ports import let_go as _let_go

__all__ = ["LOWER_CURSOR", "add", "join", "let_go", "remove"]

MAC_TRIES = 16


async def add(
    ctx: Context,
    network: Network,
    *,
    project_id: str,
    fixed_ips: Sequence[dict[str, Any]] | None,
    security_group_ids: Sequence[str] = (),
    mac_address: str | None = None,
    **values: Any,
) -> Port:
    """A port on the network, with its addresses; nothing is checked of who may have it."""
    mac = await _mac(ctx, network, mac_address)
    port_id, now = ctx.new_id(), stamp(ctx.now())
    owner = values.get("device_owner", "")
    allocated = await addresses.allocate(ctx, network, port_id, fixed_ips, mac=mac, owner=owner)
    defaults: dict[str, Any] = {
        "name": "", "description": "", "is_up": True, "allowed_address_pairs": [],
        "is_port_security_enabled": True, **FREE, "host": "", "profile": {},
        "vnic_type": "normal", "dns_name": "", "extra_dhcp_opts": [], "propagate_uplink_status": True,
        "is_owned_by_server": False, "slot": 0, "status": DOWN,
    }  # fmt: skip
    port = Port(
        id=port_id, project_id=project_id, network_id=network.id, mac_address=mac, fixed_ips=allocated,
        security_group_ids=list(security_group_ids), tags=[], created_at=now, updated_at=now,
        **{**defaults, **values},
    )  # fmt: skip
    try:
        await PORTS.add(ctx.tx, port)
    except Duplicate:
        raise errors.MacAddressInUse(network_id=network.id, mac=mac) from None
    await join(ctx, port.id, security_group_ids)
    return port


async def _mac(ctx: Context, network: Network, wanted: str | None) -> str:
    """The wanted one, or a random one that no port of the network has."""
    for _ in range(MAC_TRIES):
        mac = wanted or random_mac()
        if await PORTS.first(ctx.tx, network_id=network.id, mac_address=mac) is None:
            return mac
        if wanted:
            break
    raise errors.MacAddressInUse(network_id=network.id, mac=wanted or "random")


async def join(ctx: Context, port_id: str, group_ids: Sequence[str]) -> None:
    """The port is in exactly these groups; others that name those groups in their rules will know."""
    before = {m.security_group_id for m in await MEMBERSHIPS.find(ctx.tx, port_id=port_id)}
    for gone in before - set(group_ids):
        await MEMBERSHIPS.remove(ctx.tx, port_id=port_id, security_group_id=gone)
    for new in dict.fromkeys(g for g in group_ids if g not in before):
        await MEMBERSHIPS.add(ctx.tx, Membership(port_id, new))
    for changed in before ^ set(group_ids):
        await pending.mark(ctx, SECURITY_GROUP, changed)


async def let_go(ctx: Context, held: Sequence[Allocation]) -> None:
    await _let_go(ctx.tx, held)


async def remove(ctx: Context, port: Port) -> None:
    """The port, its addresses and memberships are gone; the host that has it will be told."""
    await addresses.release(ctx, port.id)
    await join(ctx, port.id, [])
    await PORTS.remove(ctx.tx, id=port.id)
    if port.host:
        await pending.mark(ctx, PORT, port.id, port.host)

"""The one way a port comes to be, whoever wants it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Busy, Duplicate
from haneul.services.network import errors
from haneul.services.network.model.clock import stamp
from haneul.services.network.model.networks import Network
from haneul.services.network.model.pending import PORT, SECURITY_GROUP
from haneul.services.network.model.ports import DOWN, FREE, Allocation, Membership, Port, random_mac
from haneul.services.network.operations import addresses
from haneul.services.network.store import pending
from haneul.services.network.store.ports import LOWER_CURSOR, MEMBERSHIPS, PORTS
from haneul.services.network.store.ports import let_go as _let_go

__all__ = ["LOWER_CURSOR", "Batch", "add", "join", "let_go", "remove"]

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
    batch = Batch(ctx)
    port = await batch.add(
        network,
        project_id=project_id,
        fixed_ips=fixed_ips,
        security_group_ids=security_group_ids,
        mac_address=mac_address,
        **values,
    )
    await batch.store()
    return port


class Batch:
    """Ports that come to be together: what is asked for all of them is asked once, and they are stored together."""

    def __init__(self, ctx: Context, size: int = 1) -> None:
        """`size` is how many there will be."""
        self._ctx = ctx
        self._size = size
        self._giving = addresses.Giving(ctx)
        self._ports: list[Port] = []
        self._macs: dict[str, set[str]] = defaultdict(set)
        """Those of the batch, by network."""
        self._unused: dict[str, list[str]] = defaultdict(list)
        """Random ones that no port of the network has."""

    async def add(
        self,
        network: Network,
        *,
        project_id: str,
        fixed_ips: Sequence[dict[str, Any]] | None,
        security_group_ids: Sequence[str] = (),
        mac_address: str | None = None,
        **values: Any,
    ) -> Port:
        """One more; nobody else knows of it before it is stored."""
        ctx = self._ctx
        mac = await self._mac(network, mac_address)
        port_id, now = ctx.new_id(), stamp(ctx.now())
        owner = values.get("device_owner", "")
        allocated = await self._giving.allocate(network, port_id, fixed_ips, mac=mac, owner=owner)
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
        self._ports.append(port)
        return port

    async def store(self) -> None:
        """All of them are there; others that name their groups in their rules will know."""
        tx = self._ctx.tx
        await self._giving.store()
        try:
            await PORTS.add_all(tx, self._ports)
        except Duplicate:
            raise Busy from None  # somebody took a MAC since: the whole request is run again
        memberships = [
            Membership(port.id, group)
            for port in self._ports
            for group in dict.fromkeys(port.security_group_ids)
        ]
        if memberships:
            await MEMBERSHIPS.add_all(tx, memberships)
        for group in dict.fromkeys(m.security_group_id for m in memberships):
            await pending.mark(self._ctx, SECURITY_GROUP, group)

    async def _mac(self, network: Network, wanted: str | None) -> str:
        """The wanted one, or a random one that no port of the network has."""
        mine = self._macs[network.id]
        if wanted:
            if wanted in mine or await PORTS.first(self._ctx.tx, network_id=network.id, mac_address=wanted):
                raise errors.MacAddressInUse(network_id=network.id, mac=wanted)
            mine.add(wanted)
            return wanted
        unused = self._unused[network.id]
        for _ in range(MAC_TRIES):
            if not unused:
                unused += await self._drawn(network)
            while unused:
                mac = unused.pop()
                if mac not in mine:
                    mine.add(mac)
                    return mac
        raise errors.MacAddressInUse(network_id=network.id, mac="random")

    async def _drawn(self, network: Network) -> set[str]:
        """Random ones for those that are to come; what ports of the network have is not among them."""
        drawn = {random_mac() for _ in range(max(1, self._size - len(self._ports)))}
        used = await PORTS.among(self._ctx.tx, "mac_address", drawn, network_id=network.id)
        return drawn - {port.mac_address for port in used}


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
    """These addresses are free again."""
    await _let_go(ctx.tx, held)


async def remove(ctx: Context, port: Port) -> None:
    """The port, its addresses and memberships are gone; the host that has it will be told."""
    await addresses.release(ctx, port.id)
    await join(ctx, port.id, [])
    await PORTS.remove(ctx.tx, id=port.id)
    if port.host:
        await pending.mark(ctx, PORT, port.id, port.host)

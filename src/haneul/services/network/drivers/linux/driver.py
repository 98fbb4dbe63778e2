"""The driver itself: which namespace is whose, and in what order things are done."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections import defaultdict
from functools import partial
from pathlib import Path

from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError, ImpossibleHere
from haneul.services.network.drivers.interface import (
    DhcpReservation,
    NetworkInventory,
    NetworkSpec,
    PortConnection,
    PortSpec,
    RouterGateway,
    RouterInterface,
    RouterSpec,
    SubnetSpec,
)
from haneul.services.network.drivers.linux import (
    advertisements,
    dhcp,
    metadata,
    namespaces,
    networks,
    ports,
    routers,
)
from haneul.services.network.drivers.linux.records import PortRecord, Records

MAX_PORTS = 0xFFFF


def _prefix(folder: Path) -> str:
    """Before all names of one cloud on this machine: another one takes away what it finds under its own."""
    return "hn" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:4]


class LinuxNetwork:
    """Options of the host: `prefix` of all names (one of this folder's own); `uplink` ("none", or "host" for
    a leg of the host on external networks); `tunnel_address`, `tunnel_namespace` (the agent's own) and
    `tunnel_port` (4789)."""

    def __init__(self, host: HostSettings) -> None:
        self.host = host
        self.folder = Path(host.folder) / "network"
        self.prefix: str = host.options.get("prefix", _prefix(self.folder))
        self.networks: Records[NetworkSpec] = Records(self.folder / "networks", NetworkSpec)
        self.ports: Records[PortRecord] = Records(self.folder / "ports", PortRecord)
        self.routers: Records[RouterSpec] = Records(self.folder / "routers", RouterSpec)
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._responders: dict[str, metadata.MetadataResponder] = {}
        self._port_at: dict[tuple[str, str], str] = {}

    async def start(self) -> None:
        """What the kernel still has is known again, and metadata is answered again."""
        if os.geteuid() != 0:
            raise ImpossibleHere("Networks need root.")
        for records in (self.networks, self.ports, self.routers):
            records.load()
        here = await self.inventory()
        await self._forget_all_but(here)
        self._index_addresses()
        for spec in list(self.networks.values()):
            # Where the address is missing, a crash came in between, and the network is asked for again.
            with contextlib.suppress(OSError):
                await self._ensure_metadata(spec)

    async def close(self) -> None:
        for responder in self._responders.values():
            await responder.close()
        self._responders.clear()

    async def go_down(self, timeout_s: float) -> None:
        """No process of it needs time. What was made by this state folder is gone; others' namespaces are left alone."""
        for router_id in list(self.routers):
            await self.ensure_router_gone(router_id)
        for network_id in list(self.networks):
            await self.ensure_network_gone(network_id)

    # Networks

    async def ensure_network(self, spec: NetworkSpec) -> None:
        async with self._locks[spec.id]:
            self.networks.check(spec)
            name = self._network_namespace(spec.id)
            if not namespaces.exists(name):
                await self._ensure_services_gone(spec.id)
                await namespaces.in_thread(namespaces.create, name)
            await namespaces.inside(name, networks.ensure, spec)
            await self._ensure_uplink(spec)
            await self._ensure_tunnel(spec)
            await namespaces.inside(name, self._serve_dhcp, spec)
            self.networks.keep(spec)
            await self._ensure_metadata(spec)

    async def ensure_network_gone(self, network_id: str) -> None:
        async with self._locks[network_id]:
            name = self._network_namespace(network_id)
            if namespaces.exists(name):
                await namespaces.inside(name, networks.ensure_no_links)
            await self._ensure_services_gone(network_id)
            await namespaces.in_thread(namespaces.remove, name)
            for port_id in [p.id for p in self._ports_of(network_id)]:
                self.ports.forget(port_id)
            self.networks.forget(network_id)
            self._index_addresses()

    async def _ensure_services_gone(self, network_id: str) -> None:
        """Neither metadata nor DHCP is answered, not even in a namespace that lost its name."""
        if responder := self._responders.pop(network_id, None):
            await responder.close()
        await namespaces.in_thread(dhcp.ensure_gone, self._dhcp_folder(network_id))

    async def namespace_of(self, network_id: str) -> str:
        name = self._network_namespace(network_id)
        if not namespaces.exists(name):
            raise DriverError(f"Network {network_id} is not on this host.")
        return name

    async def _ensure_uplink(self, spec: NetworkSpec) -> None:
        if spec.kind != "external" or self.host.options.get("uplink", "none") != "host":
            return
        device = f"{self.prefix[:4]}{spec.id[:11]}"
        own = Path(f"/proc/{os.getpid()}/ns/net")
        name = self._network_namespace(spec.id)
        await namespaces.inside(name, networks.ensure_uplink, device, own)
        await namespaces.inside(None, networks.ensure_host_leg, device, spec)

    async def _ensure_tunnel(self, spec: NetworkSpec) -> None:
        name = self._network_namespace(spec.id)
        if not spec.peers:
            await namespaces.inside(name, networks.ensure_no_tunnel)
            return
        local = self.host.options.get("tunnel_address")
        if local is None or spec.segment is None:
            raise DriverError("A network with peers needs a segment and the host a tunnel_address.")
        underlay = self.host.options.get("tunnel_namespace")
        port = self.host.options.get("tunnel_port", 4789)
        await namespaces.in_thread(networks.ensure_tunnel, spec, local, name, underlay, port)

    async def _ensure_metadata(self, spec: NetworkSpec) -> None:
        responder = self._responders.get(spec.id)
        if not spec.has_metadata and responder is not None:
            await self._responders.pop(spec.id).close()
        if not spec.has_metadata or responder is not None:
            return
        listening = await namespaces.inside(self._network_namespace(spec.id), metadata.listen)
        responder = metadata.MetadataResponder(self.host.metadata, partial(self._port_with, spec.id))
        await responder.serve(listening)
        self._responders[spec.id] = responder

    def _serve_dhcp(self, spec: NetworkSpec) -> None:
        reservations = {(r.mac, r.ip): r for r in spec.reservations}
        for port in self._ports_of(spec.id):
            for address in port.spec.addresses:
                reservations[port.spec.mac, address.ip] = DhcpReservation(
                    mac=port.spec.mac,
                    ip=address.ip,
                    hostname=port.spec.hostname,
                    port_id=port.id,
                    options=port.spec.dhcp_options,
                )
        dhcp.ensure(spec, list(reservations.values()), self._dhcp_folder(spec.id))

    # Ports

    async def ensure_port(self, spec: PortSpec) -> PortConnection:
        known = self.ports.get(spec.id)
        if known and (known.spec.network_id, known.spec.attach) != (spec.network_id, spec.attach):
            self.ports.check(spec)
            await self.ensure_port_gone(spec.id)
        async with self._locks[spec.network_id]:
            network = self._network(spec.network_id)
            self.ports.check(spec)
            known = self.ports.get(spec.id)
            record = PortRecord(spec, known.number if known else self._free_number(spec.network_id))
            others = [p for p in self._ports_of(spec.network_id) if p.id != spec.id]
            name = self._network_namespace(spec.network_id)
            # Remembered first: what a crash leaves half done is found and cleared by the next agent.
            self.ports.keep(record)
            try:
                await namespaces.inside(name, ports.ensure, record, [*others, record], network.mtu)
            except DriverError:
                self._remember_again(spec.id, known)
                raise
            self._index_addresses()
            await namespaces.inside(name, self._serve_dhcp, network)
        device = ports.guest_device_of(spec.id) if spec.attach == "veth" else ports.device_of(spec.id)
        return PortConnection(kind=spec.attach, namespace=name, device=device)

    async def ensure_port_gone(self, port_id: str) -> None:
        known = self.ports.get(port_id)
        if known is None:
            return
        network_id = known.spec.network_id
        async with self._locks[network_id]:
            known = self.ports.get(port_id)
            if known is None:
                return
            name = self._network_namespace(network_id)
            if namespaces.exists(name):
                others = [p for p in self._ports_of(network_id) if p.id != port_id]
                await namespaces.inside(name, ports.ensure_gone, known, others)
            self.ports.forget(port_id)
            self._index_addresses()
            if network_id in self.networks and namespaces.exists(name):
                await namespaces.inside(name, self._serve_dhcp, self.networks[network_id])

    def _remember_again(self, port_id: str, known: PortRecord | None) -> None:
        if known is None:
            self.ports.forget(port_id)
        else:
            self.ports.keep(known)

    def _free_number(self, network_id: str) -> int:
        taken = {p.number for p in self._ports_of(network_id)}
        for number in range(1, MAX_PORTS + 1):
            if number not in taken:
                return number
        raise DriverError(f"Network {network_id} has {MAX_PORTS} ports on this host already.")

    # Routers

    async def ensure_router(self, spec: RouterSpec) -> None:
        async with self._locks[spec.id]:
            self.routers.check(spec)
            legs = self._legs(spec)
            name = self._router_namespace(spec.id)
            if not namespaces.exists(name):
                await namespaces.in_thread(dhcp.ensure_gone, self._advertisements_folder(spec.id))
                await namespaces.in_thread(namespaces.create, name)
            there = await namespaces.inside(name, routers.prepare, legs, spec.is_up)
            for leg in legs:
                await namespaces.inside(
                    leg.network_namespace,
                    routers.ensure_leg,
                    leg,
                    leg.device in there,
                    namespaces.path_of(name),
                )
            await namespaces.inside(name, routers.ensure, spec, legs)
            advertised = self._advertised(spec, legs) if spec.is_up else []
            folder = self._advertisements_folder(spec.id)
            await namespaces.inside(name, advertisements.ensure, advertised, folder)
            self.routers.keep(spec)

    def _advertised(self, spec: RouterSpec, legs: list[routers.Leg]) -> list[tuple[str, list[SubnetSpec]]]:
        """The legs on which guests are told of the router, with the subnets that want it."""
        devices = {leg.port_id: leg.device for leg in legs}
        prefixes = []
        for interface in spec.interfaces:
            here = {a.subnet_id for a in interface.addresses}
            subnets = [s for s in self._network(interface.network_id).subnets if s.id in here]
            if wanted := [s for s in subnets if s.ipv6_ra_mode]:
                prefixes.append((devices[interface.port_id], wanted))
        return prefixes

    async def ensure_router_gone(self, router_id: str) -> None:
        async with self._locks[router_id]:
            await namespaces.in_thread(dhcp.ensure_gone, self._advertisements_folder(router_id))
            name = self._router_namespace(router_id)
            if namespaces.exists(name):
                # Deleting the legs takes their other ends out of the networks at once.
                await namespaces.inside(name, routers.prepare, [], False)
            await namespaces.in_thread(namespaces.remove, name)
            self.routers.forget(router_id)

    def _legs(self, spec: RouterSpec) -> list[routers.Leg]:
        legs = [self._leg(interface, []) for interface in spec.interfaces]
        if spec.gateway is not None:
            legs.append(self._leg(spec.gateway, [f"{f.floating}/32" for f in spec.floating_ips]))
        return legs

    def _leg(self, port: RouterInterface | RouterGateway, floating: list[str]) -> routers.Leg:
        network = self._network(port.network_id)
        addresses = []
        for address in port.addresses:
            prefix = networks.prefix_of(network, address.subnet_id)
            if prefix is None:
                raise DriverError(f"Network {network.id} has no subnet {address.subnet_id} on this host.")
            addresses.append(f"{address.ip}/{prefix}")
        return routers.Leg(
            port_id=port.port_id,
            network_namespace=self._network_namespace(network.id),
            mac=port.mac,
            mtu=network.mtu,
            addresses=(*addresses, *floating),
            is_gateway=isinstance(port, RouterGateway),
        )

    # What is here

    async def inventory(self) -> NetworkInventory:
        network_inventory = NetworkInventory()
        for name in namespaces.names(self._network_namespace("")):
            network_inventory.networks.add(name.removeprefix(self._network_namespace("")))
            network_inventory.ports |= await namespaces.inside(name, ports.ids)
        for name in namespaces.names(self._router_namespace("")):
            network_inventory.routers.add(name.removeprefix(self._router_namespace("")))
        return network_inventory

    async def _forget_all_but(self, here: NetworkInventory) -> None:
        for port_id in set(self.ports) - here.ports:
            await self.ensure_port_gone(port_id)
        for network_id in set(self.networks) - here.networks:
            self.networks.forget(network_id)
        for router_id in set(self.routers) - here.routers:
            await namespaces.in_thread(dhcp.ensure_gone, self._advertisements_folder(router_id))
            self.routers.forget(router_id)

    def _index_addresses(self) -> None:
        self._port_at = {
            (port.spec.network_id, address.ip): port.id
            for port in self.ports.values()
            for address in port.spec.addresses
        }

    def _port_with(self, network_id: str, ip: str) -> str | None:
        return self._port_at.get((network_id, ip))

    def _ports_of(self, network_id: str) -> list[PortRecord]:
        return [port for port in self.ports.values() if port.spec.network_id == network_id]

    def _network(self, network_id: str) -> NetworkSpec:
        spec = self.networks.get(network_id)
        if spec is None:
            raise DriverError(f"Network {network_id} is not on this host.")
        return spec

    def _dhcp_folder(self, network_id: str) -> Path:
        return self.folder / "dhcp" / network_id

    def _advertisements_folder(self, router_id: str) -> Path:
        return self.folder / "advertisements" / router_id

    def _network_namespace(self, network_id: str) -> str:
        return f"{self.prefix}-net-{network_id}"

    def _router_namespace(self, router_id: str) -> str:
        return f"{self.prefix}-router-{router_id}"

"""A host whose networks are only remembered.

The world lies in a journal: one record is appended for each change, without waiting for the disk. So it
outlives a killed agent, costs a few microseconds a call, and a thousand such hosts fit in one process.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from pathlib import Path

import msgspec

from haneul.kernel import whole_files
from haneul.kernel.drivers import HostSettings
from haneul.kernel.errors import DriverError, Superseded
from haneul.services.network.drivers.interface import (
    NetworkInventory,
    NetworkSpec,
    PortConnection,
    PortSpec,
    RouterSpec,
)


class _Networks(msgspec.Struct, tag="network"):
    spec: NetworkSpec


class _Ports(msgspec.Struct, tag="port"):
    spec: PortSpec


class _Routers(msgspec.Struct, tag="router"):
    spec: RouterSpec


class _Gone(msgspec.Struct, tag="gone"):
    kind: str
    id: str


_record = msgspec.msgpack.Decoder(_Networks | _Ports | _Routers | _Gone)


class FakeNetwork:
    """Knobs: option `network_delay_s` (a number, or a pair to draw from) slows every call; `failures`
    holds, for the name of a call, how many of the next ones fail."""

    def __init__(self, host: HostSettings) -> None:
        self.host = host
        self.networks: dict[str, NetworkSpec] = {}
        self.ports: dict[str, PortSpec] = {}
        self.routers: dict[str, RouterSpec] = {}
        self.failures: Counter[str] = Counter()
        self._journal = Path(host.folder) / "network" / "world.journal"

    async def start(self) -> None:
        self.networks, self.ports, self.routers = {}, {}, {}
        if self._journal.exists():
            self._replay(self._journal.read_bytes())

    async def close(self) -> None:
        pass

    async def ensure_network(self, spec: NetworkSpec) -> None:
        await self._pass("ensure_network")
        known = self.networks.get(spec.id)
        self._check_generation(known, spec)
        if known != spec:
            self._write(_Networks(spec))

    async def ensure_network_gone(self, network_id: str) -> None:
        await self._pass("ensure_network_gone")
        if network_id in self.networks:
            self._write(_Gone("network", network_id))

    async def ensure_port(self, spec: PortSpec) -> PortConnection:
        await self._pass("ensure_port")
        self._require_network(spec.network_id)
        known = self.ports.get(spec.id)
        self._check_generation(known, spec)
        if known != spec:
            self._write(_Ports(spec))
        return PortConnection(
            kind="none", namespace=await self.namespace_of(spec.network_id), device=f"tap{spec.id[:11]}"
        )

    async def ensure_port_gone(self, port_id: str) -> None:
        await self._pass("ensure_port_gone")
        if port_id in self.ports:
            self._write(_Gone("port", port_id))

    async def ensure_router(self, spec: RouterSpec) -> None:
        await self._pass("ensure_router")
        legs = [*spec.interfaces, *([spec.gateway] if spec.gateway else [])]
        for leg in legs:
            self._require_network(leg.network_id)
            subnets = {subnet.id for subnet in self.networks[leg.network_id].subnets}
            if missing := {address.subnet_id for address in leg.addresses} - subnets:
                raise DriverError(f"Network {leg.network_id} has no subnet {missing} on this host.")
        known = self.routers.get(spec.id)
        self._check_generation(known, spec)
        if known != spec:
            self._write(_Routers(spec))

    async def ensure_router_gone(self, router_id: str) -> None:
        await self._pass("ensure_router_gone")
        if router_id in self.routers:
            self._write(_Gone("router", router_id))

    async def inventory(self) -> NetworkInventory:
        await self._pass("inventory")
        return NetworkInventory(networks=set(self.networks), ports=set(self.ports), routers=set(self.routers))

    async def namespace_of(self, network_id: str) -> str:
        self._require_network(network_id)
        return f"{self.host.options.get('prefix', 'hn')}-net-{network_id}"

    async def _pass(self, call: str) -> None:
        delay = self.host.options.get("network_delay_s", 0)
        if delay:
            await asyncio.sleep(random.uniform(*delay) if isinstance(delay, (list, tuple)) else delay)
        if self.failures[call] > 0:
            self.failures[call] -= 1
            raise DriverError(f"The simulated host {self.host.name} fails at {call}.")

    def _require_network(self, network_id: str) -> None:
        if network_id not in self.networks:
            raise DriverError(f"Network {network_id} is not on this host.")

    @staticmethod
    def _check_generation(
        known: NetworkSpec | PortSpec | RouterSpec | None, spec: NetworkSpec | PortSpec | RouterSpec
    ) -> None:
        if known is not None and known.generation > spec.generation:
            raise Superseded(f"{spec.id} is at generation {known.generation} here.")

    def _write(self, record: _Networks | _Ports | _Routers | _Gone) -> None:
        self._remember(record)
        encoded = msgspec.msgpack.encode(record)
        frame = len(encoded).to_bytes(4, "big") + encoded
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        try:
            descriptor = os.open(self._journal, flags, 0o600)
        except FileNotFoundError:
            self._journal.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._journal, flags, 0o600)
        try:
            os.write(descriptor, frame)
        finally:
            os.close(descriptor)

    def _replay(self, journal: bytes) -> None:
        """The world is as the journal tells it; a last record that was cut off by a kill is left out."""
        position = 0
        while position + 4 <= len(journal):
            end = position + 4 + int.from_bytes(journal[position : position + 4], "big")
            if end > len(journal):
                break
            self._remember(_record.decode(journal[position + 4 : end]))
            position = end
        self._rewrite()

    def _rewrite(self) -> None:
        """The journal tells the present world and nothing more."""
        records = [_Networks(n) for n in self.networks.values()]
        records += [_Ports(p) for p in self.ports.values()]
        records += [_Routers(r) for r in self.routers.values()]
        encoded = [msgspec.msgpack.encode(record) for record in records]
        journal = b"".join(len(e).to_bytes(4, "big") + e for e in encoded)
        whole_files.write(self._journal, journal, outlives_power=False)

    def _remember(self, record: _Networks | _Ports | _Routers | _Gone) -> None:
        match record:
            case _Networks(spec=spec):
                self.networks[spec.id] = spec
            case _Ports(spec=spec):
                self.ports[spec.id] = spec
            case _Routers(spec=spec):
                self.routers[spec.id] = spec
            case _Gone(kind="network", id=network_id):
                self.networks.pop(network_id, None)
                self.ports = {i: p for i, p in self.ports.items() if p.network_id != network_id}
            case _Gone(kind="port", id=port_id):
                self.ports.pop(port_id, None)
            case _Gone(id=router_id):
                self.routers.pop(router_id, None)

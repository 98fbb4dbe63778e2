"""Networks to begin with, and hosts with simulated networks that the control plane can call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from haneul.kernel.drivers import HostSettings
from haneul.services.network.drivers.fake import FakeNetwork
from haneul.services.network.reconcilers.host_networks import tell_hosts
from haneul.services.network.reconcilers.stray_networks import EVERY_S, SHARES, compare_hosts
from haneul.services.placement import public as placement
from tests.conftest import Cloud, Persona

BASE = "/networking/v2.0"


class Neutron:
    """One person's way to the network API: answers are unwrapped, a failure is an error of the test."""

    def __init__(self, who: Persona) -> None:
        self.who = who
        self.auth = who.auth

    async def make(self, kind: str, **values: Any) -> dict[str, Any]:
        wire = {k.replace("__", ":"): v for k, v in values.items()}
        answer = await self.who.post(f"{BASE}/{_path(kind)}", {kind: wire})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()[kind]
        return found

    async def show(self, kind: str, id: str) -> dict[str, Any]:
        answer = await self.who.get(f"{BASE}/{_path(kind)}/{id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()[kind]
        return found

    async def change(self, kind: str, id: str, **values: Any) -> dict[str, Any]:
        wire = {k.replace("__", ":"): v for k, v in values.items()}
        answer = await self.who.put(f"{BASE}/{_path(kind)}/{id}", {kind: wire})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()[kind]
        return found

    async def remove(self, kind: str, id: str) -> None:
        answer = await self.who.delete(f"{BASE}/{_path(kind)}/{id}")
        assert answer.status_code == 204, answer.text

    async def list(self, kind: str, query: str = "") -> list[dict[str, Any]]:
        answer = await self.who.get(f"{BASE}/{_path(kind)}?{query}")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()[kind + "s"]
        return found

    async def act(self, router: str, verb: str, **body: Any) -> dict[str, Any]:
        answer = await self.who.put(f"{BASE}/routers/{router}/{verb}", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """The status and the type of the error that this is answered with."""
        answer = await self.who.call(method, BASE + path, json=body)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["NeutronError"]["type"]

    async def network(self, cidr: str = "10.0.0.0/24", **values: Any) -> tuple[str, str]:
        """A network with a subnet: their ids."""
        network = await self.make("network", **values)
        subnet = await self.make("subnet", network_id=network["id"], cidr=cidr, ip_version=4)
        return network["id"], subnet["id"]


def _path(kind: str) -> str:
    return kind.replace("_", "-") + "s"


DRIVERS = {"network": "fake"}


class Hosts:
    """Simulated hosts; stands where the platform's agents stand."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.networks: dict[str, FakeNetwork] = {}
        self.others = cloud.platform.agents

    def on(self, host: str, origin: Any = None) -> Any:
        if host not in self.networks:
            return self.others.on(host, origin)
        return SimpleNamespace(network=self.networks[host])

    def typed(self, host: str, ability: Any, origin: Any = None) -> Any:
        if host not in self.networks:
            return self.others.typed(host, ability, origin)
        return self.networks[host]

    async def add(self, *names: str, address: str = "") -> None:
        for name in names:
            network = FakeNetwork(HostSettings(name=name, folder=self.folder / name))
            await network.start()
            self.networks[name] = network
        async with self.cloud.platform.context() as ctx:
            await placement.report(ctx, [{"name": n, "drivers": DRIVERS, "address": address} for n in names])

    async def restart(self, name: str) -> None:
        """The host was switched off and on: it has nothing any more, and its agent is another one."""
        self.networks[name] = FakeNetwork(HostSettings(name=name, folder=self.folder / f"{name}-new"))
        await self.networks[name].start()
        async with self.cloud.platform.context() as ctx:
            await placement.report(ctx, [{"name": name, "drivers": DRIVERS, "agent_id": f"{name}-new"}])

    async def told(self) -> None:
        """Returns when hosts know all that changed."""
        await self.cloud.plane.reconcilers.look(tell_hosts)

    async def compared(self) -> None:
        """Returns when every host was compared with what it should have."""
        clock = self.cloud.platform.clock
        ctx = SimpleNamespace(
            platform=self.cloud.platform, agent=self.typed, in_reading=self.cloud.platform.reading,
            in_transaction=self.cloud.platform.context, now=clock.now,
        )  # fmt: skip
        for share in range(SHARES):
            later = clock.now() + timedelta(seconds=share * EVERY_S)
            await self._seen(later)
            ctx.now = lambda later=later: later
            await compare_hosts.look(ctx)  # type: ignore[arg-type]  # a context with another time

    async def _seen(self, at: datetime) -> None:
        async with self.cloud.platform.context() as ctx:
            for host in await placement.hosts(ctx):
                if host.name in self.networks:
                    await placement.save_host(ctx, msgspec.structs.replace(host, last_seen_at=at))


@pytest.fixture
def member(cloud: Cloud) -> Neutron:
    return Neutron(cloud.member)


@pytest.fixture
def admin(cloud: Cloud) -> Neutron:
    return Neutron(cloud.admin)


@pytest.fixture
def stranger(cloud: Cloud) -> Neutron:
    return Neutron(cloud.stranger)


@pytest.fixture
async def hosts(cloud: Cloud, tmp_path: Path) -> AsyncIterator[Hosts]:
    found = Hosts(cloud, tmp_path / "hosts")
    await found.add("h1", "h2")
    cloud.platform.agents = found  # type: ignore[assignment]
    yield found

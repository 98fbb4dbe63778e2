"""What every driver of host networks must do; the linux one for real, in namespaces of its own."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from haneul.kernel.drivers import HostSettings, load
from haneul.kernel.errors import DriverError, Superseded
from haneul.services.network.drivers.interface import (
    AddressSpec,
    FloatingIpSpec,
    HostNetwork,
    NetworkInventory,
    NetworkSpec,
    PortSpec,
    RouterGateway,
    RouterInterface,
    RouterSpec,
    RuleSpec,
    SubnetSpec,
)


class Host:
    """A driver that can be replaced by its successor, as after a crash of the agent."""

    def __init__(self, driver: str, folder: Path) -> None:
        self.kind = driver
        self.settings = HostSettings(
            name="host", folder=folder, options={"prefix": f"t{uuid.uuid4().hex[:6]}"}
        )
        self.driver = self._new()

    def _new(self) -> HostNetwork:
        return load("haneul.network.network", self.kind)(self.settings)  # type: ignore[call-arg,return-value]

    async def crash(self) -> None:
        await self.driver.close()  # type: ignore[attr-defined]
        self.driver = self._new()
        await self.driver.start()  # type: ignore[attr-defined]

    async def clear(self) -> None:
        here = await self.driver.inventory()
        for router_id in here.routers:
            await self.driver.ensure_router_gone(router_id)
        for network_id in here.networks:
            await self.driver.ensure_network_gone(network_id)
        assert await self.driver.inventory() == NetworkInventory()
        await self.driver.close()  # type: ignore[attr-defined]


@pytest.fixture(params=["fake", pytest.param("linux", marks=pytest.mark.root)])
async def host(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Host]:
    one = Host(request.param, tmp_path)
    await one.driver.start()  # type: ignore[attr-defined]
    yield one
    await one.clear()


TENANT_SUBNET = SubnetSpec(id="tenant", cidr="10.0.0.0/24", gateway_ip="10.0.0.1", dhcp_address="10.0.0.2")
OUTER_SUBNET = SubnetSpec(id="outer", cidr="203.0.113.0/24", gateway_ip="203.0.113.1", is_dhcp_enabled=False)
TENANT = NetworkSpec(id=str(uuid.UUID(int=1)), subnets=[TENANT_SUBNET], generation=2)
OUTER = NetworkSpec(id=str(uuid.UUID(int=2)), kind="external", subnets=[OUTER_SUBNET], has_metadata=False)
PORT = PortSpec(
    id="11111111-2222-3333-4444-555555555555",
    network_id=TENANT.id,
    mac="fa:16:3e:00:00:10",
    addresses=[AddressSpec("10.0.0.10", "tenant")],
    rules=[RuleSpec(direction="egress")],
    generation=2,
)
ROUTER = RouterSpec(
    id=str(uuid.UUID(int=3)),
    interfaces=[
        RouterInterface(
            port_id="21111111-2222-3333-4444-555555555555",
            network_id=TENANT.id,
            mac="fa:16:3e:00:00:01",
            addresses=[AddressSpec("10.0.0.1", "tenant")],
        )
    ],
    gateway=RouterGateway(
        port_id="31111111-2222-3333-4444-555555555555",
        network_id=OUTER.id,
        mac="fa:16:3e:00:00:02",
        addresses=[AddressSpec("203.0.113.10", "outer")],
        gateway_ips=["203.0.113.1"],
    ),
    floating_ips=[FloatingIpSpec("203.0.113.20", "10.0.0.10")],
    generation=2,
)
EVERYTHING = NetworkInventory(networks={TENANT.id, OUTER.id}, ports={PORT.id}, routers={ROUTER.id})


async def build(driver: HostNetwork) -> None:
    await driver.ensure_network(TENANT)
    await driver.ensure_network(OUTER)
    await driver.ensure_port(PORT)
    await driver.ensure_router(ROUTER)


async def test_what_was_asked_for_is_there(host: Host) -> None:
    assert await host.driver.inventory() == NetworkInventory()
    await build(host.driver)
    assert await host.driver.inventory() == EVERYTHING


async def test_asking_twice_is_fine(host: Host) -> None:
    await build(host.driver)
    first = await host.driver.ensure_port(PORT)
    await build(host.driver)
    assert await host.driver.ensure_port(PORT) == first
    assert await host.driver.inventory() == EVERYTHING


async def test_a_connection_lies_in_the_networks_namespace(host: Host) -> None:
    await host.driver.ensure_network(TENANT)
    connection = await host.driver.ensure_port(PORT)
    assert set(connection) == {"kind", "namespace", "device"}
    assert connection["namespace"] == await host.driver.namespace_of(TENANT.id)
    assert len(connection["device"]) <= 15


async def test_what_is_here_outlives_the_agent(host: Host) -> None:
    await build(host.driver)
    await host.crash()
    assert await host.driver.inventory() == EVERYTHING
    await build(host.driver)
    assert await host.driver.inventory() == EVERYTHING


async def test_removing_what_is_gone_is_fine(host: Host) -> None:
    await build(host.driver)
    for _ in range(2):
        await host.driver.ensure_router_gone(ROUTER.id)
        await host.driver.ensure_port_gone(PORT.id)
        await host.driver.ensure_network_gone(TENANT.id)
        assert await host.driver.inventory() == NetworkInventory(networks={OUTER.id})
        await host.crash()


async def test_a_network_takes_its_ports_with_it(host: Host) -> None:
    await host.driver.ensure_network(TENANT)
    await host.driver.ensure_port(PORT)
    await host.driver.ensure_network_gone(TENANT.id)
    assert await host.driver.inventory() == NetworkInventory()
    await host.driver.ensure_port_gone(PORT.id)


async def test_what_stands_on_a_missing_network_fails(host: Host) -> None:
    with pytest.raises(DriverError):
        await host.driver.ensure_port(PORT)
    with pytest.raises(DriverError):
        await host.driver.ensure_router(ROUTER)
    with pytest.raises(DriverError):
        await host.driver.namespace_of(TENANT.id)
    assert await host.driver.inventory() == NetworkInventory()


async def test_a_router_needs_the_subnets_it_has_addresses_in(host: Host) -> None:
    await host.driver.ensure_network(msgspec.structs.replace(TENANT, subnets=[]))
    await host.driver.ensure_network(OUTER)
    with pytest.raises(DriverError):
        await host.driver.ensure_router(ROUTER)


async def test_changes_are_carried_out(host: Host) -> None:
    await build(host.driver)
    alone = msgspec.structs.replace(ROUTER, gateway=None, floating_ips=[], generation=3)
    closed = msgspec.structs.replace(PORT, rules=[], is_secured=False, generation=3)
    await host.driver.ensure_router(alone)
    await host.driver.ensure_port(closed)
    await host.driver.ensure_network_gone(OUTER.id)
    here = NetworkInventory(networks={TENANT.id}, ports={PORT.id}, routers={ROUTER.id})
    assert await host.driver.inventory() == here


@pytest.mark.parametrize("crashed", [False, True])
async def test_a_call_that_was_overtaken_changes_nothing(host: Host, crashed: bool) -> None:
    await build(host.driver)
    if crashed:
        await host.crash()
    with pytest.raises(Superseded):
        await host.driver.ensure_network(msgspec.structs.replace(TENANT, generation=1))
    with pytest.raises(Superseded):
        await host.driver.ensure_port(msgspec.structs.replace(PORT, generation=1))
    with pytest.raises(Superseded):
        await host.driver.ensure_router(msgspec.structs.replace(ROUTER, generation=1))
    assert await host.driver.inventory() == EVERYTHING


def test_specs_travel_as_msgpack() -> None:
    for spec in (TENANT, OUTER, PORT, ROUTER, EVERYTHING):
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(spec), type=type(spec)) == spec

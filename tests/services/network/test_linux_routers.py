"""Routers, floating addresses and external networks of the linux driver, with real packets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
import pytest

from haneul.services.network.drivers.interface import (
    AddressPair,
    AddressSpec,
    FloatingIpSpec,
    HostRoute,
    NetworkSpec,
    RouterGateway,
    RouterInterface,
    RouterSpec,
)
from haneul.services.network.drivers.linux import namespaces
from tests.services.network.wire import ANYTHING, Guest, Wire, external, network, port, run

pytestmark = pytest.mark.root

FLOATING = "203.0.113.50"


def interface(on: NetworkSpec, number: int) -> RouterInterface:
    """The router's leg at the gateway address of `network(number)`."""
    address = AddressSpec(f"10.0.{number}.1", on.subnets[0].id)
    return RouterInterface(
        port_id=f"{number:08d}-leg", network_id=on.id, mac=f"fa:16:3e:00:00:{number:02x}", addresses=[address]
    )


def gateway(on: NetworkSpec, ip: str = "203.0.113.10", **changes: object) -> RouterGateway:
    fields = {
        "port_id": "99999999-gateway",
        "network_id": on.id,
        "mac": "fa:16:3e:00:00:99",
        "addresses": [AddressSpec(ip, on.subnets[0].id)],
        "gateway_ips": ["203.0.113.1"],
        **changes,
    }
    return RouterGateway(**fields)  # type: ignore[arg-type]


@dataclass
class Town:
    """An external network, a router, and two tenant networks with a guest each that lets anything in."""

    outside: NetworkSpec
    router: RouterSpec
    one: Guest
    two: Guest


@pytest.fixture
async def town(wire: Wire) -> Town:
    nets = [network(1), network(2)]
    outside = external()
    for net in (outside, *nets):
        await wire.driver.ensure_network(net)
    guests = []
    for number, net in enumerate(nets, start=1):
        guest = await wire.guest(port(net, f"10.0.{number}.10", rules=ANYTHING))
        await guest.configure(f"10.0.{number}.10/24", gateway=f"10.0.{number}.1")
        guests.append(guest)
    legs = [interface(net, number) for number, net in enumerate(nets, start=1)]
    router = RouterSpec(id="router", interfaces=legs, gateway=gateway(outside))
    await wire.driver.ensure_router(router)
    return Town(outside, router, *guests)


async def hears(namespace: str, ip: str, port: int) -> str:
    return (await run(namespace, f"busybox nc -w 1 {ip} {port} </dev/null 2>/dev/null"))[1].strip()


async def test_a_router_joins_its_networks(wire: Wire, town: Town) -> None:
    async with town.two.serving(80, "{peer}"):
        assert await town.one.hears(town.two.ip, 80) == town.one.ip
        apart = msgspec.structs.replace(town.router, interfaces=town.router.interfaces[:1])
        await wire.driver.ensure_router(apart)
        assert await town.one.hears(town.two.ip, 80) == ""
        await wire.driver.ensure_router(town.router)
        assert await town.one.hears(town.two.ip, 80) == town.one.ip


async def test_a_router_that_is_down_forwards_nothing(wire: Wire, town: Town) -> None:
    await wire.driver.ensure_router(msgspec.structs.replace(town.router, is_up=False))
    assert not await town.one.reaches(town.two.ip)


async def test_traffic_to_the_outside_has_the_gateways_address(wire: Wire, town: Town) -> None:
    world = await wire.guest(port(town.outside, "203.0.113.200", rules=ANYTHING))
    await world.configure("203.0.113.200/24")
    async with world.serving(80, "{peer}"):
        assert await town.one.hears(world.ip, 80) == "203.0.113.10"
        plain = gateway(town.outside, is_snat_enabled=False)
        await wire.driver.ensure_router(msgspec.structs.replace(town.router, gateway=plain))
        assert await town.one.hears(world.ip, 80) == ""


async def test_a_floating_address_leads_in_and_out(wire: Wire, town: Town) -> None:
    outside = await wire.driver.namespace_of(town.outside.id)
    floating = msgspec.structs.replace(town.router, floating_ips=[FloatingIpSpec(FLOATING, town.one.ip)])
    world = await wire.guest(port(town.outside, "203.0.113.200", rules=ANYTHING))
    await world.configure("203.0.113.200/24")
    async with town.one.serving(22, "{peer}"), world.serving(80, "{peer}"):
        assert await hears(outside, FLOATING, 22) == ""
        await wire.driver.ensure_router(floating)
        assert await hears(outside, FLOATING, 22) == "203.0.113.1"
        assert await world.hears(FLOATING, 22) == "203.0.113.200"
        assert await town.one.hears(world.ip, 80) == FLOATING
        assert await town.two.hears(world.ip, 80) == "203.0.113.10"
        await wire.driver.ensure_router(town.router)
        assert await hears(outside, FLOATING, 22) == ""


async def test_a_floating_address_is_reached_from_inside_too(wire: Wire, town: Town) -> None:
    both = [FloatingIpSpec(FLOATING, town.one.ip), FloatingIpSpec("203.0.113.51", town.two.ip)]
    await wire.driver.ensure_router(msgspec.structs.replace(town.router, floating_ips=both[:1]))
    async with town.one.serving(22, "{peer}"):
        assert await town.two.hears(FLOATING, 22) == "203.0.113.10"
        assert await town.one.hears(FLOATING, 22) == FLOATING
        await wire.driver.ensure_router(msgspec.structs.replace(town.router, floating_ips=both))
        assert await town.two.hears(FLOATING, 22) == "203.0.113.51"


async def test_an_outer_gateway_that_lies_outside_of_its_subnet_is_reached(wire: Wire) -> None:
    inner, outside = network(1), external()
    far = msgspec.structs.replace(outside.subnets[0], gateway_ip="198.51.100.1")
    outside = msgspec.structs.replace(outside, subnets=[far])
    for net in (outside, inner):
        await wire.driver.ensure_network(net)
    guest = await wire.guest(port(inner, "10.0.1.10", rules=ANYTHING))
    await guest.configure("10.0.1.10/24", gateway="10.0.1.1")
    way = gateway(outside, gateway_ips=["198.51.100.1"])
    await wire.driver.ensure_router(RouterSpec(id="router", interfaces=[interface(inner, 1)], gateway=way))
    assert await guest.reaches("198.51.100.1")


async def test_static_routes_come_and_go(wire: Wire, town: Town) -> None:
    await town.two.run("ip addr add 192.0.2.1/32 dev lo")
    spec = msgspec.structs.replace(
        town.two.spec,
        allowed_address_pairs=[AddressPair("192.0.2.1")],
    )
    await wire.driver.ensure_port(spec)
    assert not await town.one.reaches("192.0.2.1")
    routed = msgspec.structs.replace(town.router, routes=[HostRoute("192.0.2.0/24", town.two.ip)])
    await wire.driver.ensure_router(routed)
    assert await town.one.reaches("192.0.2.1")
    await wire.driver.ensure_router(town.router)
    assert not await town.one.reaches("192.0.2.1")


async def test_the_gateway_of_an_external_network_is_held_to_the_rules(wire: Wire, town: Town) -> None:
    outside = await wire.driver.namespace_of(town.outside.id)
    direct = await wire.guest(port(town.outside, "203.0.113.200"))
    await direct.configure("203.0.113.200/24")
    async with direct.serving(80, "{peer}"):
        assert await hears(outside, direct.ip, 80) == ""
        await wire.driver.ensure_port(msgspec.structs.replace(direct.spec, rules=ANYTHING))
        assert await hears(outside, direct.ip, 80) == "203.0.113.1"


async def test_applying_the_same_router_again_disturbs_nobody(wire: Wire, town: Town) -> None:
    spec = msgspec.structs.replace(
        town.router,
        floating_ips=[FloatingIpSpec(FLOATING, town.one.ip)],
        routes=[HostRoute("192.0.2.0/24", town.two.ip)],
    )
    await wire.driver.ensure_router(spec)
    name = f"{wire.prefix}-router-router"
    look = "nft -s list ruleset; ip -o addr; ip route; ip -o link"
    before = await run(name, look)
    outside = await wire.driver.namespace_of(town.outside.id)
    pinging = asyncio.create_task(run(outside, f"ping -q -i 0.01 -c 60 -W 1 {FLOATING}"))
    for _ in range(5):
        await wire.driver.ensure_router(spec)
    assert " 0% packet loss" in (await pinging)[1]
    assert await run(name, look) == before


async def test_what_is_gone_leaves_nothing_behind(wire: Wire, town: Town) -> None:
    await wire.driver.ensure_router_gone("router")
    await wire.driver.ensure_router_gone("router")
    name = await wire.driver.namespace_of(town.one.spec.network_id)
    assert "rt-" not in (await run(name, "ip -o link"))[1]
    for guest in (town.one, town.two):
        await wire.driver.ensure_port_gone(guest.spec.id)
        await wire.driver.ensure_port_gone(guest.spec.id)
    assert guest.spec.id[:11] not in (await run(name, "nft list ruleset; ip link"))[1]
    here = await wire.driver.inventory()
    assert (here.ports, here.routers) == (set(), set())
    for network_id in here.networks:
        await wire.driver.ensure_network_gone(network_id)
        await wire.driver.ensure_network_gone(network_id)
    left = namespaces.names(f"{wire.prefix}-net") + namespaces.names(f"{wire.prefix}-router")
    assert left == []
    assert [p for p in wire.driver.folder.rglob("*") if p.is_file()] == []

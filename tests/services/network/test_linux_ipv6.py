"""How guests come by IPv6 addresses, and by DHCP options of their own."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time

import msgspec
import pytest

from haneul.services.network.drivers.interface import (
    AddressSpec,
    DhcpOption,
    NetworkSpec,
    PortSpec,
    RouterInterface,
    RouterSpec,
    SubnetSpec,
)
from haneul.services.network.drivers.linux import namespaces
from haneul.services.network.model.addresses import eui64
from tests.services.network.wire import OUTWARD, Guest, Wire, network, port
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.root

PREFIX = "fd00:1::/64"


def six(mode: str | None) -> NetworkSpec:
    """A network with IPv6 in that mode: the gateway is ::1, DHCP is at ::2."""
    subnet = SubnetSpec(
        id="six",
        cidr=PREFIX,
        ip_version=6,
        gateway_ip="fd00:1::1",
        dhcp_address="fd00:1::2",
        dns_nameservers=["fd00:1::53"],
        ipv6_address_mode=mode,  # type: ignore[arg-type]
        ipv6_ra_mode=mode,  # type: ignore[arg-type]
    )
    return msgspec.structs.replace(network(), subnets=[subnet])


def automatic(net: NetworkSpec, **changes: object) -> PortSpec:
    spec = port(net, "fd00:1::10", **changes)
    return msgspec.structs.replace(spec, addresses=[AddressSpec(eui64(PREFIX, spec.mac), "six")])


async def becomes(guest: Guest, command: str, text: str) -> str:
    """What the command says once it has the text."""
    async with asyncio.timeout(PATIENCE_S):
        while text not in (said := (await guest.run(command))[1]):  # noqa: ASYNC110 - it sends no event
            await asyncio.sleep(0.1)
        return said


@pytest.mark.parametrize("mode", ["slaac", "dhcpv6-stateless"])
async def test_a_guest_gives_itself_the_address_that_the_port_has(wire: Wire, mode: str) -> None:
    net = six(mode)
    await wire.driver.ensure_network(net)
    one, two = [await wire.guest(automatic(net)) for _ in range(2)]
    for guest in (one, two):
        await becomes(guest, "ip -6 -o addr show dev eth0 scope global", f"{guest.ip}/64")
    assert "default" not in (await one.run("ip -6 route"))[1]
    pings = msgspec.structs.replace(OUTWARD[0], direction="ingress", ethertype="IPv6", protocol="icmp")
    await wire.driver.ensure_port(msgspec.structs.replace(two.spec, rules=[*OUTWARD, pings]))
    await becomes(one, f"ping -q -c 1 -W 1 {two.ip}", " 0% packet loss")
    assert not await two.reaches(one.ip)


@pytest.mark.parametrize("gateway", ["fd00:1::1", "fd00:1::"])
async def test_a_router_is_the_way_out_for_those_who_gave_themselves_addresses(
    wire: Wire, gateway: str
) -> None:
    net = six("slaac")
    await wire.driver.ensure_network(net)
    guest = await wire.guest(automatic(net))
    leg = RouterInterface(
        port_id="11111111-leg", network_id=net.id, mac="fa:16:3e:00:00:01",
        addresses=[AddressSpec(gateway, "six")],
    )  # fmt: skip
    router = RouterSpec(id="r", interfaces=[leg])
    await wire.driver.ensure_router(router)
    await becomes(guest, "ip -6 route", "default via fe80::f816:3eff:fe00:1")
    await becomes(guest, f"ping -q -c 1 -W 1 {gateway}", " 0% packet loss")
    await wire.driver.ensure_router(router)
    await wire.driver.ensure_router_gone("r")


async def test_a_guest_that_asks_gets_the_address_of_its_port_and_its_own_options(wire: Wire) -> None:
    net = six("dhcpv6-stateful")
    await wire.driver.ensure_network(net)
    boot = DhcpOption("59", "http://[fd00:1::9]/boot", 6)
    guest = await wire.guest(port(net, "fd00:1::10", dhcp_options=[boot]))
    other = await wire.guest(port(net, "fd00:1::11"))
    await becomes(guest, "ip -6 -o addr show dev eth0 scope link", "fe80::")
    advertised = await ask(guest)
    assert socket.inet_pton(socket.AF_INET6, "fd00:1::10") in advertised
    assert socket.inet_pton(socket.AF_INET6, "fd00:1::53") in advertised
    assert b"http://[fd00:1::9]/boot" in advertised
    theirs = await ask(other)
    assert socket.inet_pton(socket.AF_INET6, "fd00:1::11") in theirs
    assert b"/boot" not in theirs
    assert "fd00:1::" not in (await guest.run("ip -6 -o addr show dev eth0 scope global"))[1]


async def ask(guest: Guest) -> bytes:
    """What DHCPv6 advertises to the guest."""

    def solicit() -> bytes:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as out:
            out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            out.bind(("::", 546))
            out.settimeout(0.5)
            mac = bytes.fromhex(guest.spec.mac.replace(":", ""))
            options = struct.pack("!HHHH", 1, 4 + len(mac), 3, 1) + mac  # who asks
            options += struct.pack("!HHIII", 3, 12, 1, 0, 0)  # for an address
            options += struct.pack("!HHHH", 6, 4, 23, 59)  # for name servers and what to boot
            message = b"\x01" + os.urandom(3) + options
            there = ("ff02::1:2", 547, 0, socket.if_nametoindex("eth0"))
            for _ in range(40):
                try:
                    out.sendto(message, there)
                    answer = out.recv(2000)
                except TimeoutError:
                    continue
                except OSError:  # its own address is still being checked
                    time.sleep(0.1)
                    continue
                if answer[1:4] == message[1:4]:
                    return answer
        raise AssertionError("nobody answered")

    return await namespaces.inside(guest.namespace, solicit)


@pytest.mark.parametrize(
    ("name", "value"),
    [("no-such-option", "1"), ("tag:x,option:router", "1.2.3.4"), ("router", "nobody"), ("66", '"')],
)
async def test_options_that_no_server_knows_take_nothing_from_anybody(
    wire: Wire, name: str, value: str
) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    other = await wire.guest(port(net, "10.0.1.11"))
    wrong = [DhcpOption(name, value), DhcpOption("domain-name", "own.example")]
    guest = await wire.guest(port(net, "10.0.1.10", dhcp_options=wrong))
    assert "own.example" in await guest.configure_by_dhcp()
    assert "10.0.1.11" in await other.configure_by_dhcp()


async def test_options_of_a_port_reach_its_guest_and_no_other(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    options = [
        DhcpOption("domain-name", "own.example"), DhcpOption("ntp-server", "10.0.1.77"),
        DhcpOption("bootfile-name", "pxe.0"),
    ]  # fmt: skip
    guest = await wire.guest(port(net, "10.0.1.10", dhcp_options=options))
    other = await wire.guest(port(net, "10.0.1.11"))
    said = await guest.configure_by_dhcp()
    assert "domain=own.example ntp=10.0.1.77 boot=pxe.0" in said
    assert "own.example" not in await other.configure_by_dhcp()
    changed = msgspec.structs.replace(guest.spec, dhcp_options=[DhcpOption("domain-name", "new.example")])
    await wire.driver.ensure_port(changed)
    assert "domain=new.example ntp= boot=\n" in await guest.configure_by_dhcp()

"""Networks and ports of the linux driver, with real packets."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import msgspec
import pytest

from haneul.services.network.drivers.interface import AddressPair, QosSpec, RuleSpec
from haneul.services.network.drivers.linux import LinuxNetwork, namespaces
from tests.services.network.wire import ANYTHING, OUTWARD, Guest, Wire, network, port, run

pytestmark = pytest.mark.root


def allowing(*ports: int) -> list[RuleSpec]:
    return OUTWARD + [
        RuleSpec(direction="ingress", protocol="tcp", port_min=one, port_max=one) for one in ports
    ]


async def picture(namespace: str) -> str:
    """What can be seen of a namespace from outside, without counters and ages."""
    return (await run(namespace, "nft -s list ruleset; ip -o addr; ip route; ip -o link"))[1]


async def test_a_guest_gets_its_address_and_routes_by_dhcp(wire: Wire) -> None:
    net = network(mtu=1400)
    await wire.driver.ensure_network(net)
    guest = await wire.guest(port(net, "10.0.1.10", hostname="web"))
    said = await guest.configure_by_dhcp()
    assert "ip=10.0.1.10/24 router=10.0.1.1 dns=10.0.1.2 mtu=1400 hostname=web" in said
    assert "169.254.169.254/32 10.0.1.2" in said
    assert "0.0.0.0/0 10.0.1.1" in said


async def test_an_address_that_moves_to_another_port_is_given_to_it(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    first = await wire.guest(port(net, "10.0.1.10"))
    await first.configure_by_dhcp()
    await wire.driver.ensure_port_gone(first.spec.id)
    second = await wire.guest(port(net, "10.0.1.10"))
    assert "ip=10.0.1.10/24" in await second.configure_by_dhcp()


async def test_metadata_knows_which_port_asks(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    guests = [await wire.guest(port(net, f"10.0.1.{n}")) for n in (10, 11)]
    for guest in guests:
        await guest.configure_by_dhcp()
        fetch = "timeout 5 wget -q -O - http://169.254.169.254/latest/meta-data"
        assert await guest.run(fetch) == (0, f"GET /latest/meta-data for {guest.spec.id} \n")
    post = "timeout 5 wget -q -O - --post-data=secret http://169.254.169.254/openstack/latest/password"
    code, said = await guests[0].run(post)
    assert (code, said) == (0, f"POST /openstack/latest/password for {guests[0].spec.id} secret\n")


async def test_metadata_is_answered_without_the_classless_route(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    guest = await wire.guest(port(net, "10.0.1.10"))
    other = await wire.guest(port(net, "10.0.1.1", rules=ANYTHING))
    await other.configure("10.0.1.1/24")
    await guest.configure("10.0.1.10/24", gateway="10.0.1.1")
    code, said = await guest.run("timeout 5 wget -q -O - http://169.254.169.254/latest")
    assert (code, said) == (0, f"GET /latest for {guest.spec.id} \n")


async def test_a_rule_opens_and_closes_a_tcp_port(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    server = await wire.guest(port(net, "10.0.1.10"))
    client = await wire.guest(port(net, "10.0.1.11"))
    await server.configure("10.0.1.10/24")
    await client.configure("10.0.1.11/24")
    async with server.serving(8080):
        assert await client.hears(server.ip, 8080) == ""
        await wire.driver.ensure_port(msgspec.structs.replace(server.spec, rules=allowing(8080)))
        assert await client.hears(server.ip, 8080) == "hello"
        await wire.driver.ensure_port(msgspec.structs.replace(server.spec, rules=allowing(8081)))
        assert await client.hears(server.ip, 8080) == ""


async def test_a_stateless_port_hears_replies_only_where_a_rule_lets_them_in(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    server = await wire.guest(port(net, "10.0.1.10", rules=allowing(8080)))
    client = await wire.guest(port(net, "10.0.1.11", is_stateful=False))
    await server.configure("10.0.1.10/24")
    await client.configure("10.0.1.11/24")
    replies = [*OUTWARD, RuleSpec(direction="ingress", protocol="tcp", remote_cidr="10.0.1.10/32")]
    async with server.serving(8080):
        assert await client.hears(server.ip, 8080) == ""
        await wire.driver.ensure_port(msgspec.structs.replace(client.spec, rules=replies))
        assert await client.hears(server.ip, 8080) == "hello"
        await wire.driver.ensure_port(msgspec.structs.replace(client.spec, is_stateful=True))
        assert await client.hears(server.ip, 8080) == "hello"
    await wire.driver.ensure_port_gone(client.spec.id)


async def test_pings_pass_only_where_a_rule_lets_them_in(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    pings = [*OUTWARD, RuleSpec(direction="ingress", protocol="icmp", remote_addresses=["10.0.1.11"])]
    server = await wire.guest(port(net, "10.0.1.10", rules=pings))
    friend = await wire.guest(port(net, "10.0.1.11"))
    stranger = await wire.guest(port(net, "10.0.1.12"))
    mute = await wire.guest(port(net, "10.0.1.13", rules=[]))
    for guest in (server, friend, stranger, mute):
        await guest.configure(f"{guest.ip}/24")
    assert await friend.reaches(server.ip)
    assert not await stranger.reaches(server.ip)
    assert not await mute.reaches(server.ip)
    assert not await server.reaches(friend.ip)


async def test_a_port_cannot_send_as_somebody_else(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    server = await wire.guest(port(net, "10.0.1.10", rules=ANYTHING))
    liar = await wire.guest(port(net, "10.0.1.11", rules=ANYTHING))
    await server.configure("10.0.1.10/24")
    await liar.configure("10.0.1.66/24")
    assert not await liar.reaches(server.ip)
    pairs = [AddressPair("10.0.1.64/26")]
    await wire.driver.ensure_port(msgspec.structs.replace(liar.spec, allowed_address_pairs=pairs))
    assert await liar.reaches(server.ip)
    await wire.driver.ensure_port(liar.spec)
    await liar.configure("10.0.1.11/24")
    assert await liar.reaches(server.ip)
    await liar.run("ip link set eth0 address fa:16:3e:00:00:66")
    assert not await liar.reaches(server.ip)


async def test_without_port_security_nothing_is_filtered(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    free = await wire.guest(port(net, "10.0.1.10", rules=[], is_secured=False))
    other = await wire.guest(port(net, "10.0.1.11"))
    await free.configure("10.0.1.77/24")
    await other.configure("10.0.1.11/24")
    assert await other.reaches("10.0.1.77")
    await wire.driver.ensure_port(msgspec.structs.replace(free.spec, is_secured=True))
    assert not await other.reaches("10.0.1.77")


async def test_a_port_that_is_down_carries_nothing(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    one = await wire.guest(port(net, "10.0.1.10", rules=ANYTHING))
    two = await wire.guest(port(net, "10.0.1.11", rules=ANYTHING))
    await one.configure("10.0.1.10/24")
    await two.configure("10.0.1.11/24")
    assert await two.reaches(one.ip)
    await wire.driver.ensure_port(msgspec.structs.replace(one.spec, is_up=False))
    assert not await two.reaches(one.ip)
    await wire.driver.ensure_port(one.spec)
    assert await two.reaches(one.ip)


async def test_networks_with_the_same_addresses_do_not_see_each_other(wire: Wire) -> None:
    here, there = network(), network()
    await wire.driver.ensure_network(here)
    await wire.driver.ensure_network(there)
    one = await wire.guest(port(here, "10.0.1.10", rules=ANYTHING))
    two = await wire.guest(port(here, "10.0.1.11", rules=ANYTHING))
    far = await wire.guest(port(there, "10.0.1.12", rules=ANYTHING))
    for guest in (one, two, far):
        await guest.configure_by_dhcp()
    assert await one.reaches(two.ip)
    assert not await one.reaches(far.ip)
    assert not await far.reaches(one.ip)


async def test_ipv6_is_filtered_and_checked_as_well(wire: Wire) -> None:
    net = network()
    six = msgspec.structs.replace(net.subnets[0], id="six", cidr="fd00:1::/64", ip_version=6)
    six = msgspec.structs.replace(six, gateway_ip=None, dhcp_address="fd00:1::2")
    net = msgspec.structs.replace(net, subnets=[six])
    await wire.driver.ensure_network(net)
    pings = [*OUTWARD, RuleSpec(direction="ingress", ethertype="IPv6", protocol="icmp")]
    server = await wire.guest(port(net, "fd00:1::10", rules=pings))
    client = await wire.guest(port(net, "fd00:1::11"))
    for guest in (server, client):
        await guest.run(f"ip addr add {guest.ip}/64 dev eth0 nodad")
    assert await client.reaches(server.ip)
    assert not await server.reaches(client.ip)
    await client.run("ip addr del fd00:1::11/64 dev eth0; ip addr add fd00:1::66/64 dev eth0 nodad")
    assert not await client.reaches(server.ip)


async def test_applying_the_same_again_disturbs_nobody(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    server = await wire.guest(port(net, "10.0.1.10", rules=ANYTHING))
    client = await wire.guest(port(net, "10.0.1.11"))
    await server.configure("10.0.1.10/24")
    await client.configure("10.0.1.11/24")
    name = await wire.driver.namespace_of(net.id)
    before = await picture(name)
    flood = client.run(f"ping -q -i 0.01 -c 60 -W 1 {server.ip}")
    pinging = asyncio.create_task(flood)
    for _ in range(5):
        await wire.driver.ensure_network(net)
        await wire.driver.ensure_port(server.spec)
        await wire.driver.ensure_port(client.spec)
    code, said = await pinging
    assert code == 0
    assert " 0% packet loss" in said
    assert await picture(name) == before


async def test_the_next_agent_goes_on_with_what_is_there(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    guest = await wire.guest(port(net, "10.0.1.10"))
    await wire.driver.close()
    wire.driver = LinuxNetwork(wire.settings)
    await wire.driver.start()
    here = await wire.driver.inventory()
    assert (here.networks, here.ports, here.routers) == ({net.id}, {guest.spec.id}, set())
    await guest.configure_by_dhcp()
    code, said = await guest.run("timeout 5 wget -q -O - http://169.254.169.254/latest")
    assert (code, said) == (0, f"GET /latest for {guest.spec.id} \n")
    await wire.driver.ensure_port_gone(guest.spec.id)
    assert (await wire.driver.inventory()).ports == set()


async def test_a_host_that_goes_down_keeps_nothing_and_serves_again(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    await wire.guest(port(net, "10.0.1.10"))
    name = await wire.driver.namespace_of(net.id)
    await wire.driver.go_down(10)
    assert not namespaces.exists(name)
    here = await wire.driver.inventory()
    assert (here.networks, here.ports, here.routers) == (set(), set(), set())
    await wire.driver.ensure_network(net)
    again = await wire.guest(port(net, "10.0.1.11"))
    await again.configure_by_dhcp()


@pytest.mark.parametrize("limited", ["sender", "receiver"])
async def test_a_bandwidth_limit_holds_and_is_lifted(wire: Wire, limited: str) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    sender = await wire.guest(port(net, "10.0.1.10", rules=ANYTHING))
    receiver = await wire.guest(port(net, "10.0.1.11", rules=ANYTHING))
    await sender.configure("10.0.1.10/24")
    await receiver.configure("10.0.1.11/24")
    tight = {"egress_kbps": 200} if limited == "sender" else {"ingress_kbps": 200}
    spec = (sender if limited == "sender" else receiver).spec
    assert await arrivals(sender, receiver) == 100
    for _ in range(2):
        await wire.driver.ensure_port(msgspec.structs.replace(spec, qos=QosSpec(**tight)))
    assert 0 < await arrivals(sender, receiver) < 50
    await wire.driver.ensure_port(spec)
    assert await arrivals(sender, receiver) == 100


async def arrivals(sender: Guest, receiver: Guest) -> int:
    """How many of 100 large packets, sent all at once, get through."""

    def blast() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for _ in range(100):
                out.sendto(b"x" * 1300, (receiver.ip, 9000))

    def bind() -> socket.socket:
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        opened.bind((receiver.ip, 9000))
        opened.settimeout(1)
        return opened

    def count(opened: socket.socket) -> int:
        seen = 0
        with contextlib.suppress(TimeoutError):
            while opened.recv(2000):
                seen += 1
        return seen

    assert await sender.reaches(receiver.ip)
    with await namespaces.inside(receiver.namespace, bind) as opened:
        await namespaces.inside(sender.namespace, blast)
        return await asyncio.to_thread(count, opened)

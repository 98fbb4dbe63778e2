"""What lies between the linux driver and the rest of a host: tunnels to other hosts, the uplink, taps."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import struct
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from haneul.kernel.errors import DriverError
from haneul.services.network.drivers.linux import devices, namespaces
from tests.services.network.conftest import echo_metadata
from tests.services.network.wire import ANYTHING, OUTWARD, Wire, network, new_prefix, port, run
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.root


@pytest.fixture
async def hosts(tmp_path: Path) -> AsyncIterator[list[Wire]]:
    """Two hosts with a cable between them."""
    prefix = new_prefix()
    underlays = [f"{prefix}-underlay{n}" for n in (1, 2)]
    for name in underlays:
        await namespaces.in_thread(namespaces.create, name)
    first, second = underlays
    await run(first, f"ip link add cable type veth peer name cable netns {second}")
    wires = []
    for number, name in enumerate(underlays, start=1):
        code, output = await run(name, f"ip addr add 192.0.2.{number}/24 dev cable && ip link set cable up")
        assert code == 0, output
        wires.append(
            Wire(
                tmp_path / name,
                echo_metadata,
                prefix=f"{prefix}{number}",
                tunnel_address=f"192.0.2.{number}",
                tunnel_namespace=name,
            )
        )
        await wires[-1].driver.start()
    yield wires
    for one in wires:
        await one.clear()
    for name in underlays:
        namespaces.remove(name)


async def test_a_network_spans_hosts_by_tunnels(hosts: list[Wire]) -> None:
    net = network(segment=77)
    guests = []
    for here, wire in enumerate(hosts):
        await wire.driver.ensure_network(msgspec.structs.replace(net, peers=[f"192.0.2.{2 - here}"]))
        guests.append(await wire.guest(port(net, f"10.0.1.{10 + here}")))
    near, far = guests
    for guest in guests:
        said = await guest.configure_by_dhcp()
        assert f"ip={guest.ip}/24" in said
        code, answer = await guest.run("timeout 5 wget -q -O - http://169.254.169.254/latest")
        assert (code, answer) == (0, f"GET /latest for {guest.spec.id} \n")
    assert not await near.reaches(far.ip)
    await hosts[1].driver.ensure_port(msgspec.structs.replace(far.spec, rules=ANYTHING))
    assert await near.reaches(far.ip)
    async with far.serving(80, "{peer}"):
        assert await near.hears(far.ip, 80) == near.ip


async def test_peers_come_and_go(hosts: list[Wire]) -> None:
    net = network(segment=78)
    joined = [msgspec.structs.replace(net, peers=[f"192.0.2.{2 - here}"]) for here in (0, 1)]
    guests = []
    for here, wire in enumerate(hosts):
        await wire.driver.ensure_network(joined[here])
        guests.append(await wire.guest(port(net, f"10.0.1.{10 + here}", rules=ANYTHING)))
        await guests[-1].configure(f"10.0.1.{10 + here}/24")
    near, far = guests
    assert await near.reaches(far.ip)
    await hosts[0].driver.ensure_network(net)
    assert not await near.reaches(far.ip)
    await hosts[0].driver.ensure_network(joined[0])
    await hosts[0].driver.ensure_network(joined[0])
    assert await near.reaches(far.ip)
    await hosts[0].driver.ensure_network(msgspec.structs.replace(net, peers=["192.0.2.9"]))
    await near.run("ip neigh flush dev eth0")
    tunnels = await run(f"{hosts[0].prefix}-net-{net.id}", "bridge fdb show dev tunnel")
    assert "dst 192.0.2.9" in tunnels[1]
    assert "00:00:00:00:00:00 dst 192.0.2.2" not in tunnels[1]


async def test_a_network_with_peers_needs_a_segment(wire: Wire) -> None:
    with pytest.raises(DriverError):
        await wire.driver.ensure_network(network(peers=["192.0.2.1"]))


def open_tap(device: str) -> int:
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    flags = devices.IFF_TAP | devices.IFF_NO_PI | devices.IFF_VNET_HDR
    fcntl.ioctl(descriptor, devices.TUNSETIFF, struct.pack("16sH22x", device.encode(), flags))
    return descriptor


async def test_whoever_opens_the_tap_is_on_the_network(wire: Wire) -> None:
    net = network()
    await wire.driver.ensure_network(net)
    spec = port(net, "10.0.1.10", attach="tap", rules=OUTWARD)
    connection = await wire.driver.ensure_port(spec)
    assert connection["kind"] == "tap"
    tap = await namespaces.inside(connection["namespace"], open_tap, connection["device"])
    try:
        mac = bytes.fromhex(spec.mac.replace(":", ""))
        ask = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + socket.inet_aton("10.0.1.10")
        ask += b"\0" * 6 + socket.inet_aton("10.0.1.2")
        answer = await answer_to(tap, b"\xff" * 6 + mac + b"\x08\x06" + ask)
        assert answer[12:14] == b"\x08\x06"
        assert socket.inet_ntoa(answer[28:32]) == "10.0.1.2"
        assert await wire.driver.ensure_port(spec) == connection
    finally:
        os.close(tap)
    assert (await wire.driver.inventory()).ports == {spec.id}


async def answer_to(tap: int, frame: bytes) -> bytes:
    """The first frame sent to the asker; the bridge takes a moment to hear a tap that was just opened."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            os.write(tap, b"\0" * 10 + frame)
            await asyncio.sleep(0.05)
            with contextlib.suppress(BlockingIOError):
                while (answer := os.read(tap, 65536)[10:])[:6] != frame[6:12]:
                    pass
                return answer


async def test_the_host_gets_a_leg_only_where_it_is_asked_for(tmp_path: Path) -> None:
    """Run in a process that has a network namespace to itself: there, it is the host."""
    process = await asyncio.create_subprocess_exec(
        "unshare", "--net", sys.executable, "-m", "tests.services.network.uplink", str(tmp_path),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()

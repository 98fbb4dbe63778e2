"""Guests for networks of the linux driver: namespaces with the far end of a port's veth, and real traffic."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from haneul.kernel.drivers import HostSettings, MetadataSource, no_metadata
from haneul.services.network.drivers.interface import (
    AddressSpec,
    NetworkSpec,
    PortSpec,
    RuleSpec,
    SubnetSpec,
)
from haneul.services.network.drivers.linux import LinuxNetwork, namespaces

ANYTHING = [
    RuleSpec(direction=direction, ethertype=ethertype)
    for direction in ("ingress", "egress")
    for ethertype in ("IPv4", "IPv6")
]
OUTWARD = [rule for rule in ANYTHING if rule.direction == "egress"]


def new_prefix() -> str:
    return f"t{uuid.uuid4().hex[:6]}"


async def run(namespace: str | None, command: str) -> tuple[int, str]:
    """The exit code and all output of a shell command in the namespace."""
    inside = f"nsenter --net={namespaces.path_of(namespace)} " if namespace else ""
    process = await asyncio.create_subprocess_shell(
        f"{inside}sh -c '{command}'",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


@dataclass
class Guest:
    namespace: str
    spec: PortSpec

    @property
    def ip(self) -> str:
        return self.spec.addresses[0].ip

    async def run(self, command: str) -> tuple[int, str]:
        return await run(self.namespace, command)

    async def succeeds(self, command: str) -> bool:
        return (await self.run(command))[0] == 0

    async def reaches(self, ip: str) -> bool:
        return await self.succeeds(f"ping -q -c 3 -i 0.2 -W 0.5 {ip}")

    async def configure(self, address: str, gateway: str | None = None) -> None:
        commands = ["ip addr flush dev eth0", f"ip addr add {address} dev eth0"]
        if gateway:
            commands.append(f"ip route replace default via {gateway}")
        code, output = await self.run(" && ".join(commands))
        assert code == 0, output

    async def configure_by_dhcp(self) -> str:
        """What udhcpc learned, after putting it to use."""
        script = Path(__file__).with_name("udhcpc.sh")
        code, output = await self.run(
            f"busybox udhcpc -i eth0 -n -q -f -t 5 -T 1 -O staticroutes -O mtu -O domain -O ntpsrv -O bootfile "
            f"-s {script} 2>&1"
        )
        assert code == 0, output
        return output

    @contextlib.asynccontextmanager
    async def serving(self, port: int, text: str = "hello") -> AsyncIterator[None]:
        """Anybody who connects to the TCP port hears the text; "{peer}" in it is their address."""
        listening = await namespaces.inside(self.namespace, socket.create_server, ("", port))

        async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = writer.get_extra_info("peername")[0]
            writer.write(text.format(peer=peer).encode())
            writer.close()

        server = await asyncio.start_server(speak, sock=listening)
        try:
            yield
        finally:
            server.close()

    async def hears(self, ip: str, port: int) -> str:
        """What the TCP port says; empty when it cannot be reached."""
        return (await self.run(f"busybox nc -w 1 {ip} {port} </dev/null 2>/dev/null"))[1].strip()


class Wire:
    """One host and its guests."""

    def __init__(
        self, folder: Path, metadata: MetadataSource = no_metadata, prefix: str = "", **options: object
    ) -> None:
        self.prefix = prefix or new_prefix()
        self.settings = HostSettings(
            name=self.prefix, folder=folder, options={"prefix": self.prefix, **options}, metadata=metadata
        )
        self.driver = LinuxNetwork(self.settings)
        self.guests: list[Guest] = []

    async def guest(self, spec: PortSpec) -> Guest:
        """A guest plugged into the port, up and without an address."""
        connection = await self.driver.ensure_port(spec)
        name = f"{self.prefix}-guest-{spec.id}"
        await namespaces.in_thread(namespaces.create, name)
        code, output = await run(connection["namespace"], f"ip link set {connection['device']} netns {name}")
        assert code == 0, output
        code, output = await run(
            name,
            f"ip link set {connection['device']} name eth0 && ip link set lo up && ip link set eth0 up",
        )
        assert code == 0, output
        guest = Guest(name, spec)
        self.guests.append(guest)
        return guest

    async def clear(self) -> None:
        """Nothing of this host is left."""
        for guest in self.guests:
            namespaces.remove(guest.namespace)
        here = await self.driver.inventory()
        for router_id in here.routers:
            await self.driver.ensure_router_gone(router_id)
        for network_id in here.networks:
            await self.driver.ensure_network_gone(network_id)
        await self.driver.close()
        assert namespaces.names(self.prefix) == []


def network(number: int = 1, **changes: object) -> NetworkSpec:
    """Network 10.0.<number>.0/24, with gateway .1 and DHCP at .2."""
    subnet = SubnetSpec(
        id=f"subnet-{number}",
        cidr=f"10.0.{number}.0/24",
        gateway_ip=f"10.0.{number}.1",
        dhcp_address=f"10.0.{number}.2",
    )
    fields = {"id": str(uuid.uuid4()), "subnets": [subnet], **changes}
    return NetworkSpec(**fields)  # type: ignore[arg-type]


def external(**changes: object) -> NetworkSpec:
    """Network 203.0.113.0/24 outside, with its gateway at .1."""
    subnet = SubnetSpec(
        id="subnet-external", cidr="203.0.113.0/24", gateway_ip="203.0.113.1", is_dhcp_enabled=False
    )
    fields = {
        "id": str(uuid.uuid4()), "kind": "external", "mtu": 1500, "subnets": [subnet],
        "has_metadata": False, **changes,
    }  # fmt: skip
    return NetworkSpec(**fields)  # type: ignore[arg-type]


def port(on: NetworkSpec, ip: str, **changes: object) -> PortSpec:
    """A secured port that may talk to anybody and is reached by nobody."""
    number = uuid.uuid4()
    tail = number.hex[:6]
    fields = {
        "id": str(number),
        "network_id": on.id,
        "mac": f"fa:16:3e:{tail[:2]}:{tail[2:4]}:{tail[4:]}",
        "addresses": [AddressSpec(ip, on.subnets[0].id)],
        "rules": OUTWARD,
        "attach": "veth",
        **changes,
    }
    return PortSpec(**fields)  # type: ignore[arg-type]

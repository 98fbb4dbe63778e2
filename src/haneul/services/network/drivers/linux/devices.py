"""Devices of one namespace through netlink. Every function acts in the calling thread's namespace.

A device's alias holds the whole id of what it belongs to; its name, of fifteen characters at most, holds the
beginning. So the kernel itself remembers what is here, and the agent may forget.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import ipaddress
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from haneul.kernel.errors import DriverError, ImpossibleHere

BRIDGE = "br"
TUNSETIFF, TUNSETPERSIST = 0x400454CA, 0x400454CB
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000


@dataclass(frozen=True)
class Device:
    index: int
    name: str
    alias: str
    mac: str
    mtu: int
    is_up: bool
    master: int | None


@contextlib.contextmanager
def netlink() -> Iterator[IPRoute]:
    """A netlink socket of this namespace; what the kernel refuses becomes a DriverError."""
    try:
        with IPRoute() as route:
            yield route
    except NetlinkError as error:
        raise DriverError(f"netlink: {error}") from error


def devices(route: IPRoute) -> dict[str, Device]:
    """All devices by name."""
    by_name = {}
    for link in route.get_links():
        name = link.get("ifname")
        by_name[name] = Device(
            index=link["index"],
            name=name,
            alias=link.get("ifalias") or "",
            mac=link.get("address") or "",
            mtu=link.get("mtu") or 0,
            is_up=bool(link["flags"] & 1),
            master=link.get("master"),
        )
    return by_name


def device(route: IPRoute, name: str) -> Device | None:
    return devices(route).get(name)


def settle(route: IPRoute, link: Device, **wanted: Any) -> None:
    """The device has the wanted mac, mtu, alias, master (index, 0 for none) and state; equal ones stay."""
    changes: dict[str, Any] = {}
    if "mac" in wanted and wanted["mac"] != link.mac:
        changes["address"] = wanted["mac"]
    if "mtu" in wanted and wanted["mtu"] != link.mtu:
        changes["mtu"] = wanted["mtu"]
    if "alias" in wanted and wanted["alias"] != link.alias:
        changes["ifalias"] = wanted["alias"]
    if "master" in wanted and wanted["master"] != (link.master or 0):
        changes["master"] = wanted["master"]
    if "is_up" in wanted and wanted["is_up"] != link.is_up:
        changes["state"] = "up" if wanted["is_up"] else "down"
    if changes:
        route.link("set", index=link.index, **changes)


def make_tap(name: str) -> None:
    """A tap of that name stays when this file is closed; whoever opens it by name gets its packets."""
    try:
        descriptor = os.open("/dev/net/tun", os.O_RDWR)
    except OSError as error:
        raise ImpossibleHere(f"/dev/net/tun: {error.strerror}") from error
    try:
        request = struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
        fcntl.ioctl(descriptor, TUNSETIFF, request)
        fcntl.ioctl(descriptor, TUNSETPERSIST, 1)
    except OSError as error:
        raise DriverError(f"making tap {name}: {error.strerror}") from error
    finally:
        os.close(descriptor)


def make_veth(route: IPRoute, name: str, peer: str, peer_namespace: Path | None = None) -> None:
    """A pair of devices: `name` here, `peer` here or in the namespace of that file."""
    ends: dict[str, Any] = {"ifname": peer}
    if peer_namespace is None:
        route.link("add", ifname=name, kind="veth", peer=ends)
        return
    descriptor = os.open(peer_namespace, os.O_RDONLY)
    try:
        route.link("add", ifname=name, kind="veth", peer={**ends, "net_ns_fd": descriptor})
    finally:
        os.close(descriptor)


def remove(route: IPRoute, name: str) -> None:
    """No device of that name is here."""
    link = device(route, name)
    if link is None:
        return
    try:
        route.link("del", index=link.index)
    except NetlinkError as error:
        if error.code != errno.ENODEV:
            raise


def set_addresses(route: IPRoute, index: int, wanted: set[str]) -> set[str]:
    """The device has exactly these addresses (ip/prefix) beside its link-local one; gives the new ones."""
    present = {
        f"{message.get('address')}/{message['prefixlen']}"
        for message in route.get_addr(index=index)
        if not ipaddress.ip_address(message.get("address")).is_link_local
        or f"{message.get('address')}/{message['prefixlen']}" in wanted
        or message["prefixlen"] == 32
    }
    for address in present - wanted:
        ip, prefix = address.split("/")
        route.addr("del", index=index, address=ip, prefixlen=int(prefix))
    # Longer networks first: the first address of a network is the one the kernel prefers as a source.
    for address in sorted(wanted - present, key=lambda a: int(a.split("/")[1])):
        ip, prefix = address.split("/")
        flags = {"flags": 2} if ":" in ip else {}  # IFA_F_NODAD: the cloud knows that it is unique
        route.addr("add", index=index, address=ip, prefixlen=int(prefix), **flags)
    return wanted - present


def routes(route: IPRoute, protocol: int) -> set[tuple[str, str | None, int]]:
    """(destination, next hop, device) of the routes made under this protocol number; device 0 with a hop."""
    destinations = set()
    for family in (socket.AF_INET, socket.AF_INET6):
        for message in route.get_routes(family=family, table=254):
            if message["proto"] != protocol:
                continue
            default = "0.0.0.0" if family == socket.AF_INET else "::"  # noqa: S104
            destination = f"{message.get('dst') or default}/{message['dst_len']}"
            gateway = message.get("gateway")
            # The kernel finds the device of a next hop itself, so it is no part of what was wanted.
            destinations.add((destination, gateway, 0 if gateway else message.get("oif") or 0))
    return destinations


def change_route(
    route: IPRoute, verb: str, wanted: tuple[str, str | None, int], protocol: int, *, on_link: int = 0
) -> None:
    """`verb` is "add" or "del"; `on_link`: the device that the next hop is on, whatever addresses say."""
    destination, gateway, index = wanted
    options: dict[str, Any] = {"dst": destination, "proto": protocol}
    options["family"] = socket.AF_INET6 if ":" in destination else socket.AF_INET
    if gateway is not None:
        options["gateway"] = gateway
    if index or on_link:
        options["oif"] = index or on_link
    if on_link:
        options["flags"] = ["onlink"]
    if gateway is None and options["family"] == socket.AF_INET:
        options["scope"] = 253  # on the link
    route.route(verb, **options)


def switch(name: str, value: int) -> None:
    """A switch under /proc/sys/net; the calling thread's namespace decides whose."""
    path = Path("/proc/sys/net") / name
    if not path.exists():
        raise ImpossibleHere(f"The kernel has no {path}.")
    if path.read_text().strip() != str(value):
        path.write_text(str(value))


def announce(name: str, mac: str, ips: list[str]) -> None:
    """Neighbours on the device's link learn that these IPv4 addresses are here now."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806)) as link:
        link.bind((name, 0x0806))
        for ip in ips:
            address = socket.inet_aton(ip)
            question = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + hardware + address + b"\0" * 6 + address
            link.send(b"\xff" * 6 + hardware + b"\x08\x06" + question)

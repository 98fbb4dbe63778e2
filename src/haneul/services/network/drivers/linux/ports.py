"""Ports on a network's bridge. Functions run inside the network's namespace."""

from __future__ import annotations

from collections.abc import Iterable

from pyroute2 import IPRoute

from haneul.services.network.drivers.interface import PortSpec
from haneul.services.network.drivers.linux import bandwidth, devices, filters, nftables
from haneul.services.network.drivers.linux.devices import BRIDGE
from haneul.services.network.drivers.linux.records import PortRecord

PREFIX, GUEST_PREFIX = "tap", "eth"


def device_of(port_id: str) -> str:
    return f"{PREFIX}{port_id[:11]}"


def guest_device_of(port_id: str) -> str:
    return f"{GUEST_PREFIX}{port_id[:11]}"


def ensure(record: PortRecord, all_here: Iterable[PortRecord], mtu: int) -> None:
    """The port's device is on the bridge. Its filter is there first, so nothing slips through meanwhile."""
    spec = record.spec
    name = device_of(spec.id)
    if spec.is_secured:
        nftables.apply(filters.for_port(spec, name, record.number) + _here(all_here))
    else:
        nftables.apply(_here(all_here) + filters.for_no_port(name, record.number))
    with devices.netlink() as route:
        if devices.device(route, name) is None:
            _make(route, spec, name)
        links = devices.devices(route)
        devices.settle(
            route,
            links[name],
            alias=spec.id,
            mtu=mtu,
            master=links[BRIDGE].index,
            is_up=spec.is_up,
        )
        bandwidth.ensure(route, name, spec.qos)
        guest = links.get(guest_device_of(spec.id))
        if spec.attach == "veth" and guest is not None:
            devices.settle(route, guest, mac=spec.mac, mtu=mtu)


def _make(route: IPRoute, spec: PortSpec, name: str) -> None:
    if spec.attach == "veth":
        devices.make_veth(route, name, guest_device_of(spec.id))
    else:
        devices.make_tap(name)


def ensure_gone(record: PortRecord, remaining: Iterable[PortRecord]) -> None:
    name = device_of(record.id)
    with devices.netlink() as route:
        devices.remove(route, name)
        bandwidth.ensure_gone(route, name)
    nftables.apply(_here(remaining) + filters.for_no_port(name, record.number))


def _here(records: Iterable[PortRecord]) -> str:
    return filters.for_addresses_here((r.spec, device_of(r.id)) for r in records)


def ids() -> set[str]:
    """The ports that have a device here."""
    with devices.netlink() as route:
        return {d.alias for d in devices.devices(route).values() if d.name.startswith(PREFIX) and d.alias}

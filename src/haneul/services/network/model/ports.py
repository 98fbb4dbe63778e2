"""Ports, and the addresses they hold."""

from __future__ import annotations

import random
from typing import Any

from msgspec import Struct

ROUTER_INTERFACE = "network:router_interface"
ROUTER_GATEWAY = "network:router_gateway"
FLOATING_IP = "network:floatingip"
SERVICE_PORT = "network:distributed"
"""The network's own port: the address at which DHCP, names and metadata are answered."""
SERVER = "server"
ROUTER_HOLDERS = (ROUTER_INTERFACE, ROUTER_GATEWAY)
COMPUTE = "compute:"

ACTIVE, DOWN = "ACTIVE", "DOWN"
NORMAL = "normal"
"""The one type of NIC that hosts can make."""
UNBOUND, BINDING_FAILED = "unbound", "binding_failed"


class FixedIp(Struct, frozen=True):
    subnet_id: str
    ip_address: str


class Port(Struct, frozen=True, gc=False):
    """A port. `device_id` and `device_owner` are labels that its owner may write, and nothing is done by them.

    Who has the port says `held_as` (one of the kinds above, or nothing) and `held_by` (the id of that server,
    router, floating address or network), which only the system's own doors write.
    """

    id: str
    project_id: str
    network_id: str
    name: str
    description: str
    is_up: bool
    status: str
    mac_address: str
    fixed_ips: list[FixedIp]
    security_group_ids: list[str]
    allowed_address_pairs: list[dict[str, str]]
    is_port_security_enabled: bool
    device_id: str
    device_owner: str
    held_as: str
    held_by: str
    host: str
    profile: dict[str, Any]
    vnic_type: str
    dns_name: str
    extra_dhcp_opts: list[dict[str, Any]]
    propagate_uplink_status: bool
    """Nobody sets it: its extension is not there."""
    is_owned_by_server: bool
    """Made for a server; it goes when the server goes."""
    tags: list[str]
    created_at: str
    updated_at: str
    slot: int = 0
    """Its place among the NICs of its server."""
    generation: int = 0

    @property
    def vif_type(self) -> str:
        if not self.host:
            return UNBOUND
        return "ovs" if self.vnic_type == NORMAL else BINDING_FAILED


class Allocation(Struct, frozen=True, gc=False):
    """One address in use. `number` is the address as 32 hexadecimal digits, which sort as numbers do."""

    subnet_id: str
    number: str
    ip: str
    port_id: str
    network_id: str


class LostPort(Struct, frozen=True, gc=False):
    """A port that was deleted while a server had it: its machine is yet to lose the interface."""

    id: str
    server_id: str


class Membership(Struct, frozen=True, gc=False):
    """A port is in a security group."""

    port_id: str
    security_group_id: str


def held(kind: str, by: str, owner: str = "", device: str = "") -> dict[str, Any]:
    """The fields of a port that is held like this; its labels tell clients the same."""
    return {"held_as": kind, "held_by": by, "device_id": device or by, "device_owner": owner or kind}


FREE = {"held_as": "", "held_by": "", "device_id": "", "device_owner": ""}
"""The fields of a port that nobody has."""


def random_mac() -> str:
    return "fa:16:3e:" + ":".join(f"{b:02x}" for b in random.randbytes(3))


def is_network_device(owner: str) -> bool:
    """Whether an owner of that name is part of the network itself."""
    return owner.startswith("network:")


def is_of_another_service(owner: str) -> bool:
    """Whether an owner of that name is a server, a bare machine or a share: its service lets the port go."""
    return owner.startswith(("compute:", "baremetal:", "manila:"))


def merged_options(have: list[dict[str, Any]], changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The DHCP options of a port once these are given: each takes the place of its namesake, or ends it."""
    named = {(o["opt_name"], str(o.get("ip_version", 4))): o for o in have}
    for option in changes:
        key = option["opt_name"], str(option.get("ip_version", 4))
        if option.get("opt_value") is None:
            named.pop(key, None)
        else:
            named[key] = option | {"ip_version": int(key[1])}
    return list(named.values())

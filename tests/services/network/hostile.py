"""What hostile input is aimed at, of networks; `tests/conformance/hostile_targets.py` says what each function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Persona
from tests.services.compute.world import World


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    member = world.cloud.member
    v2 = "/networking/v2.0"
    yield (
        "ports",
        member,
        f"{v2}/ports",
        {
            "port": {
                "network_id": world.network,
                "fixed_ips": [{"ip_address": "10.0.3.3"}],
                "allowed_address_pairs": [{"ip_address": "10.0.9.9"}],
            }
        },
    )
    yield (
        "subnets",
        member,
        f"{v2}/subnets",
        {
            "subnet": {
                "network_id": world.network,
                "cidr": "10.7.0.0/24",
                "ip_version": 4,
                "allocation_pools": [{"start": "10.7.0.9", "end": "10.7.0.90"}],
                "host_routes": [{"destination": "10.8.0.0/16", "nexthop": "10.7.0.3"}],
                "dns_nameservers": ["10.7.0.5"],
            }
        },
    )
    yield "routers", member, f"{v2}/routers", {"router": {"name": "r", "admin_state_up": True}}
    yield (
        "subnetpools",
        member,
        f"{v2}/subnetpools",
        {
            "subnetpool": {
                "name": "p",
                "prefixes": ["10.64.0.0/16"],
                "default_prefixlen": 24,
                "min_prefixlen": 20,
                "max_prefixlen": 28,
            }
        },
    )
    yield "security-groups", member, f"{v2}/security-groups", {"security_group": {"name": "g"}}


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    v2 = "/networking/v2.0"
    rule = {
        "security_group_id": ids["security-groups"],
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 1,
        "port_range_max": 2,
        "remote_ip_prefix": "10.0.0.0/8",
    }
    return [
        (
            f"{v2}/networks",
            {
                "network": {
                    "name": "n",
                    "mtu": 1500,
                    "provider:network_type": "vlan",
                    "provider:segmentation_id": 7,
                    "availability_zone_hints": [],
                }
            },
        ),
        (f"{v2}/security-group-rules", {"security_group_rule": rule}),
        (
            f"{v2}/floatingips",
            {"floatingip": {"floating_network_id": world.network, "port_id": ids["ports"]}},
        ),
        (f"{v2}/address-scopes", {"address_scope": {"name": "a", "ip_version": 4}}),
        (
            f"{v2}/subnets",
            {
                "subnet": {
                    "network_id": world.network,
                    "cidr": "fd00::/64",
                    "ip_version": 6,
                    "ipv6_ra_mode": "slaac",
                    "ipv6_address_mode": "slaac",
                    "gateway_ip": "fd00::1",
                }
            },
        ),
    ]


def changes(world: World, ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    v2 = "/networking/v2.0"
    return [
        ("PUT", f"{v2}/quotas/{ids['v3']}", {"quota": {"network": 9, "port": -1}}),
        ("PUT", f"{v2}/networks/{world.network}/tags", {"tags": ["a"]}),
        (
            "PUT",
            f"{v2}/routers/{ids['routers']}",
            {
                "router": {
                    "routes": [{"destination": "10.9.0.0/24", "nexthop": "10.7.0.3"}],
                    "external_gateway_info": {"network_id": world.network, "enable_snat": True},
                }
            },
        ),
        ("PUT", f"{v2}/routers/{ids['routers']}/add_router_interface", {"subnet_id": ids["subnets"]}),
    ]

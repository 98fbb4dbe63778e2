"""The things that hostile input is aimed at: how each is made, and how each may be changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Persona
from tests.services.compute.world import World


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    """(what stands before its id, who makes it, where, of what)."""
    admin, member = world.cloud.admin, world.cloud.member
    v2, v3, volume = "/networking/v2.0", "/identity/v3", f"/volume/v3/{project}"
    yield "domains", admin, f"{v3}/domains", {"domain": {"name": "d"}}
    yield "roles", admin, f"{v3}/roles", {"role": {"name": "r"}}
    yield "regions", admin, f"{v3}/regions", {"region": {"id": "r", "description": "d"}}
    yield "services", admin, f"{v3}/services", {"service": {"type": "t", "name": "n"}}
    yield "volumes", member, f"{volume}/volumes", {"volume": {"size": 1, "name": "v", "metadata": {"a": "b"}}}
    yield "types", admin, f"{volume}/types", {"volume_type": {"name": "t", "extra_specs": {"a": "b"}}}
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
    yield (
        "os-keypairs",
        member,
        "/compute/v2.1/os-keypairs",
        {
            "keypair": {
                "name": "k",
                "type": "ssh",
                "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMkXjDkDV7h2tDpdH1fVf0vL7V8uW2Uvf1yQ8JSe3nXk",
            }
        },
    )
    yield (
        "os-server-groups",
        member,
        "/compute/v2.1/os-server-groups",
        {"server_group": {"name": "g", "policy": "anti-affinity"}},
    )
    yield (
        "os-aggregates",
        admin,
        "/compute/v2.1/os-aggregates",
        {"aggregate": {"name": "a", "availability_zone": "z"}},
    )
    yield "resource_providers", admin, "/placement/resource_providers", {"name": "p"}


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    """(where, what) of things and actions beside those that `ids` is made of; not all of them right."""
    v2, v3, volume = "/networking/v2.0", "/identity/v3", f"/volume/v3/{ids['v3']}"
    act = f"/compute/v2.1/servers/{ids['servers']}/action"
    password = {"user": {"name": "n", "domain": {"id": "default"}, "password": "p"}}
    scope = {"project": {"name": "p", "domain": {"name": "Default"}}}
    flavor = {
        "name": "f2",
        "vcpus": 1,
        "ram": 64,
        "disk": 1,
        "swap": 0,
        "rxtx_factor": 1.0,
        "OS-FLV-EXT-DATA:ephemeral": 0,
    }
    server = {
        "name": "s",
        "imageRef": world.image,
        "flavorRef": world.flavor,
        "networks": [{"port": "p"}],
        "metadata": {"a": "b"},
        "user_data": "eA==",
        "min_count": 9,
        "tags": ["a"],
        "block_device_mapping_v2": [
            {"uuid": "u", "source_type": "volume", "boot_index": 0, "volume_size": 1}
        ],
        "security_groups": [{"name": "d"}],
        "personality": [],
    }
    rule = {
        "security_group_id": ids["security-groups"],
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": "tcp",
        "port_range_min": 1,
        "port_range_max": 2,
        "remote_ip_prefix": "10.0.0.0/8",
    }
    image = {
        "name": "i",
        "id": "x",
        "tags": ["a"],
        "min_disk": 0,
        "min_ram": 0,
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "private",
        "other": "text",
    }
    return [
        (
            f"{v3}/auth/tokens",
            {"auth": {"identity": {"methods": ["password"], "password": password}, "scope": scope}},
        ),
        (f"{v3}/auth/tokens", {"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}}}),
        (
            f"{v3}/projects",
            {"project": {"name": "p", "domain_id": ids["domains"], "tags": ["a"], "options": {}}},
        ),
        (f"{v3}/users", {"user": {"name": "u", "domain_id": ids["domains"], "password": "p", "options": {}}}),
        (f"{v3}/groups", {"group": {"name": "g", "domain_id": ids["domains"], "description": "d"}}),
        (
            f"{v3}/endpoints",
            {"endpoint": {"service_id": ids["services"], "interface": "public", "url": "http://x"}},
        ),
        (
            f"{v3}/credentials",
            {"credential": {"type": "ec2", "blob": "{}", "user_id": "u", "project_id": "p"}},
        ),
        ("/compute/v2.1/flavors", {"flavor": flavor}),
        ("/compute/v2.1/servers", {"server": server}),
        (act, {"resize": {"flavorRef": world.flavor}}),
        (act, {"reboot": {"type": "SOFT"}}),
        (act, {"rebuild": {"imageRef": world.image, "metadata": {"a": "b"}}}),
        (act, {"createImage": {"name": "x", "metadata": {"a": "b"}}}),
        (act, {"os-getConsoleOutput": {"length": 1}}),
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
        (
            f"{volume}/snapshots",
            {"snapshot": {"volume_id": ids["volumes"], "name": "s", "metadata": {"a": "b"}}},
        ),
        (f"{volume}/volumes/{ids['volumes']}/action", {"os-extend": {"new_size": 2}}),
        (f"{volume}/volumes/{ids['volumes']}/action", {"os-reset_status": {"status": "error"}}),
        (
            f"{volume}/attachments",
            {"attachment": {"volume_uuid": ids["volumes"], "instance_uuid": "x", "mode": "rw"}},
        ),
        ("/image/v2/images", image),
        ("/placement/resource_providers", {"name": "q", "uuid": "x", "parent_provider_uuid": None}),
    ]


def changes(world: World, ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    """(method, where, what) of changes to the things in `ids`."""
    compute, v2, volume = "/compute/v2.1", "/networking/v2.0", f"/volume/v3/{ids['v3']}"
    provider = f"/placement/resource_providers/{ids['resource_providers']}"
    inventory = {
        "total": 9,
        "reserved": 0,
        "min_unit": 1,
        "max_unit": 9,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }
    allocation = {
        "allocations": {ids["resource_providers"]: {"resources": {"VCPU": 1}}},
        "project_id": "p",
        "user_id": "u",
        "consumer_generation": None,
        "consumer_type": "X",
    }
    return [
        (
            "PUT",
            f"{provider}/inventories",
            {"resource_provider_generation": 0, "inventories": {"VCPU": inventory}},
        ),
        ("PUT", f"{provider}/inventories/VCPU", inventory | {"resource_provider_generation": 0}),
        ("PUT", f"{provider}/traits", {"traits": ["CUSTOM_A"], "resource_provider_generation": 0}),
        ("PUT", f"{provider}/aggregates", {"aggregates": ["a"], "resource_provider_generation": 0}),
        ("PUT", "/placement/allocations/00000000-0000-4000-8000-000000000000", allocation),
        ("PUT", f"{compute}/os-quota-sets/{ids['v3']}", {"quota_set": {"cores": 9, "force": True}}),
        ("PUT", f"{compute}/servers/{ids['servers']}", {"server": {"name": "n", "accessIPv4": "10.0.0.1"}}),
        ("PUT", f"{compute}/servers/{ids['servers']}/tags", {"tags": ["a"]}),
        ("PUT", f"{compute}/servers/{ids['servers']}/metadata", {"metadata": {"a": "b"}}),
        ("POST", f"{compute}/flavors/{world.flavor}/os-extra_specs", {"extra_specs": {"hw:a": "1"}}),
        (
            "POST",
            f"{compute}/os-aggregates/{ids['os-aggregates']}/action",
            {"set_metadata": {"metadata": {"a": "b"}}},
        ),
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
        ("PUT", f"{volume}/os-quota-sets/{ids['v3']}", {"quota_set": {"volumes": 9, "gigabytes": 9}}),
        ("PUT", f"{volume}/volumes/{ids['volumes']}/metadata", {"metadata": {"a": "b"}}),
        ("POST", f"{volume}/volumes/{ids['volumes']}/action", {"os-set_bootable": {"bootable": True}}),
        (
            "POST",
            f"{volume}/volumes/{ids['volumes']}/action",
            {"os-retype": {"new_type": "t", "migration_policy": "never"}},
        ),
    ]

"""Two of each kind of thing that lists show, alike in any cloud; and what a list has found of them.

The first of each (`network_a`) differs from the second in everything that a filter may ask for.
"""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Any, Protocol

Things = dict[str, dict[str, Any]]


class Cloud(Protocol):
    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, version: str | None = None
    ) -> tuple[int, Any]:
        """As `admin` or as `member`, below the service's version: the status and the answer."""
        ...


KINDS = {
    "network": ("network", "/networks", "networks"),
    "subnet": ("network", "/subnets", "subnets"),
    "port": ("network", "/ports", "ports"),
    "router": ("network", "/routers", "routers"),
    "security_group": ("network", "/security-groups", "security_groups"),
    "security_group_rule": ("network", "/security-group-rules", "security_group_rules"),
    "floatingip": ("network", "/floatingips", "floatingips"),
    "subnetpool": ("network", "/subnetpools", "subnetpools"),
    "address_scope": ("network", "/address-scopes", "address_scopes"),
    "server": ("compute", "/servers/detail", "servers"),
    "flavor": ("compute", "/flavors/detail", "flavors"),
    "volume": ("volume", "/volumes/detail", "volumes"),
    "snapshot": ("volume", "/snapshots/detail", "snapshots"),
    "type": ("volume", "/types", "volume_types"),
    "image": ("image", "/images", "images"),
    "user": ("identity", "/users", "users"),
    "project": ("identity", "/projects", "projects"),
    "group": ("identity", "/groups", "groups"),
    "domain": ("identity", "/domains", "domains"),
    "role": ("identity", "/roles", "roles"),
    "region": ("identity", "/regions", "regions"),
    "service": ("identity", "/services", "services"),
    "endpoint": ("identity", "/endpoints", "endpoints"),
    "credential": ("identity", "/credentials", "credentials"),
}
"""Where things of a kind are listed."""


class World:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.things: Things = {}

    async def make(
        self, name: str, who: str, path: str, body: dict[str, Any], version: str | None = None
    ) -> dict[str, Any]:
        """A thing of that name, kept as it is shown."""
        kind = name.rpartition("_")[0]
        service, _, _ = KINDS[kind]
        status, answer = await self.cloud.call(who, "POST", service, path, body, version)
        assert status < 300, f"{name}: {status} {answer}"
        thing = answer if service == "image" else next(iter(answer.values()))
        self.things[name] = thing
        return self.things[name]

    async def settle(self, name: str, path: str, version: str | None = None) -> None:
        """Until it is made; then as it is shown."""
        service = KINDS[name.rpartition("_")[0]][0]
        for _ in range(600):
            status, answer = await self.cloud.call(
                "member", "GET", service, f"{path}/{self.things[name]['id']}", version=version
            )
            assert status == 200, answer
            thing = next(iter(answer.values()))
            if thing["status"].lower() in ("active", "available", "error"):
                break
            await asyncio.sleep(0.1)
        assert thing["status"].lower() != "error", thing
        self.things[name] = thing

    def filled(self, question: str) -> str:
        """The question with `{network_a.id}` and the like replaced by what they are in this cloud."""
        return re.sub(r"\{(\w+)\.([^}]+)\}", lambda m: spelled(self.things[m[1]][m[2]]), question)

    async def ask(self, who: str, kind: str, question: str, version: str | None = None) -> str:
        """Which of the two (or more) the list has for that query, or the status that it is refused with."""
        service, path, key = KINDS[kind]
        whole = f"{path}?{self.filled(question)}"
        status, answer = await self.cloud.call(who, "GET", service, whole, version=version)
        if status != 200:
            return str(status)
        ids = {thing["id"] for thing in answer[key]}
        known = {n: t["id"] for n, t in self.things.items() if n.rpartition("_")[0] == kind}
        return "".join(n.rpartition("_")[2] for n, id in sorted(known.items()) if id in ids) or "-"


def spelled(value: Any) -> str:
    return {None: "None", True: "True", False: "False"}.get(value) or str(value)


async def build(world: World) -> None:
    """Two of everything."""
    await _identity(world)
    await _network(world)
    await _images(world)
    await _volumes(world)
    await _servers(world)


async def _network(w: World) -> None:
    rare = {"description": "first", "tags": ["red", "blue"]}
    for letter, more in (("a", {"mtu": 1300}), ("b", {"admin_state_up": False})):
        await w.make(
            f"network_{letter}", "member", "/networks", {"network": {"name": f"net-{letter}", **more}}
        )
    shared = {"network": {"name": "net-s", "shared": True, "router:external": True}}
    await w.make("network_s", "admin", "/networks", shared)
    a, b, s = (w.things[f"network_{x}"]["id"] for x in "abs")
    await w.make(
        "subnetpool_a",
        "member",
        "/subnetpools",
        {
            "subnetpool": {
                "name": "pool-a",
                "prefixes": ["10.8.0.0/16"],
                "default_prefixlen": 24,
                "description": "first",
            }
        },
    )
    await w.make(
        "subnetpool_b",
        "member",
        "/subnetpools",
        {"subnetpool": {"name": "pool-b", "prefixes": ["10.9.0.0/16"], "min_prefixlen": 20}},
    )
    await w.make(
        "address_scope_a",
        "member",
        "/address-scopes",
        {"address_scope": {"name": "scope-a", "ip_version": 4}},
    )
    await w.make(
        "address_scope_b",
        "member",
        "/address-scopes",
        {"address_scope": {"name": "scope-b", "ip_version": 6}},
    )
    await w.make(
        "subnet_a",
        "member",
        "/subnets",
        {
            "subnet": {
                "name": "sub-a",
                "network_id": a,
                "cidr": "10.71.0.0/24",
                "ip_version": 4,
                "description": "first",
                "dns_nameservers": ["9.9.9.9"],
            }
        },
    )
    await w.make(
        "subnet_b",
        "member",
        "/subnets",
        {
            "subnet": {
                "name": "sub-b",
                "network_id": b,
                "cidr": "fd71::/64",
                "ip_version": 6,
                "enable_dhcp": False,
            }
        },
    )
    await w.make(
        "subnet_s",
        "admin",
        "/subnets",
        {"subnet": {"name": "sub-s", "network_id": s, "cidr": "10.72.0.0/24", "ip_version": 4}},
    )
    for letter in "ab":
        await w.make(
            f"security_group_{letter}",
            "member",
            "/security-groups",
            {
                "security_group": {
                    "name": f"sg-{letter}",
                    "stateful": letter == "a",
                    "description": "first" if letter == "a" else "",
                }
            },
        )
    groups = {x: w.things[f"security_group_{x}"]["id"] for x in "ab"}
    await w.make(
        "security_group_rule_a",
        "member",
        "/security-group-rules",
        {
            "security_group_rule": {
                "security_group_id": groups["a"],
                "direction": "ingress",
                "protocol": "tcp",
                "port_range_min": 22,
                "port_range_max": 23,
                "remote_ip_prefix": "10.0.0.0/8",
                "description": "first",
            }
        },
    )
    await w.make(
        "security_group_rule_b",
        "member",
        "/security-group-rules",
        {
            "security_group_rule": {
                "security_group_id": groups["b"],
                "direction": "egress",
                "ethertype": "IPv6",
                "protocol": "udp",
                "remote_group_id": groups["a"],
            }
        },
    )
    await w.make(
        "port_a",
        "member",
        "/ports",
        {
            "port": {
                "name": "port-a",
                "network_id": a,
                "mac_address": "fa:16:3e:71:00:0a",
                "fixed_ips": [{"ip_address": "10.71.0.71"}],
                "device_id": "device-a",
                "device_owner": "test:a",
                "security_groups": [groups["a"]],
                "description": "first",
            }
        },
    )
    await w.make(
        "port_b",
        "member",
        "/ports",
        {
            "port": {
                "name": "port-b",
                "network_id": b,
                "admin_state_up": False,
                "port_security_enabled": False,
                "security_groups": [],
            }
        },
    )
    await w.make("router_a", "member", "/routers", {"router": {"name": "router-a", "description": "first"}})
    await w.make("router_b", "member", "/routers", {"router": {"name": "router-b", "admin_state_up": False}})
    await w.make(
        "floatingip_a",
        "member",
        "/floatingips",
        {"floatingip": {"floating_network_id": s, "description": "first"}},
    )
    await w.make("floatingip_b", "member", "/floatingips", {"floatingip": {"floating_network_id": s}})
    for kind in ("network", "subnet", "port", "router", "security_group", "floatingip", "subnetpool"):
        path = f"{KINDS[kind][1]}/{w.things[f'{kind}_a']['id']}"
        await w.cloud.call("member", "PUT", "network", f"{path}/tags", {"tags": rare["tags"]})
        if kind == "network":
            await w.cloud.call("member", "PUT", "network", path, {"network": {"description": "first"}})
    for name in [n for n in w.things if KINDS[n.rpartition("_")[0]][0] == "network"]:
        path = f"{KINDS[name.rpartition('_')[0]][1]}/{w.things[name]['id']}"
        status, answer = await w.cloud.call("admin", "GET", "network", path)
        assert status == 200, answer
        w.things[name] = next(iter(answer.values()))


async def _images(w: World) -> None:
    first = {
        "name": "image-a",
        "disk_format": "raw",
        "container_format": "bare",
        "min_ram": 1,
        "min_disk": 1,
        "protected": False,
        "tags": ["red"],
        "os_distro": "first",
        "visibility": "private",
    }
    second = {"name": "image-b", "disk_format": "qcow2", "container_format": "bare", "visibility": "shared"}
    await w.make("image_a", "member", "/images", first)
    await w.make("image_b", "member", "/images", second)
    path = f"/images/{w.things['image_a']['id']}"
    await w.cloud.call("member", "PUT", "image", f"{path}/file", b"x" * 512)
    w.things["image_a"] = (await w.cloud.call("member", "GET", "image", path))[1]


async def _volumes(w: World) -> None:
    await w.make(
        "type_a",
        "admin",
        "/types",
        {"volume_type": {"name": "type-a", "description": "first", "os-volume-type-access:is_public": False}},
    )
    await w.make("type_b", "admin", "/types", {"volume_type": {"name": "type-b"}})
    first = {
        "name": "volume-a",
        "size": 1,
        "description": "first",
        "metadata": {"colour": "red"},
        "availability_zone": "nova",
    }
    await w.make("volume_a", "member", "/volumes", {"volume": first}, "volume 3.0")
    await w.make("volume_b", "member", "/volumes", {"volume": {"name": "volume-b", "size": 2}}, "volume 3.0")
    for letter in "ab":
        await w.settle(f"volume_{letter}", "/volumes", "volume 3.70")
    for letter, more in (("a", {"description": "first", "metadata": {"colour": "red"}}), ("b", {})):
        volume = w.things[f"volume_{letter}"]["id"]
        await w.make(
            f"snapshot_{letter}",
            "member",
            "/snapshots",
            {"snapshot": {"name": f"snapshot-{letter}", "volume_id": volume, **more}},
            "volume 3.0",
        )
        await w.settle(f"snapshot_{letter}", "/snapshots", "volume 3.70")
    id = w.things["volume_a"]["id"]
    body = {"os-set_bootable": {"bootable": True}}
    await w.cloud.call("member", "POST", "volume", f"/volumes/{id}/action", body)
    await w.settle("volume_a", "/volumes", "volume 3.70")


async def _servers(w: World) -> None:
    first = {"name": "flavor-a", "ram": 64, "vcpus": 1, "disk": 1, "id": "filters-a"}
    second = {"name": "flavor-b", "ram": 128, "vcpus": 2, "disk": 2, "id": "filters-b"}
    await w.make("flavor_a", "admin", "/flavors", {"flavor": first})
    await w.make("flavor_b", "admin", "/flavors", {"flavor": second})
    await w.cloud.call("member", "POST", "compute", "/os-keypairs", {"keypair": {"name": "filters-key"}})
    image = w.things["image_a"]["id"]
    a = {
        "name": "server-a",
        "flavorRef": "filters-a",
        "imageRef": image,
        "key_name": "filters-key",
        "networks": [{"port": w.things["port_a"]["id"]}],
        "config_drive": True,
        "description": "first",
        "accessIPv4": "192.0.2.7",
        "accessIPv6": "2001:db8::7",
        "tags": ["red"],
        "availability_zone": "nova",
        "metadata": {"colour": "red"},
        "user_data": base64.b64encode(b"x").decode(),
    }
    await w.cloud.call(
        "member",
        "PUT",
        "network",
        f"/ports/{w.things['port_a']['id']}",
        {"port": {"device_id": "", "device_owner": ""}},
    )
    await w.make("server_a", "member", "/servers", {"server": a}, "compute 2.90")
    b = {"name": "server-b", "flavorRef": "filters-b", "imageRef": image, "networks": "none"}
    await w.make("server_b", "member", "/servers", {"server": b}, "compute 2.90")
    for letter in "ab":
        await w.settle(f"server_{letter}", "/servers", "compute 2.90")
    path = f"/servers/{w.things['server_a']['id']}/action"
    await w.cloud.call("member", "POST", "compute", path, {"lock": None})
    stop = f"/servers/{w.things['server_b']['id']}/action"
    await w.cloud.call("member", "POST", "compute", stop, {"os-stop": None})
    for _ in range(600):
        _, answer = await w.cloud.call("admin", "GET", "compute", stop.removesuffix("/action"))
        if answer["server"]["status"] == "SHUTOFF":
            break
        await asyncio.sleep(0.1)
    for letter in "ab":
        id = w.things[f"server_{letter}"]["id"]
        _, answer = await w.cloud.call("admin", "GET", "compute", f"/servers/{id}", version="compute 2.90")
        server = answer["server"]
        server |= {
            "host": server["OS-EXT-SRV-ATTR:host"],
            "reservation_id": server["OS-EXT-SRV-ATTR:reservation_id"],
        }
        w.things[f"server_{letter}"] = server


async def _identity(w: World) -> None:
    async def two(kind: str, path: str, first: dict[str, Any], second: dict[str, Any]) -> None:
        await w.make(f"{kind}_a", "admin", path, {kind: first})
        await w.make(f"{kind}_b", "admin", path, {kind: second})

    await two(
        "domain",
        "/domains",
        {"name": "filters-a", "description": "first"},
        {"name": "filters-b", "enabled": False},
    )
    domain = w.things["domain_a"]["id"]
    await two(
        "project",
        "/projects",
        {"name": "filters-a", "description": "first", "domain_id": domain},
        {"name": "filters-b", "enabled": False, "domain_id": "default"},
    )
    await two(
        "user",
        "/users",
        {"name": "filters-a", "description": "first", "domain_id": domain, "email": "a@example.org"},
        {"name": "filters-b", "enabled": False, "domain_id": "default"},
    )
    await two(
        "group",
        "/groups",
        {"name": "filters-a", "description": "first", "domain_id": domain},
        {"name": "filters-b", "domain_id": "default"},
    )
    await two("role", "/roles", {"name": "filters-a", "description": "first"}, {"name": "filters-b"})
    await two(
        "region",
        "/regions",
        {"id": "filters-a", "description": "first"},
        {"id": "filters-b", "parent_region_id": "filters-a"},
    )
    await two(
        "service",
        "/services",
        {"name": "filters-a", "type": "first", "description": "first"},
        {"name": "filters-b", "type": "second", "enabled": False},
    )
    service = w.things["service_a"]["id"]
    await two(
        "endpoint",
        "/endpoints",
        {"service_id": service, "interface": "public", "url": "http://a", "region_id": "filters-a"},
        {
            "service_id": w.things["service_b"]["id"],
            "interface": "internal",
            "url": "http://b",
            "enabled": False,
        },
    )
    await two(
        "credential",
        "/credentials",
        {"type": "first", "blob": "{}", "user_id": w.things["user_a"]["id"]},
        {"type": "second", "blob": "{}", "user_id": w.things["user_b"]["id"]},
    )

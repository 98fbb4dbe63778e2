"""What a guest may read about itself, at 169.254.169.254 and on its config drive; pure.

The paths and keys are those of Nova's metadata service and of EC2's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Protocol

from haneul.services.compute.model.servers import Server

VERSIONS = ("2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2018-08-27", "latest")
EC2_VERSIONS = ("1.0", "2007-01-19", "2009-04-04", "latest")


class Address(Protocol):
    @property
    def network_id(self) -> str: ...
    @property
    def port_id(self) -> str: ...
    @property
    def mac(self) -> str: ...
    @property
    def ip(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def kind(self) -> str: ...


def meta_data(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = {
        "uuid": server.id,
        "name": server.name,
        "hostname": f"{server.hostname}.novalocal",
        "launch_index": server.launch_index,
        "availability_zone": server.zone or "nova",
        "project_id": server.project_id,
        "meta": server.metadata,
        "devices": [],
        "dedicated_cpus": [],
    }
    if server.public_key and server.key_name:
        found["public_keys"] = {server.key_name: server.public_key}
        found["keys"] = [{"name": server.key_name, "type": "ssh", "data": server.public_key}]
    return found


def network_data(addresses: Sequence[Address]) -> dict[str, Any]:
    """Links and addresses; every one is given by DHCP."""
    links: dict[str, dict[str, Any]] = {}
    networks = []
    for each in addresses:
        if each.kind != "fixed":
            continue
        link = f"tap{each.port_id[:11]}"
        links[link] = {
            "id": link,
            "vif_id": each.port_id,
            "type": "bridge",
            "ethernet_mac_address": each.mac,
            "mtu": None,
        }
        networks.append(
            {
                "id": f"network{len(networks)}",
                "type": "ipv4_dhcp" if each.version == 4 else "ipv6_dhcp",
                "link": link,
                "network_id": each.network_id,
            }
        )
    return {"links": list(links.values()), "networks": networks, "services": []}


def user_data(server: Server) -> bytes | None:
    return base64.b64decode(server.user_data) if server.user_data else None


def documents(server: Server, addresses: Sequence[Address]) -> dict[str, bytes]:
    """The files of the config drive."""
    found = {
        "openstack/latest/meta_data.json": _json(meta_data(server)),
        "openstack/latest/network_data.json": _json(network_data(addresses)),
        "openstack/latest/vendor_data.json": b"{}",
        "openstack/latest/vendor_data2.json": b"{}",
        "ec2/latest/meta-data.json": _json(ec2(server, addresses)),
    }
    if data := user_data(server):
        found["openstack/latest/user_data"] = data
        found["ec2/latest/user-data"] = data
    return found


def ec2(server: Server, addresses: Sequence[Address]) -> dict[str, Any]:
    fixed = [a.ip for a in addresses if a.kind == "fixed" and a.version == 4]
    floating = [a.ip for a in addresses if a.kind == "floating"]
    found: dict[str, Any] = {
        "ami-id": "ami-00000001",
        "ami-launch-index": str(server.launch_index),
        "hostname": f"{server.hostname}.novalocal",
        "instance-action": "none",
        "instance-id": "i-" + server.id.replace("-", "")[:8],
        "instance-type": server.flavor.name,
        "local-hostname": f"{server.hostname}.novalocal",
        "local-ipv4": fixed[0] if fixed else "",
        "placement": {"availability-zone": server.zone or "nova"},
        "public-hostname": f"{server.hostname}.novalocal",
        "public-ipv4": floating[0] if floating else "",
        "reservation-id": server.reservation_id,
    }
    if server.public_key and server.key_name:
        found["public-keys"] = {"0": {"_name": f"0={server.key_name}", "openssh-key": server.public_key}}
    return found


def answer(server: Server, addresses: Sequence[Address], path: str) -> tuple[int, str, bytes]:
    """(status, content type, body) of a GET on the metadata address."""
    parts = [p for p in path.split("/") if p]
    if not parts:
        return _text("\n".join((*EC2_VERSIONS, "openstack")))
    if parts[0] == "openstack":
        return _openstack(server, addresses, parts[1:])
    if parts[0] in EC2_VERSIONS:
        return _ec2(server, addresses, parts[1:])
    return _missing()


def _openstack(server: Server, addresses: Sequence[Address], parts: list[str]) -> tuple[int, str, bytes]:
    if not parts:
        return _text("\n".join(VERSIONS))
    if parts[0] not in VERSIONS:
        return _missing()
    files = {k.removeprefix("openstack/latest/"): v for k, v in documents(server, addresses).items()}
    if len(parts) == 1:
        return _text("\n".join(n for n in files if "/" not in n))
    found = files.get("/".join(parts[1:]))
    if found is None:
        return _missing()
    kind = "application/json" if parts[-1].endswith(".json") else "application/octet-stream"
    return 200, kind, found


def _ec2(server: Server, addresses: Sequence[Address], parts: list[str]) -> tuple[int, str, bytes]:
    if not parts:
        return _text("meta-data/\nuser-data" if server.user_data else "meta-data/")
    if parts == ["user-data"]:
        data = user_data(server)
        return (200, "application/octet-stream", data) if data else _missing()
    if parts[0] != "meta-data":
        return _missing()
    found: Any = ec2(server, addresses)
    for part in parts[1:]:
        if not isinstance(found, dict) or part not in found:
            return _missing()
        found = found[part]
    if isinstance(found, dict):
        lines = [v["_name"] if isinstance(v, dict) and "_name" in v else k + ("/" if isinstance(v, dict) else "")
                 for k, v in found.items() if k != "_name"]  # fmt: skip
        return _text("\n".join(lines))
    return _text(found)


def _text(text: str) -> tuple[int, str, bytes]:
    return 200, "text/plain", text.encode()


def _missing() -> tuple[int, str, bytes]:
    return 404, "text/plain", b"404 Not Found"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()

"""What a guest may read about itself, at 169.254.169.254 and on its config drive; pure.

The paths and keys are those of Nova's metadata service and of EC2's.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.compute.model.network_data import Nic, network_data
from haneul.services.compute.model.servers import BlockDevice, Server

VERSIONS = ("2012-08-10", "2013-04-04", "2013-10-17", "2015-10-15", "2016-06-30", "2018-08-27", "latest")
EC2_VERSIONS = ("1.0", "2007-01-19", "2009-04-04", "latest")
CONTENT = "openstack/content"
PLACE = {"bus": "none", "address": "none"}
"""Where a guest sees a device is decided by its firmware; it finds it by address or serial number."""


class Address(Protocol):
    @property
    def ip(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def kind(self) -> str: ...


class Guest(msgspec.Struct, frozen=True):
    """A server, and what it stands on now."""

    server: Server
    addresses: Sequence[Address]
    nics: Sequence[Nic]
    volumes: Sequence[BlockDevice]


def meta_data(guest: Guest) -> dict[str, Any]:
    server = guest.server
    document: dict[str, Any] = {
        "uuid": server.id,
        "name": server.name,
        "hostname": f"{server.hostname}.novalocal",
        "launch_index": server.launch_index,
        "availability_zone": server.zone or DEFAULT_ZONE,
        "project_id": server.project_id,
        "meta": server.metadata,
        "devices": [*_tagged_nics(guest), *_tagged_disks(guest)],
        # Part of the format since Victoria; no guest has processors of its own here.
        "dedicated_cpus": [],
    }
    if server.files:
        document["files"] = [
            {"path": file.path, "content_path": f"/content/{number:04}"}
            for number, file in enumerate(server.files)
        ]
    if server.public_key and server.key_name:
        document["public_keys"] = {server.key_name: server.public_key}
        document["keys"] = [{"name": server.key_name, "type": "ssh", "data": server.public_key}]
    return document


def _tagged_nics(guest: Guest) -> list[dict[str, Any]]:
    tags = guest.server.device_tags
    return [
        {"type": "nic", "mac": nic.mac, "vf_trusted": False, **PLACE, "tags": [tags[nic.port_id]]}
        for nic in guest.nics
        if nic.port_id in tags
    ]


def _tagged_disks(guest: Guest) -> list[dict[str, Any]]:
    """By the serial number that the guest reads of the disk."""
    server = guest.server
    disks = (
        [(server.id[:20], server.root_device, server.device_tags.get("root"))]
        if not server.boots_from_volume
        else []
    )
    disks += [(d.name, d.device, d.tag) for d in server.local_disks]
    disks += [(v.volume_id[:20], v.device, server.device_tags.get(v.volume_id)) for v in guest.volumes]
    return [
        {"type": "disk", "serial": serial, "path": path, **PLACE, "tags": [tag]}
        for serial, path, tag in disks
        if tag
    ]


def user_data(server: Server) -> bytes | None:
    return base64.b64decode(server.user_data) if server.user_data else None


def documents(guest: Guest) -> dict[str, bytes]:
    """The files of the config drive."""
    server = guest.server
    files = {
        "openstack/latest/meta_data.json": _json(meta_data(guest)),
        "openstack/latest/network_data.json": _json(network_data(guest.nics)),
        "openstack/latest/vendor_data.json": b"{}",
        "openstack/latest/vendor_data2.json": b"{}",
        "ec2/latest/meta-data.json": _json(ec2(guest)),
    }
    for number, file in enumerate(server.files):
        files[f"{CONTENT}/{number:04}"] = base64.b64decode(file.contents)
    if data := user_data(server):
        files["openstack/latest/user_data"] = data
        files["ec2/latest/user-data"] = data
    return files


def ec2(guest: Guest) -> dict[str, Any]:
    server, addresses = guest.server, guest.addresses
    fixed = [a.ip for a in addresses if a.kind == "fixed" and a.version == 4]
    floating = [a.ip for a in addresses if a.kind == "floating"]
    document: dict[str, Any] = {
        # Numbers of EC2, which upstream makes of a counter; guests only want that there is one.
        "ami-id": "ami-00000001",
        "ami-launch-index": str(server.launch_index),
        "block-device-mapping": _mapping(guest),
        "hostname": f"{server.hostname}.novalocal",
        "instance-action": "none",
        "instance-id": "i-" + server.id.replace("-", "")[:8],
        "instance-type": server.flavor.name,
        "local-hostname": f"{server.hostname}.novalocal",
        "local-ipv4": fixed[0] if fixed else "",
        "placement": {"availability-zone": server.zone or DEFAULT_ZONE},
        "public-hostname": f"{server.hostname}.novalocal",
        "public-ipv4": floating[0] if floating else "",
        "reservation-id": server.reservation_id,
    }
    if server.public_key and server.key_name:
        document["public-keys"] = {"0": {"_name": f"0={server.key_name}", "openssh-key": server.public_key}}
    return document


def _mapping(guest: Guest) -> dict[str, str]:
    """The disks by the names that EC2 has for them."""
    server = guest.server
    root = server.root_device
    mapping = {"ami": root.removeprefix("/dev/"), "root": root}
    volumes = sorted(v.device for v in guest.volumes)
    mapping |= {f"ebs{number}": device for number, device in enumerate(volumes)}
    return mapping | {disk.name: disk.device for disk in server.local_disks}


def answer(guest: Guest, path: str) -> tuple[int, str, bytes]:
    """(status, content type, body) of a GET on the metadata address."""
    parts = [p for p in path.split("/") if p]
    if not parts:
        return _text("\n".join((*EC2_VERSIONS, "openstack")))
    if parts[0] == "openstack":
        return _openstack(guest, parts[1:])
    if parts[0] in EC2_VERSIONS:
        return _ec2(guest, parts[1:])
    return _missing()


def _openstack(guest: Guest, parts: list[str]) -> tuple[int, str, bytes]:
    if not parts:
        return _text("\n".join(VERSIONS))
    made = documents(guest)
    if parts[0] == "content":
        content = made.get(f"{CONTENT}/{'/'.join(parts[1:])}")
        return _missing() if content is None else (200, "application/octet-stream", content)
    if parts[0] not in VERSIONS:
        return _missing()
    latest = "openstack/latest/"
    files = {k.removeprefix(latest): v for k, v in made.items() if k.startswith(latest)}
    if len(parts) == 1:
        return _text("\n".join(files))
    file = files.get("/".join(parts[1:]))
    if file is None:
        return _missing()
    kind = "application/json" if parts[-1].endswith(".json") else "application/octet-stream"
    return 200, kind, file


def _ec2(guest: Guest, parts: list[str]) -> tuple[int, str, bytes]:
    server = guest.server
    if not parts:
        return _text("meta-data/\nuser-data" if server.user_data else "meta-data/")
    if parts == ["user-data"]:
        data = user_data(server)
        return (200, "application/octet-stream", data) if data else _missing()
    if parts[0] != "meta-data":
        return _missing()
    node: Any = ec2(guest)
    for part in parts[1:]:
        if not isinstance(node, dict) or part not in node:
            return _missing()
        node = node[part]
    if isinstance(node, dict):
        lines = [v["_name"] if isinstance(v, dict) and "_name" in v else k + ("/" if isinstance(v, dict) else "")
                 for k, v in node.items() if k != "_name"]  # fmt: skip
        return _text("\n".join(lines))
    return _text(node)


def _text(text: str) -> tuple[int, str, bytes]:
    return 200, "text/plain", text.encode()


def _missing() -> tuple[int, str, bytes]:
    return 404, "text/plain", b"404 Not Found"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()

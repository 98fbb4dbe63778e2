"""Servers as the API shows them, in every microversion."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from haneul.kernel.clock import microseconds_text, seconds_text
from haneul.kernel.context import Context
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import versions
from haneul.services.compute.api.links import links
from haneul.services.compute.manifest import MANIFEST
from haneul.services.compute.model.past_servers import PastServer
from haneul.services.compute.model.servers import Server, VmState, status, task_state
from haneul.services.compute.policy import servers as policy
from haneul.services.network import public as network

OF_EXTENSIONS = {"config_drive", "key_name", "security_groups", "host_status"}


def without_extensions(view: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in view.items()
        if name not in OF_EXTENSIONS and (":" not in name or name == "OS-DCF:diskConfig")
    }


def brief(ctx: Context, server: Server | PastServer) -> dict[str, Any]:
    return {"id": server.id, "name": server.name, "links": links(ctx, f"servers/{server.id}")}


def when(at: datetime | None) -> str | None:
    return seconds_text(at) if at else None


@lru_cache(1 << 12)
def host_id(project_id: str, host: str | None) -> str:
    """What a project may know of a host: the same for its servers on the same one."""
    return hashlib.sha224((project_id + host).encode()).hexdigest() if host else ""


async def details(
    ctx: Context, servers: Sequence[Server | PastServer], *, is_one: bool = False
) -> list[dict[str, Any]]:
    """All that the asker may see of these servers; one query for each kind of thing they have."""
    ids = [s.id for s in servers]
    addresses = await network.addresses(ctx, ids) if ids else {}
    groups = await network.security_groups(ctx, ids) if ids else {}
    volumes = await block_storage.attachments(ctx, ids) if ids else {}
    sees_hosts = ctx.may(policy.SHOW_HOST, {})
    return [
        _detail(
            ctx,
            s,
            addresses.get(s.id, ()),
            groups.get(s.id, ()),
            volumes.get(s.id, ()),
            sees_hosts=sees_hosts,
            is_one=is_one,
        )
        for s in servers
    ]


def _detail(
    ctx: Context,
    server: Server | PastServer,
    addresses: Sequence[network.ServerAddress],
    groups: Sequence[str],
    volumes: Sequence[Any],
    *,
    sees_hosts: bool,
    is_one: bool,
) -> dict[str, Any]:
    wants = ctx.version.__ge__  # asked a dozen times of each server of a list
    shown = status(server)
    document: dict[str, Any] = {
        "id": server.id,
        "name": server.name,
        "status": shown,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "metadata": server.metadata,
        "hostId": host_id(server.project_id, server.host),
        "image": _image(ctx, server),
        "flavor": _flavor(ctx, server),
        "created": when(server.created_at),
        "updated": when(server.updated_at),
        "addresses": by_network(addresses),
        "accessIPv4": server.access_ip_v4,
        "accessIPv6": server.access_ip_v6,
        "links": links(ctx, f"servers/{server.id}"),
        "OS-DCF:diskConfig": server.disk_config,
    }
    if shown in ("ACTIVE", "BUILD", "REBOOT", "HARD_REBOOT", "REBUILD", "RESIZE", "VERIFY_RESIZE"):
        document["progress"] = 0
    if server.vm_state is VmState.ERROR and server.fault is not None:
        fault = server.fault
        document["fault"] = {"code": fault.code, "created": fault.created, "message": fault.message}
        if fault.details and sees_hosts:
            document["fault"]["details"] = fault.details
    if wants(versions.SERVERS_ARE_LOCKED):
        document["locked"] = server.locked_by is not None
    if wants(versions.SERVERS_HAVE_DESCRIPTIONS):
        document["description"] = server.description
    if wants(versions.SERVERS_HAVE_TAGS):
        document["tags"] = server.tags
    if wants(versions.TRUSTED_CERTIFICATES):
        document["trusted_image_certificates"] = None
    if wants(versions.SERVERS_SHOW_GROUPS) and is_one:
        document["server_groups"] = [server.group_id] if server.group_id else []
    if wants(versions.LOCKED_REASON):
        document["locked_reason"] = server.locked_reason
    if wants(versions.PINNED_ZONES):
        document["pinned_availability_zone"] = server.zone
    if wants(versions.SCHEDULER_HINTS_ARE_SHOWN):
        document["scheduler_hints"] = server.hints
    document |= {
        "OS-EXT-AZ:availability_zone": (server.zone or DEFAULT_ZONE) if server.host else "",
        "config_drive": "True" if server.config_drive else "",
        "key_name": server.key_name,
        "OS-SRV-USG:launched_at": microseconds_text(server.launched_at) if server.launched_at else None,
        "OS-SRV-USG:terminated_at": _terminated_at(server),
        "OS-EXT-STS:task_state": task_state(server),
        "OS-EXT-STS:vm_state": server.vm_state.value,
        "OS-EXT-STS:power_state": server.power_state,
        "os-extended-volumes:volumes_attached": [_volume(ctx, v) for v in volumes],
    }
    if groups:
        document["security_groups"] = [{"name": name} for name in groups]
    if sees_hosts:
        document |= _for_admins(ctx, server)
    if wants(versions.HOSTNAMES):  # from then on its owner may set it, and so sees it
        document["OS-EXT-SRV-ATTR:hostname"] = server.hostname
    return document


def _terminated_at(server: Server | PastServer) -> str | None:
    return microseconds_text(server.terminated_at) if isinstance(server, PastServer) else None


def _for_admins(ctx: Context, server: Server | PastServer) -> dict[str, Any]:
    details: dict[str, Any] = {
        "OS-EXT-SRV-ATTR:host": server.host,
        "OS-EXT-SRV-ATTR:hypervisor_hostname": server.host,
        "OS-EXT-SRV-ATTR:instance_name": f"haneul-{server.id[:8]}",
    }
    if ctx.wants(versions.VOLUMES_HAVE_FATES):
        details |= {
            "OS-EXT-SRV-ATTR:reservation_id": server.reservation_id,
            "OS-EXT-SRV-ATTR:launch_index": server.launch_index,
            "OS-EXT-SRV-ATTR:hostname": server.hostname,
            "OS-EXT-SRV-ATTR:kernel_id": "",
            "OS-EXT-SRV-ATTR:ramdisk_id": "",
            "OS-EXT-SRV-ATTR:root_device_name": server.root_device,
            "OS-EXT-SRV-ATTR:user_data": server.user_data,
        }
    if ctx.wants(versions.SERVERS_HAVE_HOST_STATUS):
        is_there = server.host and server.vm_state is not VmState.DELETED
        details["host_status"] = "UP" if is_there else ""
    return details


SHOWN_PROPERTIES = ("architecture", "hw_", "img_", "os_", "traits_", "vmware_")
"""How the properties begin that say something of the machine; others are the image's own."""


def _image(ctx: Context, server: Server | PastServer) -> Any:
    if server.image_id is None:
        # A server without an image has an empty text here, where null would be expected; clients test for it.
        return ""
    path = f"{ctx.endpoint}{MANIFEST.path}/images/{server.image_id}"
    document: dict[str, Any] = {"id": server.image_id, "links": [{"rel": "bookmark", "href": path}]}
    if ctx.wants(versions.SERVERS_SHOW_IMAGE_PROPERTIES):
        document["properties"] = {
            k: v for k, v in server.image_properties.items() if k.startswith(SHOWN_PROPERTIES)
        }
    return document


def _flavor(ctx: Context, server: Server | PastServer) -> dict[str, Any]:
    flavor = server.flavor
    if not ctx.wants(versions.FLAVORS_ARE_EMBEDDED):
        path = f"{ctx.endpoint}{MANIFEST.path}/flavors/{flavor.id}"
        return {"id": flavor.id, "links": [{"rel": "bookmark", "href": path}]}
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.memory_mib,
        "disk": flavor.disk_gb,
        "ephemeral": flavor.ephemeral_gb,
        "swap": flavor.swap_mib,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    }


def _volume(ctx: Context, attachment: Any) -> dict[str, Any]:
    document = {"id": attachment.volume_id}
    if ctx.wants(versions.VOLUMES_HAVE_FATES):
        document["delete_on_termination"] = attachment.delete_on_termination
    return document


def by_network(addresses: Sequence[network.ServerAddress]) -> dict[str, list[dict[str, Any]]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for each in addresses:
        by_name.setdefault(each.network_name, []).append(
            {
                "version": each.version,
                "addr": each.ip,
                "OS-EXT-IPS:type": each.kind,
                "OS-EXT-IPS-MAC:mac_addr": each.mac,
            }
        )
    return by_name

"""/servers/{id}/os-interface"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import Routes
from haneul.services.compute import errors, versions
from haneul.services.compute.api import server_answers
from haneul.services.compute.api.server_schemas import AttachInterface, InterfaceAttachment, address, uuid
from haneul.services.compute.operations import interfaces
from haneul.services.compute.policy import servers as policy
from haneul.services.network import public as network
from haneul.services.network.public import Port, RequestedNic

routes = Routes("/v2.1/servers/{id}/os-interface")


def view(ctx: Context, port: Port, tags: dict[str, str]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "port_id": port.id,
        "net_id": port.network_id,
        "mac_addr": port.mac_address,
        "port_state": port.status,
        "fixed_ips": [{"subnet_id": f.subnet_id, "ip_address": f.ip_address} for f in port.fixed_ips],
    }
    if ctx.wants(versions.DEVICES_HAVE_TAGS):
        document["tag"] = tags.get(port.id)
    return document


@routes.get(
    "", policy=policy.LIST_INTERFACES, answer=server_answers.Interfaces, errors=(errors.ServerNotFound,)
)
async def list_interfaces(ctx: Context, id: str) -> dict[str, Any]:
    """The server's ports."""
    tags = await interfaces.tags(ctx, id, policy.LIST_INTERFACES)
    return {"interfaceAttachments": [view(ctx, p, tags) for p in await interfaces.list_(ctx, id)]}


@routes.get(
    "/{port_id}",
    policy=policy.SHOW_INTERFACE,
    answer=server_answers.OneInterface,
    errors=(errors.ServerNotFound, errors.NotAttached),
)
async def show_interface(ctx: Context, id: str, port_id: str) -> dict[str, Any]:
    """One of the server's ports."""
    port = await interfaces.show(ctx, id, port_id)
    return {"interfaceAttachment": view(ctx, port, await interfaces.tags(ctx, id, policy.SHOW_INTERFACE))}


@routes.post(
    "",
    status=200,
    policy=policy.ATTACH_INTERFACE,
    answer=server_answers.OneInterface,
    errors=(
        errors.ServerNotFound,
        errors.WrongState,
        errors.Locked,
        errors.NoNetworkToAttach,
        errors.AmbiguousNetworks,
        errors.WrongNetworks,
        *network.PORT_REFUSALS,
    ),
)
async def attach(ctx: Context, id: str, body: AttachInterface) -> dict[str, Any]:
    """Give the server a port; the guest sees it soon."""
    requested = await _requested(ctx, body.interfaceAttachment or InterfaceAttachment())
    port = await interfaces.attach(ctx, id, requested)
    return {"interfaceAttachment": view(ctx, port, await interfaces.tags(ctx, id, policy.ATTACH_INTERFACE))}


@routes.delete(
    "/{port_id}",
    status=202,
    policy=policy.DETACH_INTERFACE,
    errors=(
        errors.ServerNotFound,
        errors.WrongState,
        errors.Locked,
        errors.NotAttached,
        *network.PORT_REFUSALS,
    ),
)
async def detach(ctx: Context, id: str, port_id: str) -> None:
    """Take a port away from the server; one that was made for it is deleted."""
    await interfaces.detach(ctx, id, port_id)


async def _requested(ctx: Context, wanted: InterfaceAttachment) -> RequestedNic:
    tag = wanted.tag or None
    field = "interfaceAttachment.fixed_ips.ip_address"
    ips = [address(f.ip_address, None, field) for f in wanted.fixed_ips or []]
    if wanted.port_id and wanted.net_id:
        raise BadRequest("Must not input both network_id and port_id")
    if ips and not wanted.net_id:
        raise BadRequest("Must input network_id when request IP address")
    if wanted.port_id:
        return RequestedNic(port_id=uuid(wanted.port_id, "interfaceAttachment.port_id"), tag=tag)
    if wanted.net_id:
        network_id = uuid(wanted.net_id, "interfaceAttachment.net_id")
        return RequestedNic(network_id=network_id, fixed_ip=ips[0] if ips else None, tag=tag)
    return RequestedNic(network_id=await interfaces.only_network(ctx), tag=tag)

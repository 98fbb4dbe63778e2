"""/servers"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Query, Reply, Routes, lists
from haneul.kernel.ids import new_secret
from haneul.kernel.policy import Rule
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors, versions
from haneul.services.compute.api import server_answers, server_filters
from haneul.services.compute.api import server_views as views
from haneul.services.compute.api.links import links, next_links
from haneul.services.compute.api.server_disks import disks_of, injected_files
from haneul.services.compute.api.server_schemas import (
    CreateServer,
    NewServer,
    UpdateServer,
    address,
    hostname,
    same_or_other_hosts,
    uuid,
)
from haneul.services.compute.api.values import integer, truth
from haneul.services.compute.model.past_servers import PastServer
from haneul.services.compute.model.servers import Server, task_state
from haneul.services.compute.operations import server_lists, servers
from haneul.services.compute.operations.servers import ServerWish
from haneul.services.compute.policy import servers as policy
from haneul.services.network import public as network
from haneul.services.network.public import RequestedNic

routes = Routes("/v2.1")
MAX_LIMIT = 1000


def _description(ctx: Context, new: NewServer) -> str | None:
    """Before servers had descriptions of their own, their names were these."""
    if not ctx.wants(versions.SERVERS_HAVE_DESCRIPTIONS):
        return new.name.strip()
    return None if new.description is UNSET else new.description


@routes.post(
    "/servers",
    status=202,
    policy=policy.CREATE,
    limit=2 << 20,
    answer=server_answers.OneNewServer | server_answers.Reservation,
    errors=(
        errors.FlavorNotUsable,
        errors.ImageNotUsable,
        errors.ImageUnacceptable,
        errors.DiskTooSmall,
        errors.DevicePathInUse,
        errors.MultiattachTooNew,
        errors.CannotBeBuilt,
        errors.TooManyServers,
        errors.KeypairNotFound,
        errors.HostNotFound,
        errors.HostOutsideZone,
        errors.NoNetworkToAttach,
        errors.AmbiguousNetworks,
        errors.WrongNetworks,
        *network.PORT_REFUSALS,
        *network.TOPOLOGY_REFUSALS,
        *block_storage.VOLUME_REFUSALS,
    ),
)
async def create_server(ctx: Context, body: CreateServer) -> Reply:
    """Create servers. They are built in the background; poll their status."""
    new = body.server
    if new.trusted_image_certificates:
        raise BadRequest("Signature verification is not supported; trusted_image_certificates cannot be set.")
    # The hints have two names, that of the extension they once were and a short one, which counts more.
    if isinstance(body.hints, dict):
        hints = body.hints
    else:
        hints = body.hints_long if isinstance(body.hints_long, dict) else {}
    made = await servers.create(ctx, _wish(ctx, new, same_or_other_hosts(hints)))
    if truth(new.return_reservation_id, "server.return_reservation_id"):
        return Reply({"reservation_id": made[0].reservation_id}, status=202)
    first = made[0]
    path = f"servers/{first.id}"
    shown = {
        "id": first.id,
        "links": links(ctx, path),
        "OS-DCF:diskConfig": first.disk_config,
        "adminPass": new.adminPass if new.adminPass else new_secret(12),
        "security_groups": [{"name": n} for n in _group_names(new)],
    }
    location = links(ctx, path)[0]["href"]
    return Reply({"server": shown}, status=202, headers={"Location": location})


def _group_names(new: NewServer) -> list[str]:
    if isinstance(new.security_groups, list) and new.security_groups:
        return list(dict.fromkeys(g.name for g in new.security_groups))
    return ["default"]


def _wish(ctx: Context, new: NewServer, hints: dict[str, Any]) -> ServerWish:
    least = integer(new.min_count, "server.min_count", least=1)
    most = least if new.max_count is UNSET else integer(new.max_count, "server.max_count", least=1)
    if least > most:
        raise BadRequest("min_count must be <= max_count")
    networks, is_automatic = _networks(ctx, new)
    disks = disks_of(new)
    if isinstance(new.hostname, str) and most > 1:
        raise BadRequest("Unable to allocate a single hostname to multiple instances")
    if new.disk_config is not UNSET:
        require_disk_config(new.disk_config)
    return ServerWish(
        name=new.name.strip(),
        # References may be whole addresses, as in the first versions: their ends are the ids.
        flavor_id=str(new.flavorRef).rsplit("/", 1)[-1],
        image_id=disks.image_id,
        image_tag=disks.image_tag,
        image_bus=disks.image_bus,
        networks=networks,
        is_network_automatic=is_automatic,
        security_groups=_group_names(new),
        key_name=new.key_name or None,
        user_data=new.user_data if isinstance(new.user_data, str) else None,
        config_drive=new.config_drive is not UNSET and truth(new.config_drive, "server.config_drive"),
        metadata=new.metadata or {},
        tags=new.tags or [],
        zone=new.availability_zone or None,
        host=new.host or new.hypervisor_hostname or None,
        volumes=disks.volumes,
        local_disks=disks.local,
        files=injected_files(new.personality),
        description=_description(ctx, new),
        hostname=hostname(ctx, new.hostname) if isinstance(new.hostname, str) else None,
        access_ip_v4=address(new.accessIPv4, 4, "server.accessIPv4"),
        access_ip_v6=address(new.accessIPv6, 6, "server.accessIPv6"),
        hints=hints,
        also_multiattach=ctx.wants(versions.MULTIATTACH),
        disk_config=new.disk_config or "MANUAL",
        least=least,
        most=most,
    )


def require_disk_config(word: str) -> None:
    if word not in ("AUTO", "MANUAL"):
        raise BadRequest(f"Invalid input for field/attribute OS-DCF:diskConfig. Value: {word[:80]}.")


def _networks(ctx: Context, new: NewServer) -> tuple[list[RequestedNic] | None, bool]:
    """The NICs asked for (None: to be found), and whether `auto` was said."""
    if new.networks is UNSET:
        if ctx.wants(versions.NETWORKS_ARE_REQUIRED):
            raise BadRequest("Invalid input for field/attribute server. 'networks' is a required property")
        return None, False
    if isinstance(new.networks, str):
        if new.networks not in ("auto", "none") or not ctx.wants(versions.NETWORKS_ARE_REQUIRED):
            raise BadRequest(f"Invalid input for field/attribute networks. Value: {new.networks}.")
        return ([] if new.networks == "none" else None), new.networks == "auto"
    nics = []
    for nic in new.networks:
        if nic.port:
            nics.append(RequestedNic(port_id=uuid(nic.port, "server.networks.port"), tag=nic.tag or None))
        elif nic.uuid:
            fixed_ip = address(nic.fixed_ip, None, "server.networks.fixed_ip") or None
            network_id = uuid(nic.uuid, "server.networks.uuid")
            nics.append(RequestedNic(network_id=network_id, fixed_ip=fixed_ip, tag=nic.tag or None))
        else:
            raise BadRequest("Bad network format: missing 'uuid'")
    # An empty list is as if none had been sent: the project's one network is found.
    return nics or None, False


@routes.get(
    "/servers",
    policy=policy.LIST,
    answer=server_answers.Servers,
    errors=(errors.DeletedForAdmins, errors.ServerNotFound),
)
async def list_servers(ctx: Context, query: Query) -> dict[str, Any]:
    """Servers: ids, names and links."""
    page, following = await _page(ctx, query, "servers", policy.ALL_TENANTS)
    return {"servers": [views.brief(ctx, s) for s in page]} | following


@routes.get(
    "/servers/detail",
    policy=policy.DETAIL,
    answer=server_answers.ServersInDetail,
    errors=(errors.DeletedForAdmins, errors.ServerNotFound),
)
async def list_details(ctx: Context, query: Query) -> dict[str, Any]:
    """Servers with all that may be seen of them."""
    page, following = await _page(ctx, query, "servers/detail", policy.DETAIL_ALL_TENANTS)
    return {"servers": await views.details(ctx, page)} | following


async def _page(
    ctx: Context, query: Query, path: str, all_tenants: Rule
) -> tuple[list[Server | PastServer], dict[str, Any]]:
    search = await server_filters.read(ctx, query, all_tenants)
    limit = lists.NUMBERS.read(query, "limit")
    size = MAX_LIMIT if limit is None else min(limit, MAX_LIMIT)
    sort = server_filters.order(ctx, query)
    # limit=0 is a page of nothing here; flavors and others take it for no limit.
    if size == 0 or search.is_of_nothing:
        return [], {}
    page = await server_lists.page(
        ctx, search.which, search.filters, sort=sort, marker=query.get("marker"), limit=size, tags=search.tags,
        zone=search.zone, root_device=search.root_device,
    )  # fmt: skip
    more = next_links(ctx, path, query, page, size, page[-1].id if page else "")
    if search.task_state is not None:
        page = [s for s in page if task_state(s) == search.task_state]
    return page, {"servers_links": more} if more else {}


@routes.get(
    "/servers/{id}", policy=policy.SHOW, answer=server_answers.OneServer, errors=(errors.ServerNotFound,)
)
async def show_server(ctx: Context, id: str) -> dict[str, Any]:
    """One server."""
    server = await servers.show(ctx, id)
    return {"server": (await views.details(ctx, [server], is_one=True))[0]}


@routes.put(
    "/servers/{id}",
    policy=policy.UPDATE,
    answer=server_answers.OneServerAfterChange,
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked),
)
async def update_server(ctx: Context, id: str, body: UpdateServer) -> dict[str, Any]:
    """Change a server's name, description, addresses or host name."""
    new, changes = body.server, {}
    if new.name is not UNSET:
        changes["name"] = new.name.strip()
    if new.description is not UNSET:
        changes["description"] = new.description
    if new.hostname is not UNSET:
        changes["hostname"] = hostname(ctx, new.hostname)
    if new.accessIPv4 is not UNSET:
        changes["access_ip_v4"] = address(new.accessIPv4, 4, "server.accessIPv4")
    if new.accessIPv6 is not UNSET:
        changes["access_ip_v6"] = address(new.accessIPv6, 6, "server.accessIPv6")
    if new.disk_config is not UNSET:
        require_disk_config(new.disk_config)
        changes["disk_config"] = new.disk_config
    server = await servers.update(ctx, id, **changes)
    view = (await views.details(ctx, [server], is_one=True))[0]
    # Before 2.75 the answer to a change lacks what extensions had added to the server.
    return {"server": view if ctx.wants(versions.STRICT_QUERIES) else views.without_extensions(view)}


@routes.delete(
    "/servers/{id}",
    policy=policy.DELETE,
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked),
)
async def delete_server(ctx: Context, id: str) -> None:
    """Delete a server, whatever it is doing."""
    await servers.delete(ctx, id)

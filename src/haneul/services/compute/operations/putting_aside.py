"""Servers that are put aside for a while: suspended, rescued or shelved, and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, Conflict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors
from haneul.services.compute.model.servers import Rescue, Server, host_of, require
from haneul.services.compute.operations import disks, servers
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas.change_power import Change
from haneul.services.compute.sagas.create_server import NewServer
from haneul.services.compute.sagas.rescue_server import RESCUE_SERVER, UNRESCUE_SERVER
from haneul.services.compute.sagas.restore_server import Lost
from haneul.services.compute.sagas.shelve_server import SHELVE_SERVER, Shelving
from haneul.services.compute.sagas.suspend_server import RESUME_SERVER, SUSPEND_SERVER
from haneul.services.compute.sagas.unshelve_server import UNSHELVE_SERVER
from haneul.services.compute.store.servers import SERVERS
from haneul.services.image import public as image
from haneul.services.placement import public as placement

WHERE_TO_SHOW_IT = ("hw_rescue_bus", "hw_rescue_device")
"""An image with one of these is for servers that keep all their disks while they are rescued."""


async def _ready(ctx: Context, id: str, rule: Rule, action: str) -> tuple[Server, str]:
    """The server, with which the action may begin now, and its host."""
    server = await servers.show(ctx, id, rule)
    require(server, action, by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    return server, host_of(server, action)


async def _touch(ctx: Context, server: Server, **changes: Any) -> Server:
    return await SERVERS.change(ctx, server, **changes)


async def suspend(ctx: Context, id: str) -> None:
    """Accepted: the guest's memory will be on its host's disk, and the machine off."""
    server, host = await _ready(ctx, id, policy.SUSPEND, "suspend")
    await _touch(ctx, server)
    await ctx.start(SUSPEND_SERVER, Change(id, host), resource=id)


async def resume(ctx: Context, id: str) -> None:
    """Accepted: the suspended server will run on where it was."""
    server, host = await _ready(ctx, id, policy.RESUME, "resume")
    await _touch(ctx, server)
    await ctx.start(RESUME_SERVER, Lost(id, host), resource=id)


async def rescue(ctx: Context, id: str, image_id: str | None, *, also_of_volumes: bool) -> None:
    """Accept that the server boots from a disk made of the image; None: of the one that it was made of."""
    server, host = await _ready(ctx, id, policy.RESCUE, "rescue")
    properties = await _of_rescue_image(ctx, image_id) if image_id else server.image_properties
    await _require_attached(ctx, server)
    shown = [name in properties for name in WHERE_TO_SHOW_IT]
    image_id = image_id or server.image_id
    if image_id is None or (server.boots_from_volume and not (also_of_volumes and all(shown))):
        raise errors.NotRescuable(server_id=id, why="Cannot rescue a volume-backed instance")
    await _touch(ctx, server, rescue=Rescue(image_id, keeps_disks=any(shown)))
    await ctx.start(RESCUE_SERVER, Lost(id, host), resource=id)


async def _of_rescue_image(ctx: Context, image_id: str) -> Mapping[str, Any]:
    """The image's properties; one that is only a list of snapshots, or not there, cannot rescue."""
    try:
        rescue = await image.get(ctx, image_id)
    except image.ImageNotFound:
        raise errors.RescueImageNotUsable(image_id=image_id) from None
    if rescue.status != "active" or "block_device_mapping" in rescue.properties:
        raise errors.RescueImageNotUsable(image_id=image_id)
    return rescue.properties


async def _require_attached(ctx: Context, server: Server) -> None:
    for each in (await block_storage.attachments(ctx, [server.id])).get(server.id, []):
        status = await block_storage.volume_status(ctx, each.volume_id)
        if status != "in-use":
            raise Conflict(
                f"Invalid volume: volume '{each.volume_id}' status must be 'in-use'. "
                f"Currently in '{status}' status"
            )


async def unrescue(ctx: Context, id: str) -> None:
    """Accepted: the rescued server will boot from its own disk again."""
    server, host = await _ready(ctx, id, policy.UNRESCUE, "unrescue")
    await _touch(ctx, server)
    await ctx.start(UNRESCUE_SERVER, Lost(id, host), resource=id)


async def shelve(ctx: Context, id: str) -> None:
    """Accept that the server is put away: off its host at once, its root disk an image."""
    server, host = await _ready(ctx, id, policy.SHELVE, "shelve")
    kept = None
    if not server.boots_from_volume:
        kept = (await disks.image_of_root_disk(ctx, server, f"{server.name}-shelved", {})).id
    await _touch(ctx, server)
    await ctx.start(SHELVE_SERVER, Shelving(id, host, kept), resource=id)


async def shelve_offload(ctx: Context, id: str) -> None:
    """Never anything to do: what is shelved is off its host at once."""
    await _ready(ctx, id, policy.SHELVE_OFFLOAD, "shelveOffload")


async def unshelve(ctx: Context, id: str, changes: Mapping[str, str | None]) -> None:
    """Accept that a shelved server comes back, perhaps in another `zone` (None: in any) or on a `host`."""
    server = await servers.show(ctx, id, policy.UNSHELVE)
    require(server, "unshelve", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    zone, host = changes.get("zone", server.zone), changes.get("host")
    if changes.get("zone") and zone not in await placement.zones(ctx):
        raise BadRequest("The requested availability zone is not available")
    if host is not None:
        await _require_host(ctx, server, host, zone)
    await _touch(ctx, server, zone=zone, wanted_host=host)
    await ctx.start(UNSHELVE_SERVER, NewServer(id), resource=id)


async def _require_host(ctx: Context, server: Server, host: str, zone: str | None) -> None:
    ctx.authorize(policy.UNSHELVE_TO_HOST, server)
    target = await placement.host(ctx, host)
    if target is None:
        raise BadRequest(f"Compute host {host} could not be found.")
    if zone is not None and target.zone != zone:
        raise errors.HostOutsideZone(host=host, zone=zone)

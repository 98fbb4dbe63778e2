"""Giving a server another flavor, and deciding whether it keeps it."""

from __future__ import annotations

import contextlib

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.policy import Rule
from haneul.kernel.saga import Saga
from haneul.services.compute import errors
from haneul.services.compute.model.servers import FlavorSnapshot, Server, require
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas.resize_server import RESIZE_SERVER, Resize
from haneul.services.compute.sagas.restore_server import Lost
from haneul.services.compute.sagas.settle_resize import CONFIRM_RESIZE, REVERT_RESIZE
from haneul.services.compute.store.quotas import QUOTAS
from haneul.services.compute.store.servers import SERVERS
from haneul.services.image import public as image


async def resize(ctx: Context, id: str, flavor_id: str, disk_config: str | None) -> None:
    """Accept it; until it is confirmed or reverted, the quota counts the larger of both sizes."""
    server = await servers.show(ctx, id, policy.RESIZE)
    require(server, "resize", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    if server.host is None:
        raise errors.NeverActive(server_id=id, action="resize")
    flavor = servers.snapshot(await servers.usable_flavor(ctx, flavor_id))
    _require_disk(server, flavor)
    if flavor.id == server.flavor.id:
        raise errors.SameFlavor
    more = {"cores": flavor.vcpus - server.vcpus, "ram": flavor.memory_mib - server.memory_mib}
    wanted = {resource: amount for resource, amount in more.items() if amount > 0}
    await QUOTAS.require(ctx, server.project_id, error=errors.TooManyServers, **wanted)
    await _require_memory(ctx, server, flavor)
    await SERVERS.change(
        ctx,
        server,
        vcpus=max(server.vcpus, flavor.vcpus),
        memory_mib=max(server.memory_mib, flavor.memory_mib),
        disk_config=disk_config or server.disk_config,
    )
    await ctx.start(RESIZE_SERVER, Resize(id, server.host, server.vm_state, flavor), resource=id)


def _require_disk(server: Server, flavor: FlavorSnapshot) -> None:
    """Raise if the root disk would have to shrink."""
    if server.boots_from_volume or flavor.disk_gb >= server.flavor.disk_gb:
        return
    if flavor.disk_gb == 0:
        raise errors.CannotResizeDisk(why="Resize to zero disk flavor is not allowed.")
    raise errors.DiskTooSmall(size=flavor.disk_gb << 30, least=server.flavor.disk_gb << 30)


async def _require_memory(ctx: Context, server: Server, flavor: FlavorSnapshot) -> None:
    """Raise if the image asks for more memory; one that is gone asks for nothing."""
    with contextlib.suppress(NotFound):
        source = await image.get(ctx, server.image_id) if server.image_id else None
        if source is not None and source.min_ram > flavor.memory_mib:
            raise errors.ImageNotUsable(why="Flavor's memory is too small for requested image.")


async def confirm(ctx: Context, id: str) -> None:
    """Accepted: the new size will stay, and the room that was held for the old one be free."""
    await _settle(ctx, id, policy.CONFIRM_RESIZE, "confirmResize", CONFIRM_RESIZE)


async def revert(ctx: Context, id: str) -> None:
    """Accepted: the server will have its old size, with the disk as it was before the resize."""
    await _settle(ctx, id, policy.REVERT_RESIZE, "revertResize", REVERT_RESIZE)


async def _settle(ctx: Context, id: str, rule: Rule, action: str, saga: Saga) -> None:
    server = await servers.show(ctx, id, rule)
    require(server, action, by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    if server.host is None or server.resized_from is None:
        raise errors.NotResized
    await SERVERS.change(ctx, server)
    await ctx.start(saga, Lost(id, server.host), resource=id)

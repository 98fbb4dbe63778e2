"""Giving a server a new root disk."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, NotFound
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors
from haneul.services.compute.model import image_properties
from haneul.services.compute.model.servers import Server, require
from haneul.services.compute.operations import servers
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas.rebuild_server import REBUILD_SERVER, Rebuild
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image

OTHER_IMAGE = "Unable to rebuild with a different image for a volume-backed server."
REIMAGE = "Unable to write an image to the root volume of a volume-backed server."
BOOTER = ("boot_roles", "owner_project_name", "owner_user_name")


class RebuildWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuilt server is to be; `changes` are fields of the server."""

    image_id: str
    changes: dict[str, Any]
    key_name: str | msgspec.UnsetType | None = msgspec.UNSET
    writes_volumes: bool = False
    """The root disk is to be new even if it is a volume."""
    keeps_ephemeral: bool = False


async def rebuild(ctx: Context, id: str, wish: RebuildWish) -> Server:
    """Accept it: the server is shown with its new image from now on, and goes back to the old on failure."""
    server = await servers.show(ctx, id, policy.REBUILD)
    require(server, "rebuild", by_admin=ctx.may(CONTEXT_IS_ADMIN, {}))
    if server.host is None:
        raise errors.NeverActive(server_id=id, action="rebuild")
    changes = dict(wish.changes)
    if wish.key_name is not msgspec.UNSET:
        changes["key_name"] = wish.key_name
        changes["public_key"] = await servers.public_key_of(ctx, wish.key_name)
    servers.check_user_data(changes.get("user_data"))
    new_image = await _image(ctx, wish.image_id)
    image_properties.check(new_image.properties)
    if server.boots_from_volume:
        await _require_same_image(ctx, server, wish)
    else:
        servers.require_fits(new_image, server.flavor, None)
        changes["image_id"] = new_image.id
    await servers.check_metadata_quota(ctx, changes.get("metadata", {}))
    await servers.check_files_quota(ctx, changes.get("files", []))
    changes["image_properties"] = new_image.properties | {
        name: server.image_properties[name] for name in BOOTER if name in server.image_properties
    }
    before = Rebuild(
        id,
        server.host,
        server.vm_state,
        server.image_id,
        server.image_properties,
        server.key_name,
        server.public_key,
        server.user_data,
        server.files,
        wish.keeps_ephemeral,
    )
    await SERVERS.change(ctx, server, **changes)
    await ctx.start(REBUILD_SERVER, before, resource=id)
    return await find_server(ctx.tx, id)


async def _image(ctx: Context, id: str) -> image.Image:
    try:
        await image.get(ctx, id)
    except NotFound:
        raise BadRequest("Cannot find image for rebuild") from None
    return await servers.active_image(ctx, id)


async def _require_same_image(ctx: Context, server: Server, wish: RebuildWish) -> None:
    root = next((d.volume_id for d in server.block_devices if d.boot_index == 0), None)
    volume = await block_storage.get(ctx, root) if root else None
    if volume is None or volume.image_metadata.get("image_id", volume.image_id) != wish.image_id:
        raise errors.ImageUnacceptable(image_id=wish.image_id, why=OTHER_IMAGE)
    if wish.writes_volumes:
        raise errors.ImageUnacceptable(image_id=wish.image_id, why=REIMAGE)

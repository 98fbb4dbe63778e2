"""/servers/{id}/action: what puts a server aside for a while, and takes it up again"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.http import UNSET, Reply, Strict, UnsetType
from haneul.kernel.http.actions import read
from haneul.kernel.http.bounds import LongText, Text
from haneul.kernel.ids import new_secret
from haneul.services.compute import versions
from haneul.services.compute.api.server_actions import Given, action, plain
from haneul.services.compute.api.server_schemas import Name, uuid
from haneul.services.compute.operations import putting_aside
from haneul.services.compute.policy import servers as policy

plain("suspend", policy.SUSPEND, putting_aside.suspend)
plain("resume", policy.RESUME, putting_aside.resume)
plain("shelve", policy.SHELVE, putting_aside.shelve)
plain("shelveOffload", policy.SHELVE_OFFLOAD, putting_aside.shelve_offload)
plain("unrescue", policy.UNRESCUE, putting_aside.unrescue)


class RescueWish(Strict):
    adminPass: LongText | UnsetType = UNSET
    rescue_image_ref: Text | UnsetType = UNSET


@action("rescue", policy.RESCUE, RescueWish | None)
async def rescue(ctx: Context, id: str, wish: RescueWish | None) -> Reply:
    wish = wish or RescueWish()
    image_id = None if wish.rescue_image_ref is UNSET else uuid(wish.rescue_image_ref, "rescue_image_ref")
    also_of_volumes = ctx.wants(versions.RESCUE_OF_VOLUMES)
    await ctx.transact(putting_aside.rescue, id, image_id, also_of_volumes=also_of_volumes)
    password = new_secret(12) if wish.adminPass is UNSET else wish.adminPass
    return Reply({"adminPass": password}, status=200)


class ZoneWish(Strict):
    availability_zone: Name


class PlaceWish(Strict):
    availability_zone: Text | UnsetType | None = UNSET
    host: Text | UnsetType = UNSET


@action("unshelve", policy.UNSHELVE)
async def unshelve(ctx: Context, id: str, argument: Given) -> None:
    await ctx.transact(putting_aside.unshelve, id, _changes(ctx, argument))


def _changes(ctx: Context, argument: Given) -> dict[str, str | None]:
    """What is to change of where the server may be; before 2.77 nobody reads what is given."""
    if ctx.wants(versions.UNSHELVE_ON_HOST):
        wish = read(ctx, "unshelve", argument, PlaceWish | None) or PlaceWish()
        place = {"zone": wish.availability_zone, "host": wish.host}
        return {name: value for name, value in place.items() if value is not UNSET}
    if ctx.wants(versions.UNSHELVE_IN_ZONE):
        zone = read(ctx, "unshelve", argument, ZoneWish | None)
        return {"zone": zone.availability_zone} if zone else {}
    return {}

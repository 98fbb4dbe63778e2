"""/servers/{id}/action: what puts a server aside for a while, and takes it up again"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.http import UNSET, Reply, Strict, UnsetType
from haneul.kernel.http.schema import decode
from haneul.kernel.ids import new_secret
from haneul.services.compute.api.server_actions import Given, action, plain
from haneul.services.compute.api.server_schemas import uuid
from haneul.services.compute.operations import putting_aside
from haneul.services.compute.policy import servers as policy

RESCUES_VOLUMES = (2, 87)

plain("suspend", policy.SUSPEND, putting_aside.suspend)
plain("resume", policy.RESUME, putting_aside.resume)
plain("unrescue", policy.UNRESCUE, putting_aside.unrescue)


class RescueWish(Strict):
    adminPass: str | UnsetType = UNSET
    rescue_image_ref: str | UnsetType = UNSET


class RescueBody(Strict):
    rescue: RescueWish | None


@action("rescue", policy.RESCUE)
async def rescue(ctx: Context, id: str, given: Given) -> Reply:
    body = decode(RescueBody, msgspec.json.encode({"rescue": given}), ctx.version)
    wish = body.rescue or RescueWish()
    image_id = None if wish.rescue_image_ref is UNSET else uuid(wish.rescue_image_ref, "rescue_image_ref")
    async with ctx.in_transaction() as writing:
        also_of_volumes = ctx.wants(RESCUES_VOLUMES)
        await putting_aside.rescue(writing, id, image_id, also_of_volumes=also_of_volumes)
    password = new_secret(12) if wish.adminPass is UNSET else wish.adminPass
    return Reply({"adminPass": password}, status=200)

"""/v1/ribbons"""

from __future__ import annotations

from typing import Any

from haneul.services.greetings import errors, policy
from haneul.services.greetings.model.ribbons import Ribbon
from haneul.services.greetings.operations import ribbons

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.kernel.http.bounds import Text
from haneul.kernel.http.schema import Schema

routes = Routes("/v1")


class NewRibbon(Schema):
    name: Text


class CreateRibbon(Schema):
    ribbon: NewRibbon


@routes.post("/ribbons", status=201, policy=policy.CREATE_RIBBON)
async def create_ribbon(ctx: Context, body: CreateRibbon) -> dict[str, Any]:
    """Make a ribbon."""
    return {"ribbon": view(await ribbons.create(ctx, body.ribbon.name))}


@routes.get("/ribbons", policy=policy.LIST_RIBBONS)
async def list_ribbons(ctx: Context) -> dict[str, Any]:
    """The project's ribbons."""
    return {"ribbons": [view(each) for each in await ribbons.list(ctx)]}


@routes.get("/ribbons/{id}", policy=policy.SHOW_RIBBON, errors=(errors.RibbonNotFound,))
async def show_ribbon(ctx: Context, id: str) -> dict[str, Any]:
    """One ribbon."""
    return {"ribbon": view(await ribbons.show(ctx, id))}


@routes.delete("/ribbons/{id}", status=204, policy=policy.DELETE_RIBBON, errors=(errors.RibbonNotFound,))
async def delete_ribbon(ctx: Context, id: str) -> None:
    """Delete a ribbon."""
    await ribbons.delete(ctx, id)


def view(ribbon: Ribbon) -> dict[str, Any]:
    return {"id": ribbon.id, "name": ribbon.name, "is_ready": ribbon.is_ready}

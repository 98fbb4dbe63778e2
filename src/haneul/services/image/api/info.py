"""/v2/info: how images can be imported, and where they are stored."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Routes
from haneul.services.image import policy
from haneul.services.image.api import answers
from haneul.services.image.config import ImageOptions
from haneul.services.image.model.locations import HTTP
from haneul.services.image.operations import quotas, stores

routes = Routes("/v2/info")


@routes.get("/import", transaction=False, answer=answers.ImportInfo)
async def show_import(ctx: Context) -> dict[str, Any]:
    """The import methods there are."""
    return {
        "import-methods": {
            "description": "Import methods available.",
            "type": "array",
            "value": list(ctx.options(ImageOptions).import_methods),
        }
    }


def _brief(ctx: Context) -> list[dict[str, Any]]:
    shown = []
    for store in stores.list(ctx):
        brief: dict[str, Any] = {"id": store.name}
        if store.options.description:
            brief["description"] = store.options.description
        if store.is_default:
            # Texts, and only there where true, as upstream has them.
            brief["default"] = "true"
        if store.options.read_only:
            brief["read-only"] = "true"
        shown.append(brief)
    if ctx.options(ImageOptions).http_store:
        shown.append({"id": HTTP, "description": "Addresses where data stays", "read-only": "true"})
    return shown


@routes.get("/stores", transaction=False, answer=answers.Stores)
async def list_stores(ctx: Context) -> dict[str, Any]:
    """The stores there are."""
    return {"stores": _brief(ctx)}


@routes.get(
    "/stores/detail", transaction=False, policy=policy.STORES_INFO_DETAIL, answer=answers.StoresInDetail
)
async def list_stores_in_detail(ctx: Context) -> dict[str, Any]:
    """The stores, with what administrators want to know of them."""
    ctx.authorize(policy.STORES_INFO_DETAIL, {})
    shown = _brief(ctx)
    known = {store.name: store.options for store in stores.list(ctx)}
    for brief in shown:
        if (options := known.get(brief["id"])) is None:
            brief |= {"type": "http", "weight": 0, "properties": {}}
        else:
            properties = stores.properties(ctx, brief["id"])
            brief |= {"type": options.type, "weight": options.weight, "properties": properties}
    return {"stores": shown}


@routes.get("/usage", answer=answers.Usage)
async def show_usage(ctx: Context) -> dict[str, Any]:
    """What the project has of what is limited; empty where nothing is."""
    return {"usage": await quotas.usage(ctx)}

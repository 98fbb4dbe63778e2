"""/v2/info: how images can be imported, and where they are stored."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Routes
from haneul.services.image import policy
from haneul.services.image.api.images import IMPORT_METHODS, STORE

routes = Routes("/v2/info")

_STORE = {"id": STORE, "description": "Files in the cloud's state folder", "default": "true"}


@routes.get("/import", transaction=False)
async def show_import(ctx: Context) -> dict[str, Any]:
    """The import methods there are."""
    return {
        "import-methods": {
            "description": "Import methods available.",
            "type": "array",
            "value": list(IMPORT_METHODS),
        }
    }


@routes.get("/stores", transaction=False)
async def list_stores(ctx: Context) -> dict[str, Any]:
    """The stores there are."""
    return {"stores": [_STORE]}


@routes.get("/stores/detail", transaction=False, policy=policy.STORES_INFO_DETAIL)
async def list_stores_in_detail(ctx: Context) -> dict[str, Any]:
    """The stores, with what administrators want to know of them."""
    ctx.authorize({})
    folder = str(ctx.platform.folder / "images")
    return {
        "stores": [
            {
                **_STORE,
                "type": "file",
                "weight": 0,
                "properties": {"data_dir": folder, "chunk_size": 1 << 20, "thin_provisioning": False},
            }
        ]
    }


@routes.get("/usage", transaction=False)
async def show_usage(ctx: Context) -> dict[str, Any]:
    """What is used of the quotas: there are none, so nothing is counted."""
    return {"usage": {}}

"""/ and /v3: the version documents, and the extensions."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import discovery
from haneul.kernel.http.routes import Reply, Routes
from haneul.services.block_storage.manifest import MANIFEST

routes = Routes()


def _documents(ctx: Context) -> dict[str, Any]:
    found = discovery.version(
        MANIFEST,
        ctx.endpoint,
        id="v3.0",
        path="/v3/",
        media_type="application/vnd.openstack.volume+json;version=3",
    )
    about = {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"}
    found["links"] = [about, *found["links"]]
    return {"versions": [found]}


@routes.get("", auth=False, transaction=False)
async def list_versions(ctx: Context) -> Reply:
    """The versions that are spoken here."""
    return Reply(_documents(ctx), status=300)


@routes.get("/v3", auth=False, transaction=False)
async def show_version(ctx: Context) -> dict[str, Any]:
    return _documents(ctx)

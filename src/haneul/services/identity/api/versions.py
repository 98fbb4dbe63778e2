"""/ and /v3: which versions there are"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Reply, Routes
from haneul.services.identity.api.lists import base

routes = Routes()


def _version(ctx: Context) -> dict[str, Any]:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{base(ctx)}/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


@routes.get("", auth=False, status=300)
async def list_versions(ctx: Context) -> Reply:
    """List the versions of this API."""
    return Reply({"versions": {"values": [_version(ctx)]}}, headers={"Location": f"{base(ctx)}/"})


@routes.get("/v3", auth=False)
async def show_version(ctx: Context) -> Reply:
    """Show version 3."""
    return Reply({"version": _version(ctx)}, headers={"Vary": "X-Auth-Token"})

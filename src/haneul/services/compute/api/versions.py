"""/ and /v2.1: the version documents."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes, discovery
from haneul.services.compute.manifest import MANIFEST

routes = Routes()
MEDIA_TYPE = "application/vnd.openstack.compute+json;version=2.1"


def _version(ctx: Context) -> dict[str, Any]:
    return discovery.version(MANIFEST, ctx.endpoint, id="v2.1", path="/v2.1/", updated="2013-07-23T11:33:21Z")


@routes.get("", auth=False)
async def list_versions(ctx: Context) -> dict[str, Any]:
    """The versions of the API."""
    return {"versions": [_version(ctx)]}


@routes.get("/v2.1", auth=False)
async def show_version(ctx: Context) -> dict[str, Any]:
    """The one version of the API."""
    found = _version(ctx)
    found["links"].append({"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"})
    found["media-types"] = [{"base": "application/json", "type": MEDIA_TYPE}]
    return {"version": found}

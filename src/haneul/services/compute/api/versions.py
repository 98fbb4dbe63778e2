"""/, /v2 and /v2.1: the version documents."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes, discovery
from haneul.services.compute.manifest import MANIFEST

routes = Routes()
MEDIA_TYPE = "application/vnd.openstack.compute+json;version="


def _current(ctx: Context) -> dict[str, Any]:
    return discovery.version(MANIFEST, ctx.endpoint, id="v2.1", path="/v2.1/", updated="2013-07-23T11:33:21Z")


def _frozen(ctx: Context) -> dict[str, Any]:
    """The API as it was before microversions: the oldest one of today's, without its headers."""
    document = discovery.version(
        MANIFEST, ctx.endpoint, id="v2.0", path="/v2/", status="DEPRECATED", updated="2025-07-04T12:00:00Z"
    )
    return {**document, "version": "", "min_version": ""}


def _shown(document: dict[str, Any], version: str) -> dict[str, Any]:
    document["links"].append(
        {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}
    )
    document["media-types"] = [{"base": "application/json", "type": MEDIA_TYPE + version}]
    return {"version": document}


@routes.get("", auth=False, answer=discovery.VersionDocuments)
async def list_versions(ctx: Context) -> dict[str, Any]:
    """The versions of the API."""
    return {"versions": [_frozen(ctx), _current(ctx)]}


@routes.get("/v2", auth=False, answer=discovery.OneVersionDocument)
async def show_frozen_version(ctx: Context) -> dict[str, Any]:
    """The version for clients older than microversions."""
    return _shown(_frozen(ctx), "2")


@routes.get("/v2.1", auth=False, answer=discovery.OneVersionDocument)
async def show_version(ctx: Context) -> dict[str, Any]:
    """The version with microversions."""
    return _shown(_current(ctx), "2.1")

"""/, /v2 and /v2.1: the version documents."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes, discovery
from haneul.services.compute.manifest import MANIFEST

routes = Routes()
MEDIA_TYPE = "application/vnd.openstack.compute+json;version="
ABOUT = "http://docs.openstack.org/"
CURRENT = discovery.ApiVersion(
    MANIFEST,
    "v2.1",
    "/v2.1/",
    updated="2013-07-23T11:33:21Z",
    media_type=MEDIA_TYPE + "2.1",
    about=ABOUT,
)
FROZEN = discovery.ApiVersion(
    MANIFEST,
    "v2.0",
    "/v2/",
    status="DEPRECATED",
    updated="2025-07-04T12:00:00Z",
    microversions=("", ""),
    media_type=MEDIA_TYPE + "2",
    about=ABOUT,
)
"""The API as it was before microversions: the oldest one of today's, without its headers."""


@routes.get("", auth=False, answer=discovery.VersionDocuments)
async def list_versions(ctx: Context) -> dict[str, Any]:
    """The versions of the API."""
    return {"versions": [FROZEN.entry(ctx), CURRENT.entry(ctx)]}


@routes.get("/v2", auth=False, answer=discovery.OneVersionDocument)
async def show_frozen_version(ctx: Context) -> dict[str, Any]:
    """The version for clients older than microversions."""
    return {"version": FROZEN.document(ctx)}


@routes.get("/v2.1", auth=False, answer=discovery.OneVersionDocument)
async def show_version(ctx: Context) -> dict[str, Any]:
    """The version with microversions."""
    return {"version": CURRENT.document(ctx)}

"""/ and /versions: the versions that this API speaks."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes, discovery
from haneul.services.image.manifest import MANIFEST

routes = Routes()

NEWEST = 18
VERSIONS = [
    discovery.ApiVersion(
        MANIFEST, f"v2.{minor}", "/v2/", status="CURRENT" if minor == NEWEST else "SUPPORTED"
    )
    for minor in range(NEWEST, -1, -1)
]


def _versions(ctx: Context) -> dict[str, Any]:
    return {"versions": [each.entry(ctx) for each in VERSIONS]}


@routes.get("", status=300, auth=False, transaction=False, answer=discovery.VersionDocuments)
async def choose_version(ctx: Context) -> dict[str, Any]:
    """The versions to choose from."""
    return _versions(ctx)


@routes.get("/versions", auth=False, transaction=False, answer=discovery.VersionDocuments)
async def list_versions(ctx: Context) -> dict[str, Any]:
    """The versions to choose from, as an answer of its own."""
    return _versions(ctx)

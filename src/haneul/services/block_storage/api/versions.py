"""/ and /v3: the version documents, and the extensions."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import discovery
from haneul.kernel.http.routes import Routes
from haneul.services.block_storage.manifest import MANIFEST

routes = Routes()
CURRENT = discovery.ApiVersion(
    MANIFEST,
    "v3.0",
    "/v3/",
    updated="2026-10-01T00:00:00Z",
    media_type="application/vnd.openstack.volume+json;version=3",
    about="https://docs.openstack.org/",
)


@routes.get("", status=300, auth=False, transaction=False, answer=discovery.VersionDocuments)
async def list_versions(ctx: Context) -> dict[str, Any]:
    """The versions that are spoken here."""
    return {"versions": [CURRENT.document(ctx)]}


@routes.get("/v3", auth=False, transaction=False, answer=discovery.VersionDocuments)
async def show_version(ctx: Context) -> dict[str, Any]:
    """What version 3 of the API is, and the microversions it speaks."""
    return {"versions": [CURRENT.document(ctx)]}

"""/ : the version document."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes, discovery
from haneul.services.placement.manifest import MANIFEST

routes = Routes()
CURRENT = discovery.ApiVersion(MANIFEST, "v1.0", None, newest="max_version")


@routes.get("", auth=False, answer=discovery.VersionDocuments)
async def show_versions(ctx: Context) -> dict[str, Any]:
    """The one version of the API, and its window of microversions."""
    return {"versions": [CURRENT.entry(ctx)]}

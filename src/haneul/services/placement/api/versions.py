"""/ : the version document."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.services.placement.api import answers
from haneul.services.placement.manifest import MANIFEST

routes = Routes()


@routes.get("", auth=False, answer=answers.Versions)
async def show_versions(ctx: Context) -> dict[str, Any]:
    """The one version of the API, and its window of microversions."""
    assert MANIFEST.microversions is not None
    return {
        "versions": [
            {
                "id": "v1.0",
                "max_version": MANIFEST.microversions.maximum,
                "min_version": MANIFEST.microversions.minimum,
                "status": "CURRENT",
                "links": [{"rel": "self", "href": ""}],
            }
        ]
    }

"""Version documents: what an API says of the versions that it speaks."""

from __future__ import annotations

from typing import Any

from haneul.kernel.manifest import Manifest


def version(
    manifest: Manifest,
    endpoint: str,
    *,
    id: str,
    path: str,
    status: str = "CURRENT",
    updated: str = "2026-10-01T00:00:00Z",
    min_key: str = "min_version",
    media_type: str | None = None,
) -> dict[str, Any]:
    """One entry of a version list; `path` is below the service's own."""
    found: dict[str, Any] = {
        "id": id,
        "status": status,
        "updated": updated,
        "links": [{"rel": "self", "href": f"{endpoint}{manifest.path}{path}"}],
    }
    if manifest.microversions:
        found["version"] = manifest.microversions.maximum
        found[min_key] = manifest.microversions.minimum
    if media_type:
        found["media-types"] = [{"base": "application/json", "type": media_type}]
    return found

"""Version documents: what an API says of the versions that it speaks."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.http.answers import Answer, TypedLink
from haneul.kernel.manifest import Manifest


class MediaType(Answer):
    base: str
    type: str


class VersionDocument(Answer):
    """A version of an API, and the microversions that it speaks if there are any."""

    id: str
    status: str
    updated: str
    links: list[TypedLink]
    version: str | UnsetType = UNSET
    min_version: str | UnsetType = UNSET
    media_types: list[MediaType] | UnsetType = field(name="media-types", default=UNSET)


class VersionDocuments(Answer):
    versions: list[VersionDocument]


class OneVersionDocument(Answer):
    version: VersionDocument


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
    document: dict[str, Any] = {
        "id": id,
        "status": status,
        "updated": updated,
        "links": [{"rel": "self", "href": f"{endpoint}{manifest.path}{path}"}],
    }
    if manifest.microversions:
        document["version"] = manifest.microversions.maximum
        document[min_key] = manifest.microversions.minimum
    if media_type:
        document["media-types"] = [{"base": "application/json", "type": media_type}]
    return document

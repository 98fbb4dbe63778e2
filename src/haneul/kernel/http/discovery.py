"""Version documents: what an API says of the versions that it speaks, each API in its own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.http.answers import Answer, TypedLink
from haneul.kernel.manifest import Manifest


class MediaType(Answer):
    base: str
    type: str


class VersionDocument(Answer):
    """A version of an API. What an API does not tell of its versions, its documents do not have."""

    id: str
    status: str
    links: list[TypedLink]
    updated: str | UnsetType = UNSET
    version: str | UnsetType = UNSET
    max_version: str | UnsetType = UNSET
    min_version: str | UnsetType = UNSET
    media_types: list[MediaType] | UnsetType = field(name="media-types", default=UNSET)


class VersionDocuments(Answer):
    versions: list[VersionDocument]


class OneVersionDocument(Answer):
    version: VersionDocument


@dataclass(frozen=True)
class ApiVersion:
    """A version as its documents tell of it; what is empty they do not have."""

    manifest: Manifest
    id: str
    path: str | None
    """Where it answers, below the service's own path; None: upstream does not say."""
    status: str = "CURRENT"
    updated: str = ""
    microversions: tuple[str, str] | None = None
    """The oldest and the newest; None: those of the manifest, if there are any."""
    newest: str = "version"
    """What the newest microversion is called."""
    media_type: str = ""
    about: str = ""
    """Where it is described."""

    def document(self, ctx: Context) -> dict[str, Any]:
        """All there is to say of it."""
        document = self.entry(ctx)
        if self.about:
            document["links"].append({"rel": "describedby", "type": "text/html", "href": self.about})
        if self.media_type:
            document["media-types"] = [{"base": "application/json", "type": self.media_type}]
        return document

    def entry(self, ctx: Context) -> dict[str, Any]:
        """The same in few words: as a list has it where the version also has a document of its own."""
        address = "" if self.path is None else f"{ctx.endpoint}{self.manifest.path}{self.path}"
        entry = {"id": self.id, "status": self.status, "links": [{"rel": "self", "href": address}]}
        if self.updated:
            entry["updated"] = self.updated
        window = self.microversions
        if window is None and self.manifest.microversions is not None:
            window = self.manifest.microversions.minimum, self.manifest.microversions.maximum
        if window is not None:
            entry["min_version"], entry[self.newest] = window
        return entry

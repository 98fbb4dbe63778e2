"""What happens to images."""

from __future__ import annotations

from typing import ClassVar

from haneul.kernel.events import Event


class ImageCreated(Event, frozen=True):
    kind: ClassVar[str] = "image.created"
    id: str


class ImageUpdated(Event, frozen=True):
    kind: ClassVar[str] = "image.updated"
    id: str


class ImageActivated(Event, frozen=True):
    """The image has its data now."""

    kind: ClassVar[str] = "image.activated"
    id: str
    size: int


class ImageDeleted(Event, frozen=True):
    kind: ClassVar[str] = "image.deleted"
    id: str


class ImportFailed(Event, frozen=True):
    """The image did not get its data; what came of it is to be removed."""

    kind: ClassVar[str] = "image.import_failed"
    id: str

"""Imports: what may be asked of an image, and what is then carried out."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.services.image import errors
from haneul.services.image.model.images import Image, Stored

TASK = "os_glance_import_task"
IMPORTING = "os_glance_importing_to_stores"
FAILED = "os_glance_failed_import"
"""Properties of the image that show how its import goes."""

DIRECT = "glance-direct"
WEB = "web-download"
COPY = "copy-image"
REMOTE = "glance-download"
LOCATION = "location"
"""Not a method that users name: data that was found at an address, and stays there."""


COPIED_FROM_REMOTE = ("hw_", "trait:", "os_distro", "os_secure_boot", "os_type")
"""How the properties begin that an image takes over from the cloud that it is fetched from."""


class Import(msgspec.Struct, frozen=True):
    """One import, with all that was decided when it was accepted."""

    image_id: str
    task_id: str
    method: str
    blob: str
    """The data's name in the stores."""
    stores: list[str]
    all_must_succeed: bool
    disk_format: str | None
    container_format: str | None
    virtual_size: int | None = None
    staged: Stored | None = None
    uri: str | None = None
    region: str | None = None
    remote_image_id: str | None = None
    interface: str = "public"
    """Of the other cloud's endpoint."""
    injected: dict[str, str] = {}
    """Properties that the image gets at the end."""

    @property
    def is_copy(self) -> bool:
        """The image is active already, and only gets into more stores."""
        return self.method == COPY


class Wish(msgspec.Struct, frozen=True):
    """The body of an import request, checked as far as that can be done without the image."""

    method: str
    uri: str | None
    region: str | None
    remote_image_id: str | None
    interface: str
    stores: list[str] | None
    all_stores: bool
    all_must_succeed: bool


def wish(body: dict[str, Any], methods: tuple[str, ...]) -> Wish:
    """What the body asks for; BadImport if that makes no sense."""
    if "method" not in body:
        raise errors.BadImport(why="Import request requires a 'method' field.")
    method = body["method"]
    if not isinstance(method, dict) or not isinstance(method.get("name"), str):
        raise errors.BadImport(why="Import request requires a 'name' field.")
    if method["name"] not in methods:
        raise errors.BadImport(why=f"Unknown import method name '{method['name']}'.")
    for name in ("all_stores_must_succeed", "all_stores"):
        if not isinstance(body.get(name, True), bool):
            raise errors.BadImport(why=f"'{name}' must be boolean value only")
    stores = body.get("stores")
    if stores is not None and not (isinstance(stores, list) and all(isinstance(s, str) for s in stores)):
        raise errors.BadImport(why="'stores' must be a list of store identifiers")
    texts = {}
    for name in ("uri", "glance_region", "glance_image_id", "glance_service_interface"):
        value = method.get(name)
        if value is not None and not isinstance(value, str):
            raise errors.BadImport(why=f"'{name}' must be a string")
        texts[name] = value
    return Wish(
        method["name"],
        texts["uri"],
        texts["glance_region"],
        texts["glance_image_id"],
        texts["glance_service_interface"] or "public",
        stores,
        body.get("all_stores", False),
        body.get("all_stores_must_succeed", True),
    )


def require_possible(image: Image, method: str) -> None:
    """NotImportable unless the image is in the state that the method needs."""
    why = None
    if image.status == "active" and method != COPY:
        why = "Image with status active cannot be target for import"
    elif image.status != "active" and method == COPY:
        why = "Only images with status active can be targeted for copying"
    elif image.status != "queued" and method in (WEB, REMOTE):
        why = f"Image needs to be in 'queued' state to use '{method}' method"
    elif method == DIRECT and (image.status != "uploading" or image.staged is None):
        why = "Image needs to be staged before 'glance-direct' method can be used"
    elif not image.container_format:
        why = "'container_format' needs to be set before import"
    elif not image.disk_format:
        why = "'disk_format' needs to be set before import"
    if why:
        raise errors.NotImportable(why=why)

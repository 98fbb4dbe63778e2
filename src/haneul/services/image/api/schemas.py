"""/v2/schemas: what images and their members look like, as JSON schemas."""

from __future__ import annotations

from typing import Any

from haneul.kernel.http.routes import Routes
from haneul.services.image.api import answers
from haneul.services.image.model import images as model
from haneul.services.image.model import locations, tasks

routes = Routes("/v2/schemas")

_STATUSES = [
    "queued",
    "saving",
    "active",
    "killed",
    "deleted",
    "uploading",
    "importing",
    "pending_delete",
    "deactivated",
]


def _text(description: str, length: int | None = None, *, null: bool = False, **more: Any) -> dict[str, Any]:
    limit = {} if length is None else {"maxLength": length}
    return {"type": ["null", "string"] if null else "string", "description": description, **limit, **more}


def _choice(description: str, values: tuple[str, ...]) -> dict[str, Any]:
    return _text(description, null=True, enum=[None, *values])


_SET = {"readOnly": True}
_IMAGE: dict[str, Any] = {
    "id": _text(
        "The image's identifier",
        pattern="^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$",
    ),
    "name": _text("A name to know the image by", 255, null=True),
    "status": _text("What state the image is in", enum=_STATUSES, **_SET),
    "visibility": _text("Who can see and use the image", enum=list(model.VISIBILITIES)),
    "protected": {"type": "boolean", "description": "Whether the image is safe from being deleted"},
    "os_hidden": {"type": "boolean", "description": "Whether lists leave the image out by default"},
    "checksum": _text("MD5 of the data", 32, null=True, **_SET),
    "os_hash_algo": _text("How os_hash_value is computed", 64, null=True, **_SET),
    "os_hash_value": _text("Digest of the data, hexadecimal", 128, null=True, **_SET),
    "owner": _text("The project that owns the image", 255, null=True),
    "size": {"type": ["null", "integer"], "description": "Bytes of data", **_SET},
    "virtual_size": {"type": ["null", "integer"], "description": "Bytes of the disk inside", **_SET},
    "container_format": _choice("What the disk is wrapped in", model.CONTAINER_FORMATS),
    "disk_format": _choice("The format of the disk", model.DISK_FORMATS),
    "created_at": _text("When the image was registered", **_SET),
    "updated_at": _text("When the image last changed", **_SET),
    "tags": {
        "type": "array",
        "description": "Words that group images",
        "items": {"type": "string", "maxLength": 255},
    },
    "direct_url": _text("Where the store keeps the data", **_SET),
    "min_ram": {"type": "integer", "description": "Memory that a server needs to boot it, in MiB"},
    "min_disk": {"type": "integer", "description": "Disk that a server needs to boot it, in GiB"},
    "self": _text("Path of the image", **_SET),
    "file": _text("Path of the data", **_SET),
    "schema": _text("Path of this schema", **_SET),
    "stores": _text("The stores that hold the data", **_SET),
    "locations": {
        "type": "array",
        "description": "Where the data is",
        "items": {
            "type": "object",
            "properties": {
                "url": {"type": "string", "maxLength": locations.URL_MAX},
                "metadata": {"type": "object"},
                "validation_data": {
                    "description": "What the data is to be, while the image is queued",
                    "type": "object",
                    "writeOnly": True,
                    "additionalProperties": False,
                    "properties": {
                        "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
                        "os_hash_algo": {"type": "string", "maxLength": 64},
                        "os_hash_value": {"type": "string", "maxLength": 128},
                    },
                    "required": ["os_hash_algo", "os_hash_value"],
                },
            },
            "required": ["url", "metadata"],
        },
    },
}
_MEMBER: dict[str, Any] = {
    "created_at": _text("When the image was shared with the project"),
    "image_id": _text("The image", pattern=_IMAGE["id"]["pattern"]),
    "member_id": _text("The project that the image is shared with"),
    "status": _text("The project's answer", enum=list(model.MEMBER_STATUSES)),
    "updated_at": _text("When the answer last changed"),
    "schema": {"type": "string", "readOnly": True},
}
IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": _IMAGE,
    "additionalProperties": {"type": "string"},
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
MEMBER: dict[str, Any] = {"name": "member", "properties": _MEMBER}


def _collection(name: str, item: dict[str, Any], links: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": item},
            **{link: {"type": "string"} for link in ("first", "next") if link in links},
            "schema": {"type": "string"},
        },
        "links": [
            {"rel": "describedby" if link == "schema" else link, "href": f"{{{link}}}"} for link in links
        ],
    }


_PLAIN_TEXT = {"type": "string"}
_TASK_IN_LISTS: dict[str, Any] = {
    "id": _text("The task's identifier", pattern=_IMAGE["id"]["pattern"]),
    "type": _text("What kind of task it is", enum=list(tasks.TYPES)),
    "status": _text("How far it is", enum=list(tasks.STATUSES)),
    "owner": _text("The project that asked for it"),
    "image_id": _text("The image that it works on"),
    "request_id": _text("The request that asked for it"),
    "user_id": _text("Who asked for it"),
    "expires_at": _text("When it is forgotten", null=True),
    "created_at": _text("When it was asked for"),
    "updated_at": _text("When it last changed"),
    "self": {**_PLAIN_TEXT, **_SET},
    "schema": {**_PLAIN_TEXT, **_SET},
}
_TASK: dict[str, Any] = {
    **_TASK_IN_LISTS,
    "input": {"type": ["null", "object"], "description": "What it is to do"},
    "result": {"type": ["null", "object"], "description": "What came of it"},
    "message": _text("Why it failed, or how far it is"),
}
TASK: dict[str, Any] = {"name": "task", "properties": _TASK}


@routes.get("/image", transaction=False, answer=answers.JsonSchema)
async def image_schema() -> dict[str, Any]:
    """The schema of an image."""
    return IMAGE


@routes.get("/images", transaction=False, answer=answers.JsonSchema)
async def images_schema() -> dict[str, Any]:
    """The schema of a list of images."""
    return _collection("images", IMAGE, ["first", "next", "schema"])


@routes.get("/member", transaction=False, answer=answers.JsonSchema)
async def member_schema() -> dict[str, Any]:
    """The schema of a member."""
    return MEMBER


@routes.get("/members", transaction=False, answer=answers.JsonSchema)
async def members_schema() -> dict[str, Any]:
    """The schema of a list of members."""
    return _collection("members", MEMBER, ["schema"])


@routes.get("/task", transaction=False, answer=answers.JsonSchema)
async def task_schema() -> dict[str, Any]:
    """The schema of a task."""
    return TASK


@routes.get("/tasks", transaction=False, answer=answers.JsonSchema)
async def tasks_schema() -> dict[str, Any]:
    """The schema of a list of tasks."""
    return _collection("tasks", {"name": "task", "properties": _TASK_IN_LISTS}, ["schema"])

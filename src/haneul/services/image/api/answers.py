"""What the image service answers."""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, UnsetType


class Location(Answer):
    url: str
    metadata: dict[str, Any]


class Image(Answer, forbid_unknown_fields=False):
    """Custom properties stand beside these fields, each a text."""

    id: str
    name: str | None
    status: str
    visibility: str
    owner: str | None
    disk_format: str | None
    container_format: str | None
    size: int | None
    virtual_size: int | None
    checksum: str | None
    os_hash_algo: str | None
    os_hash_value: str | None
    min_disk: int
    min_ram: int
    protected: bool
    os_hidden: bool
    tags: list[str]
    created_at: str
    updated_at: str
    self_path: str = field(name="self")
    file: str
    schema: str
    stores: str | UnsetType = UNSET
    """Those that have its data."""
    locations: list[Location] | UnsetType = UNSET
    direct_url: str | UnsetType = UNSET


class Page(Answer):
    first: str
    next: str | UnsetType = UNSET
    schema: str


class Images(Page):
    images: list[Image]


Locations = list[Location]


class Member(Answer):
    member_id: str
    image_id: str
    status: str
    created_at: str
    updated_at: str
    schema: str


class Members(Answer):
    members: list[Member]
    schema: str


class CachedImage(Answer):
    image_id: str
    hits: int
    last_accessed: float
    last_modified: float
    size: int
    checksum: str | None


class Cache(Answer):
    cached_images: list[CachedImage]
    queued_images: list[str]


class Pruned(Answer):
    total_files_pruned: int
    total_bytes_pruned: int


Nodes = list[str]
"""The machines where an image is cached."""


class ImportMethods(Answer):
    description: str
    type: str
    value: list[str]


class ImportInfo(Answer):
    methods: ImportMethods = field(name="import-methods")


class Store(Answer):
    id: str
    description: str | UnsetType = UNSET
    default: str | UnsetType = UNSET
    read_only: str | UnsetType = field(name="read-only", default=UNSET)


class StoreInDetail(Store):
    type: str
    weight: int
    properties: dict[str, Any]


class Stores(Answer):
    stores: list[Store]


class StoresInDetail(Answer):
    stores: list[StoreInDetail]


class Use(Answer):
    limit: int
    usage: int


class Usage(Answer):
    """By the names of what is limited; empty where nothing is."""

    usage: dict[str, Use]


class ListedTask(Answer):
    id: str
    type: str
    status: str
    owner: str | None
    created_at: str
    updated_at: str
    self_path: str = field(name="self")
    schema: str
    expires_at: str | UnsetType = UNSET


class Task(ListedTask):
    input: dict[str, Any]
    result: dict[str, Any] | None
    message: str
    image_id: str | UnsetType = UNSET
    request_id: str | UnsetType = UNSET
    user_id: str | UnsetType = UNSET


class Tasks(Page):
    tasks: list[ListedTask]


class TaskOfImage(Answer):
    id: str
    type: str
    status: str
    owner: str | None
    expires_at: str | None
    created_at: str | None
    updated_at: str | None
    deleted_at: str | None
    deleted: bool
    image_id: str | None
    request_id: str | None
    user_id: str | None
    input: dict[str, Any]
    result: dict[str, Any] | None
    message: str


class TasksOfImage(Answer):
    tasks: list[TaskOfImage]


class JsonSchema(Answer, forbid_unknown_fields=False):
    """A JSON schema, in the draft that clients of this API read."""

    name: str
    properties: dict[str, Any]

"""What the image service answers of metadata definitions; what is not said of a thing is left out."""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, UnsetType

Property = dict[str, Any]
"""A JSON schema of one property, as `/v2/schemas/metadefs/property` says."""


class Timed(Answer):
    name: str
    created_at: str
    updated_at: str


class Tag(Timed):
    pass


class TagName(Answer):
    name: str


class Tags(Answer):
    tags: list[TagName]


class Object(Timed):
    description: str | UnsetType = UNSET
    required: list[str] | UnsetType = UNSET
    properties: dict[str, Property] | UnsetType = UNSET
    self_path: str = field(name="self")
    schema: str


class Objects(Answer):
    objects: list[Object]
    schema: str


class Properties(Answer):
    properties: dict[str, Property]


class Association(Timed):
    prefix: str | UnsetType = UNSET
    properties_target: str | UnsetType = UNSET


class Associations(Answer):
    resource_type_associations: list[Association]


class ResourceType(Timed):
    pass


class ResourceTypes(Answer):
    resource_types: list[ResourceType]


class Namespace(Answer):
    namespace: str
    visibility: str
    protected: bool
    owner: str
    created_at: str
    updated_at: str
    self_path: str = field(name="self")
    schema: str
    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    resource_type_associations: list[Association] | UnsetType = UNSET


class WholeNamespace(Namespace):
    """With all that it holds."""

    properties: dict[str, Property] | UnsetType = UNSET
    objects: list[Object] | UnsetType = UNSET
    tags: list[TagName] | UnsetType = UNSET


class Namespaces(Answer):
    namespaces: list[Namespace]
    first: str
    next: str | UnsetType = UNSET
    schema: str

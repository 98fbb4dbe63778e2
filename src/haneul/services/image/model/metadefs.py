"""Metadata definitions: what keys mean on images, flavors and the like, so that people need not guess.

A namespace groups properties, objects (groups of properties) and tags, and says with which types of
resources they go. The definitions are descriptions only: nothing else of the cloud reads them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from haneul.services.image import errors

Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"\A[^\x00]*\Z")]
Text = Annotated[str, Meta(pattern=r"\A[^\x00]*\Z")]
Long = Annotated[str, Meta(max_length=500, pattern=r"\A[^\x00]*\Z")]
Count = Annotated[int, Meta(ge=0)]
Type = Literal["array", "boolean", "integer", "number", "object", "string"]

T = TypeVar("T", bound=Struct)

READ_ONLY = ("created_at", "updated_at", "self", "schema")


class Items(Struct, omit_defaults=True):
    """What the elements of an array may be."""

    type: Type | UnsetType = UNSET
    enum: list[Any] | UnsetType = UNSET


class Property(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A key: what it is called, and what values it takes."""

    title: Text
    type: Type
    name: Name | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    operators: list[str] | UnsetType = UNSET
    required: list[str] | UnsetType = UNSET
    minimum: int | float | UnsetType = UNSET
    maximum: int | float | UnsetType = UNSET
    maxLength: Count | UnsetType = UNSET
    minLength: Count | UnsetType = UNSET
    pattern: Text | UnsetType = UNSET
    enum: list[Any] | UnsetType = UNSET
    readonly: bool | UnsetType = UNSET
    default: Any = UNSET
    items: Items | UnsetType = UNSET
    maxItems: Count | UnsetType = UNSET
    minItems: Count | UnsetType = UNSET
    uniqueItems: bool | UnsetType = UNSET
    additionalItems: bool | UnsetType = UNSET


class Object(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Properties that belong together."""

    name: Name
    description: Text | UnsetType = UNSET
    required: list[str] | UnsetType = UNSET
    properties: dict[Name, Property] | UnsetType = UNSET


class Tag(Struct, forbid_unknown_fields=True):
    name: Name


class Tags(Struct, forbid_unknown_fields=True):
    tags: list[Tag] = []


class NewAssociation(Struct, forbid_unknown_fields=True):
    """With which type of resource a namespace goes, and what its keys begin with there."""

    name: Name
    prefix: Annotated[Text, Meta(max_length=80)] | None = None
    properties_target: Annotated[Text, Meta(max_length=80)] | None = None


class NewNamespace(Struct, forbid_unknown_fields=True):
    namespace: Name
    display_name: Annotated[Text, Meta(max_length=80)] | None = None
    description: Long | None = None
    visibility: Literal["public", "private"] = "private"
    protected: bool = False
    owner: Annotated[Text, Meta(max_length=255)] | None = None
    resource_type_associations: list[dict[str, Any]] = []
    properties: dict[Name, Property] = {}
    objects: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = []


class Namespace(Struct, frozen=True, gc=False):
    id: str
    name: str
    display_name: str | None
    description: str | None
    visibility: str
    protected: bool
    owner: str
    created_at: datetime
    updated_at: datetime
    generation: int = 0


class Item(Struct, frozen=True, gc=False):
    """An object, a property or a tag of a namespace. `body` is what was said of it, without its name."""

    id: str
    namespace_id: str
    kind: str
    name: str
    key: str
    """What must be unique of the name: tags do not tell large letters from small ones."""
    body: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    generation: int = 0


class Association(Struct, frozen=True, gc=False):
    namespace_id: str
    name: str
    prefix: str | None
    properties_target: str | None
    created_at: datetime
    updated_at: datetime


class ResourceType(Struct, frozen=True, gc=False):
    name: str
    created_at: datetime
    updated_at: datetime


def read(shape: type[T], document: Any, what: str) -> T:
    """The document as that shape; InvalidImage or ReadOnlyAttribute if it cannot be."""
    if isinstance(document, dict):
        for name in READ_ONLY:
            if name in document:
                raise errors.ReadOnlyAttribute(name=name)
    try:
        item = msgspec.convert(document, shape)
    except msgspec.ValidationError as problem:
        raise errors.InvalidImage(why=f"Provided object does not match schema '{what}': {problem}") from None
    for each in _with_required(item):
        if each.required is not UNSET and len(set(each.required)) != len(each.required):
            raise errors.InvalidImage(
                why=f"Provided object does not match schema '{what}': required has non-unique elements"
            )
    return item


def read_property(document: Any) -> tuple[str, Property]:
    """A property that says its own name, and that name."""
    property = read(Property, document, "property")
    if property.name is UNSET:
        raise errors.InvalidImage(
            why="Provided object does not match schema 'property': 'name' is a required property"
        )
    return property.name, property


def _with_required(schema: Any) -> list[Object | Property]:
    """Every part of a document that has a list of what is required."""
    parts: list[Object | Property] = [schema] if isinstance(schema, (Object, Property)) else []
    properties = getattr(schema, "properties", None)
    return [*parts, *properties.values()] if isinstance(properties, dict) else parts


def known_parts(shape: type[Struct], document: dict[str, Any]) -> dict[str, Any]:
    """What of a nested document means something: what was read from the API can be sent to it again."""
    return {name: value for name, value in document.items() if name in shape.__struct_fields__}


def key(kind: str, name: str) -> str:
    # Of all these names only those of tags are the same in any letters.
    return name.lower() if kind == "tag" else name


def body(item: Struct) -> dict[str, Any]:
    """What was said, without the name, as it is stored."""
    document: dict[str, Any] = msgspec.to_builtins(item)
    if not isinstance(item, Property):
        document.pop("name", None)
    return document


def prefixed(body: dict[str, Any], prefix: str | None) -> dict[str, Any]:
    """An object's body with the names that its properties have on resources of a type."""
    if not prefix:
        return body
    changed = dict(body)
    if "required" in body:
        changed["required"] = [prefix + name for name in body["required"]]
    if "properties" in body:
        changed["properties"] = {prefix + name: value for name, value in body["properties"].items()}
    return changed

"""/v2/schemas/metadefs: what metadata definitions look like, as JSON schemas."""

from __future__ import annotations

from typing import Any

from haneul.kernel.http.routes import Routes
from haneul.services.image.api import answers

routes = Routes("/v2/schemas/metadefs")

_TYPES = ["array", "boolean", "integer", "number", "object", "string", None]
_STRING: dict[str, Any] = {"type": "string"}
_FIXED = {"readOnly": True, "type": "string"}


def _name(length: int = 80, description: str | None = None) -> dict[str, Any]:
    return {**_STRING, "maxLength": length, **({"description": description} if description else {})}


def _when(what: str) -> dict[str, Any]:
    return {**_STRING, "readOnly": True, "format": "date-time", "description": what}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


_COUNT = _ref("positiveInteger")
_COUNT_0 = _ref("positiveIntegerDefault0")
_DESCRIBED: dict[str, Any] = {
    "name": _name(),
    "title": _STRING,
    "description": _STRING,
    "operators": {"type": "array", "items": _STRING},
    "type": {**_STRING, "enum": _TYPES},
    "required": _ref("stringArray"),
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "maxLength": _COUNT,
    "minLength": _COUNT_0,
    "pattern": {**_STRING, "format": "regex"},
    "enum": {"type": "array"},
    "readonly": {"type": "boolean"},
    "default": {},
    "items": {
        "type": "object",
        "properties": {"type": {**_STRING, "enum": _TYPES}, "enum": {"type": "array"}},
    },
    "maxItems": _COUNT,
    "minItems": _COUNT_0,
    "uniqueItems": {"type": "boolean", "default": False},
    "additionalItems": {"type": "boolean"},
}
_NUMBERS = {
    "positiveInteger": {"type": "integer", "minimum": 0},
    "positiveIntegerDefault0": {"allOf": [_ref("positiveInteger"), {"default": 0}]},
}
_STRINGS = {"type": "array", "items": _STRING, "uniqueItems": True}
_DEFINITIONS: dict[str, Any] = {
    **_NUMBERS,
    "stringArray": _STRINGS,
    "property": {
        "type": "object",
        "additionalProperties": {"type": "object", "required": ["title", "type"], "properties": _DESCRIBED},
    },
}
_PROPERTY_DEFINITIONS = {**_NUMBERS, "stringArray": {**_STRINGS, "minItems": 1}}

_NAMESPACE: dict[str, Any] = {
    "namespace": _name(80, "What the namespace is called; unique"),
    "display_name": _name(80, "What people are shown as its name"),
    "description": _name(500, "What the namespace is about"),
    "visibility": {**_STRING, "description": "Who can see it", "enum": ["public", "private"]},
    "protected": {"type": "boolean", "description": "Whether it is safe from being deleted"},
    "owner": _name(255, "The project that owns it"),
    "created_at": _when("When the namespace was made"),
    "updated_at": _when("When the namespace last changed"),
    "schema": _FIXED,
    "self": _FIXED,
    "resource_type_associations": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"name": _STRING, "prefix": _STRING, "properties_target": _STRING},
        },
    },
    "properties": _ref("property"),
    "objects": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "name": _STRING,
                "description": _STRING,
                "required": _ref("stringArray"),
                "properties": _ref("property"),
            },
        },
    },
    "tags": {"type": "array", "items": {"type": "object", "properties": {"name": _STRING}}},
}
_OBJECT: dict[str, Any] = {
    "name": _name(),
    "description": _STRING,
    "required": _ref("stringArray"),
    "properties": _ref("property"),
    "schema": _FIXED,
    "self": _FIXED,
    "created_at": _when("When the object was made"),
    "updated_at": _when("When the object last changed"),
}
_TAG: dict[str, Any] = {
    "name": _name(),
    "created_at": _when("When the tag was made"),
    "updated_at": _when("When the tag last changed"),
}
_ASSOCIATION: dict[str, Any] = {
    "name": _name(80, "The type of resource, as orchestration templates call it"),
    "prefix": _name(80, "What the keys begin with on resources of this type, its separator included"),
    "properties_target": _name(80, "Which of several sets of keys of such a resource is meant"),
    "created_at": _when("When the namespace was associated with the type"),
    "updated_at": _when("When the association last changed"),
}


def _schema(name: str, properties: dict[str, Any], required: list[str], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "properties": properties,
        "additionalProperties": False,
        "required": required,
        **more,
    }


def _list_of(name: str, items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "properties": {name: items, "first": _STRING, "next": _STRING, "schema": _STRING},
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
        **more,
    }


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": {k: v for k, v in items.items() if k != "definitions"}}


_ONE: dict[str, dict[str, Any]] = {
    "namespace": _schema("namespace", _NAMESPACE, ["namespace"], definitions=_DEFINITIONS),
    "object": _schema("object", _OBJECT, ["name"], definitions=_DEFINITIONS),
    "property": _schema("property", _DESCRIBED, ["type", "title", "name"], definitions=_PROPERTY_DEFINITIONS),
    "tag": _schema("tag", _TAG, ["name"]),
    "resource_type": _schema("resource_type_association", _ASSOCIATION, ["name"]),
}
_EACH_PROPERTY = {
    "name": "property",
    "properties": _DESCRIBED,
    "additionalProperties": False,
    "required": ["type", "title"],
}


@routes.get("/namespace", transaction=False, answer=answers.JsonSchema)
async def namespace_schema() -> dict[str, Any]:
    """The schema of a namespace."""
    return _ONE["namespace"]


@routes.get("/namespaces", transaction=False, answer=answers.JsonSchema)
async def namespaces_schema() -> dict[str, Any]:
    """The schema of a list of namespaces."""
    return _list_of("namespaces", _array(_ONE["namespace"]), definitions=_DEFINITIONS)


@routes.get("/object", transaction=False, answer=answers.JsonSchema)
async def object_schema() -> dict[str, Any]:
    """The schema of an object."""
    return _ONE["object"]


@routes.get("/objects", transaction=False, answer=answers.JsonSchema)
async def objects_schema() -> dict[str, Any]:
    """The schema of a list of objects."""
    return _list_of("objects", _array(_ONE["object"]), definitions=_DEFINITIONS)


@routes.get("/property", transaction=False, answer=answers.JsonSchema)
async def property_schema() -> dict[str, Any]:
    """The schema of a property."""
    return _ONE["property"]


@routes.get("/properties", transaction=False, answer=answers.JsonSchema)
async def properties_schema() -> dict[str, Any]:
    """The schema of the properties of a namespace, by name."""
    by_name = {"type": "object", "additionalProperties": _EACH_PROPERTY}
    return _list_of("properties", by_name, definitions=_PROPERTY_DEFINITIONS)


@routes.get("/tag", transaction=False, answer=answers.JsonSchema)
async def tag_schema() -> dict[str, Any]:
    """The schema of a tag."""
    return _ONE["tag"]


@routes.get("/tags", transaction=False, answer=answers.JsonSchema)
async def tags_schema() -> dict[str, Any]:
    """The schema of a list of tags."""
    return _list_of("tags", _array(_ONE["tag"]))


@routes.get("/resource_type", transaction=False, answer=answers.JsonSchema)
async def resource_type_schema() -> dict[str, Any]:
    """The schema of an association with a type of resource."""
    return _ONE["resource_type"]


@routes.get("/resource_types", transaction=False, answer=answers.JsonSchema)
async def resource_types_schema() -> dict[str, Any]:
    """The schema of a list of associations."""
    return _list_of("resource_type_associations", _array(_ONE["resource_type"]))

"""/OS-FEDERATION/mappings"""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema
from haneul.services.identity import errors, policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.identity_providers import require_short
from haneul.services.identity.api.lists import links, listing
from haneul.services.identity.errors import InvalidRules
from haneul.services.identity.model.mappings import AttributeMapping
from haneul.services.identity.model.rules import rules_of
from haneul.services.identity.operations import access, mappings
from haneul.services.identity.operations.collections import MAPPINGS

routes = Routes("/v3")
DEFAULT_VERSION = "1.0"


class MappingBody(Schema):
    mapping: Document = field(default_factory=dict)


def view(ctx: Context, mapping: AttributeMapping) -> dict[str, Any]:
    return {
        "id": mapping.id,
        "rules": mapping.rules,
        "schema_version": mapping.schema_version,
        "links": links(ctx, f"OS-FEDERATION/mappings/{mapping.id}"),
    }


def _read(id: str, rules: dict[str, Any]) -> AttributeMapping:
    """The mapping in a body; what else is there is ignored."""
    if "rules" not in rules:
        raise InvalidRules(why="'rules' is a required property")
    version = rules.get("schema_version") or DEFAULT_VERSION
    if not isinstance(version, str):
        raise InvalidRules(why=f"{version!r} is not of type 'string'")
    rules_of(rules["rules"], version)
    return AttributeMapping(id, rules["rules"], version)


@routes.get(
    "/OS-FEDERATION/mappings",
    policy=policy.LIST_MAPPINGS,
    answer=catalog_answers.Mappings,
    errors=(NotFound,),
)
async def list_mappings(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List mappings."""
    return await listing(ctx, request, query, MAPPINGS, "mappings", view, texts=())


@routes.put(
    "/OS-FEDERATION/mappings/{mapping_id}",
    status=201,
    policy=policy.CREATE_MAPPING,
    answer=catalog_answers.OneMapping,
    errors=(errors.DuplicateThing, errors.InvalidRules, errors.ThingNotFound, errors.Invalid),
)
async def create_mapping(ctx: Context, mapping_id: str, body: MappingBody) -> dict[str, Any]:
    """Create a mapping."""
    require_short(mapping_id)
    new = _read(mapping_id, body.mapping)
    return {"mapping": view(ctx, await mappings.create(ctx, new))}


@routes.get(
    "/OS-FEDERATION/mappings/{mapping_id}",
    policy=policy.GET_MAPPING,
    answer=catalog_answers.OneMapping,
    errors=(errors.ThingNotFound,),
)
async def show_mapping(ctx: Context, mapping_id: str) -> dict[str, Any]:
    """Show a mapping."""
    return {"mapping": view(ctx, await access.find(ctx, policy.GET_MAPPING, MAPPINGS, mapping_id))}


@routes.patch(
    "/OS-FEDERATION/mappings/{mapping_id}",
    policy=policy.UPDATE_MAPPING,
    answer=catalog_answers.OneMapping,
    errors=(errors.InvalidRules, errors.ThingNotFound),
)
async def update_mapping(ctx: Context, mapping_id: str, body: MappingBody) -> dict[str, Any]:
    """Replace the rules of a mapping."""
    await access.find(ctx, policy.UPDATE_MAPPING, MAPPINGS, mapping_id)
    changed = _read(mapping_id, body.mapping)
    return {"mapping": view(ctx, await mappings.replace(ctx, changed))}


@routes.delete(
    "/OS-FEDERATION/mappings/{mapping_id}", policy=policy.DELETE_MAPPING, errors=(errors.ThingNotFound,)
)
async def delete_mapping(ctx: Context, mapping_id: str) -> None:
    """Delete a mapping; protocols that use it let nobody in."""
    await mappings.delete(ctx, await access.find(ctx, policy.DELETE_MAPPING, MAPPINGS, mapping_id))

"""/group_types and their specs"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import MANY, Text
from haneul.kernel.http.metadata import Pairs
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import fields, lists
from haneul.services.block_storage.api import group_answers as answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.groups import GroupType
from haneul.services.block_storage.operations import group_types

routes = ProjectRoutes()

SINCE = "3.11"
SORTABLE = {"id": "id", "name": "name", "created_at": "created_at", "updated_at": "updated_at"}


class NewGroupType(Strict):
    name: Text
    description: Text | None = None
    is_public: bool | Text | UnsetType = UNSET
    group_specs: Annotated[dict[Text, Text | None], MANY] | UnsetType | None = UNSET


class CreateGroupType(Strict):
    group_type: NewGroupType


class GroupTypeChanges(Strict):
    name: Text | None = None
    description: Text | None = None
    is_public: bool | Text | UnsetType = UNSET


class UpdateGroupType(Strict):
    group_type: GroupTypeChanges


class GroupSpecs(Strict):
    group_specs: Annotated[dict[Text, Text | None], MANY]


@routes.get(
    "/group_types",
    since=SINCE,
    answer=answers.GroupTypes,
    errors=(errors.GroupTypeNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_group_types(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the types of groups. Administrators ask for private ones with `is_public`."""
    page = lists.paging(query, SORTABLE)
    text = query.get("is_public")
    is_public = None if text is not None and text.lower() == "none" else query.truth("is_public")
    kinds = await group_types.list_all(
        ctx,
        is_public=True if text is None else is_public,
        sort=page.sort,
        marker=page.marker,
        limit=page.limit + page.offset,
    )
    views = [_view(ctx, kind) for kind in kinds[page.offset :]]
    return lists.collection(ctx, "group_types", "/group_types", views, query, page, links="group_type_links")


@routes.get("/group_types/{id}", since=SINCE, answer=answers.OneGroupType, errors=(errors.GroupTypeNotFound,))
async def show_group_type(ctx: Context, id: str) -> dict[str, Any]:
    """One type of groups. There is none by default."""
    if id == "default":
        raise errors.GroupTypeNotFound("Default group type can not be found.")
    return {"group_type": _view(ctx, await group_types.show(ctx, id))}


@routes.post(
    "/group_types",
    status=202,
    policy=policy.CREATE_GROUP_TYPE,
    since=SINCE,
    answer=answers.OneGroupType,
    errors=(errors.GroupTypeExists, errors.InvalidInput, errors.InvalidField),
)
async def create_group_type(ctx: Context, body: CreateGroupType) -> dict[str, Any]:
    """A new type of groups."""
    new = body.group_type
    made = await group_types.create(
        ctx,
        name=_name(new.name),
        description=fields.name(new.description, "description"),
        is_public=True if new.is_public is UNSET else fields.truth(new.is_public, "is_public"),
        specs=_specs(new.group_specs or {}),
    )
    return {"group_type": _view(ctx, made)}


def _name(text: str) -> str:
    name = fields.name(text)
    if not name:
        raise fields.refused("name", text, f"'{text}' is too short")
    return name


def _specs(specs: dict[str, Any]) -> dict[str, str]:
    return fields.pairs({key: value for key, value in specs.items() if value is not None}, "group_specs")


@routes.put(
    "/group_types/{id}",
    policy=policy.UPDATE_GROUP_TYPE,
    since=SINCE,
    answer=answers.OneGroupType,
    errors=(errors.GroupTypeNotFound, errors.GroupTypeExists, errors.InvalidInput, errors.InvalidField),
)
async def update_group_type(ctx: Context, id: str, body: UpdateGroupType) -> dict[str, Any]:
    """The type has this name, description and publicity."""
    wish = body.group_type
    changes: dict[str, Any] = {}
    if wish.name is not None:
        if not (name := fields.name(wish.name)):
            raise BadRequest("Group type name can not be empty.")
        changes["name"] = name
    if wish.description is not None:
        changes["description"] = fields.name(wish.description, "description")
    if wish.is_public is not UNSET:
        changes["is_public"] = fields.truth(wish.is_public, "is_public")
    if not changes:
        raise BadRequest("Specify group type name, description or a combination thereof.")
    return {"group_type": _view(ctx, await group_types.update(ctx, id, **changes))}


@routes.delete(
    "/group_types/{id}",
    status=202,
    policy=policy.DELETE_GROUP_TYPE,
    since=SINCE,
    errors=(errors.GroupTypeNotFound, errors.GroupTypeInUse),
)
async def delete_group_type(ctx: Context, id: str) -> None:
    """The type is gone; refused while a group has it."""
    await group_types.delete(ctx, id)


async def _save(ctx: Context, rule: Rule, kind: GroupType, specs: dict[str, str]) -> dict[str, str]:
    await group_types.set_specs(ctx, kind, specs)
    return specs


SPECS = Pairs(
    lambda ctx, rule, id: group_types.show(ctx, id),
    _save,
    missing=lambda kind, key: errors.GroupSpecNotFound(type_id=kind.id, key=key),
    body=GroupSpecs,
    one_body=Annotated[dict[Text, Text], MANY],
    answer=answers.GroupSpecs,
    one_answer=answers.OneGroupSpec,
    errors=(errors.GroupTypeNotFound,),
    no_key=errors.GroupSpecNotFound,
    unread=(errors.InvalidInput, errors.InvalidField),
    name="group_specs",
    field="specs",
    one="",
    checked=lambda ctx, specs, name: _specs(specs),
    shows_added=True,
    added=202,
    removed=202,
    since=SINCE,
)
"""What a type says of its groups."""
SPECS.serve(
    routes,
    "/group_types/{id}/group_specs",
    {
        "list": policy.LIST_GROUP_SPECS,
        "add": policy.CREATE_GROUP_SPECS,
        "show": policy.SHOW_GROUP_SPEC,
        "set": policy.UPDATE_GROUP_SPEC,
        "remove": policy.DELETE_GROUP_SPEC,
    },
)


def _view(ctx: Context, kind: GroupType) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": kind.id,
        "name": kind.name,
        "description": kind.description,
        "is_public": kind.is_public,
    }
    if ctx.may(policy.SEE_GROUP_SPECS, {}):
        view["group_specs"] = kind.specs
    return view

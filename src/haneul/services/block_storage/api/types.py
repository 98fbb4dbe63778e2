"""/types"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType, field

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import MANY, Document, Text
from haneul.kernel.http.metadata import Pairs
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.kernel.policy import Rule
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import fields, lists, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.types import VolumeType
from haneul.services.block_storage.operations import types

routes = ProjectRoutes()

SORTABLE = {"id": "id", "name": "name", "created_at": "created_at", "updated_at": "updated_at"}


MEMBERS_FILTERS = {"is_public": lists.ANYTHING, "extra_specs": "extra_specs"}
ADMINS_FILTERS = {"name": "name", "qos_specs_id": "qos_specs_id"}


class NewType(Strict):
    name: Text
    description: Text | None = None
    extra_specs: Annotated[dict[Text, Text | None], MANY] | UnsetType = UNSET
    is_public: bool | Text | UnsetType = field(name="os-volume-type-access:is_public", default=UNSET)


class CreateType(Strict):
    volume_type: NewType


class TypeChanges(Strict):
    name: Text | None = None
    description: Text | None = None
    is_public: bool | Text | UnsetType = UNSET


class UpdateType(Strict):
    volume_type: TypeChanges


class ExtraSpecs(Strict):
    extra_specs: Annotated[dict[Text, Text], MANY]


@routes.get(
    "/types",
    policy=policy.LIST_TYPES,
    answer=other_answers.VolumeTypes,
    errors=(errors.TypeNotFound, errors.InvalidInput, errors.InvalidField),
)
async def list_types(ctx: Context, query: Query) -> dict[str, Any]:
    """List the types that one may use. Administrators filter by `is_public`."""
    page = lists.paging(query, SORTABLE)
    is_public: bool | None = True
    if (text := query.get("is_public")) is not None and ctx.may(policy.CONTEXT_IS_ADMIN, {}):
        is_public = None if text.lower() == "none" else query.truth("is_public")
    wanted = lists.filters(ctx, query, MEMBERS_FILTERS, ADMINS_FILTERS, versions.FILTERS_ARE_CHECKED, old=())
    kinds = await types.list_all(
        ctx,
        is_public=is_public,
        filters=wanted,
        sort=page.sort,
        marker=page.marker,
        limit=page.limit + page.offset,
    )
    views = [_view(ctx, t) for t in kinds[page.offset :]]
    return lists.collection(ctx, "volume_types", "/types", views, query, page)


@routes.get(
    "/types/{id}", policy=policy.GET_TYPE, answer=other_answers.OneVolumeType, errors=(errors.TypeNotFound,)
)
async def show_type(ctx: Context, id: str) -> dict[str, Any]:
    """Show a type; `default` stands for the one of volumes that name none."""
    return {"volume_type": _view(ctx, await (types.default(ctx) if id == "default" else types.show(ctx, id)))}


@routes.post(
    "/types",
    policy=policy.CREATE_TYPE,
    answer=other_answers.OneVolumeType,
    errors=(errors.TypeExists, errors.InvalidInput, errors.InvalidField),
)
async def create_type(ctx: Context, body: CreateType) -> dict[str, Any]:
    """A new volume type, for everybody or for the projects that get access."""
    new = body.volume_type
    made = await types.create(
        ctx,
        name=_name(new.name),
        description=fields.name(new.description, "description"),
        is_public=True if new.is_public is UNSET else fields.truth(new.is_public, "is_public"),
        extra_specs={k: v for k, v in (new.extra_specs or {}).items() if v is not None},
    )
    return {"volume_type": _without(_view(ctx, made), "qos_specs_id")}


def _without(view: dict[str, Any], *names: str) -> dict[str, Any]:
    """Upstream answers a new or changed type with fewer fields than one that is shown."""
    return {key: value for key, value in view.items() if key not in names}


def _name(text: str) -> str:
    name = fields.name(text)
    if not name:
        raise fields.refused("name", text, f"'{text}' is too short")
    return name


@routes.put(
    "/types/{id}",
    policy=policy.UPDATE_TYPE,
    answer=other_answers.OneVolumeType,
    errors=(errors.TypeNotFound, errors.TypeExists, errors.InvalidInput, errors.InvalidField),
)
async def update_type(ctx: Context, id: str, body: UpdateType) -> dict[str, Any]:
    """The type has this name, description and publicity."""
    wish = body.volume_type
    changes: dict[str, Any] = {}
    if wish.name is not None:
        changes["name"] = _name(wish.name)
    if wish.description is not None:
        changes["description"] = fields.name(wish.description, "description")
    if wish.is_public is not UNSET:
        changes["is_public"] = fields.truth(wish.is_public, "is_public")
    if not changes:
        raise BadRequest("Specify volume type name, description, is_public or a combination thereof.")
    changed = _view(ctx, await types.update(ctx, id, **changes))
    return {"volume_type": _without(changed, "qos_specs_id", "os-volume-type-access:is_public")}


@routes.delete(
    "/types/{id}",
    status=202,
    policy=policy.DELETE_TYPE,
    errors=(errors.TypeNotFound, errors.TypeInUse, errors.InvalidType),
)
async def delete_type(ctx: Context, id: str) -> None:
    """The type is gone; refused while a volume has it."""
    await types.delete(ctx, id)


# -- extra specs


async def _save_specs(ctx: Context, rule: Rule, type: VolumeType, specs: dict[str, str]) -> dict[str, str]:
    await types.set_specs(ctx, type, specs)
    return specs


async def _load_specs(ctx: Context, rule: Rule, id: str) -> VolumeType:
    """The type; to be read, with those specs alone that the asker may see, and to be changed with all."""
    kind = await types.show(ctx, id)
    if rule not in (policy.LIST_EXTRA_SPECS, policy.SHOW_EXTRA_SPEC):
        return kind
    return msgspec.structs.replace(kind, extra_specs=types.visible_specs(ctx, kind))


SPECS = Pairs(
    _load_specs,
    _save_specs,
    missing=lambda type, key: errors.ExtraSpecNotFound(type_id=type.id, key=key),
    body=ExtraSpecs,
    one_body=Annotated[dict[Text, Text], MANY],
    answer=other_answers.ExtraSpecs,
    one_answer=other_answers.OneExtraSpec,
    errors=(errors.TypeNotFound,),
    no_key=errors.ExtraSpecNotFound,
    unread=(errors.InvalidInput, errors.InvalidField),
    unsaved=(errors.TypeExists, errors.TypeSpecsInUse),
    name="extra_specs",
    one="",
    checked=lambda ctx, specs, name: fields.pairs(specs),
    shows_added=True,
    removed=202,
)
"""What a type asks of where its volumes are kept."""
SPECS.serve(
    routes,
    "/types/{id}/extra_specs",
    {
        "list": policy.LIST_EXTRA_SPECS,
        "add": policy.CREATE_EXTRA_SPECS,
        "show": policy.SHOW_EXTRA_SPEC,
        "set": policy.UPDATE_EXTRA_SPEC,
        "remove": policy.DELETE_EXTRA_SPEC,
    },
)


# -- access


@routes.get(
    "/types/{id}/os-volume-type-access",
    policy=policy.LIST_TYPE_ACCESS,
    answer=other_answers.TypeAccessList,
    errors=(errors.TypeNotFound,),
)
async def list_access(ctx: Context, id: str) -> dict[str, Any]:
    """The projects that may use the private type."""
    access = [{"volume_type_id": id, "project_id": p} for p in await types.projects(ctx, id)]
    return {"volume_type_access": access}


class Project(Strict):
    project: Annotated[Text, msgspec.Meta(min_length=1)]


@routes.post(
    "/types/{id}/action",
    status=202,
    errors=(
        errors.TypeNotFound,
        errors.InvalidType,
        errors.AccessExists,
        errors.AccessNotFound,
        errors.InvalidInput,
        errors.InvalidField,
    ),
)
async def act(ctx: Context, id: str, body: Document) -> None:
    """Let a project use the type, or no longer."""
    await ACTIONS.carry_out(ctx, id, body)


async def _id(ctx: Context, rule: Rule, id: str) -> str:
    """As upstream, who may not change access is refused before anybody looks whether there is such a type."""
    ctx.authorize(rule, {})
    return id


ACTIONS = fields.actions(_id)


@ACTIONS.action("addProjectAccess", policy.ADD_TYPE_ACCESS, Project)
async def allow(ctx: Context, id: str, wish: Project) -> None:
    await types.allow(ctx, id, wish.project)


@ACTIONS.action("removeProjectAccess", policy.REMOVE_TYPE_ACCESS, Project)
async def disallow(ctx: Context, id: str, wish: Project) -> None:
    await types.disallow(ctx, id, wish.project)


def _view(ctx: Context, t: VolumeType) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": t.id,
        "name": t.name,
        "description": t.description,
        "is_public": t.is_public,
        "os-volume-type-access:is_public": t.is_public,
        "extra_specs": types.visible_specs(ctx, t),
    }
    if ctx.may(policy.SEE_QOS_SPECS_ID, {}):
        view["qos_specs_id"] = t.qos_specs_id
    return view

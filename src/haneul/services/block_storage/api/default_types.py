"""/default-types: projects' own default types, since 3.62"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import Text
from haneul.kernel.http.schema import Strict
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.qos import DefaultType
from haneul.services.block_storage.operations import default_types

routes = ProjectRoutes()
SINCE = "3.62"


class NewDefaultType(Strict):
    volume_type: Annotated[Text, msgspec.Meta(min_length=1)]


class SetDefaultType(Strict):
    default_type: NewDefaultType


@routes.get(
    "/default-types", policy=policy.LIST_DEFAULT_TYPES, since=SINCE, answer=other_answers.DefaultTypes
)
async def list_default_types(ctx: Context) -> dict[str, Any]:
    """The default types of all projects that have one of their own."""
    return {"default_types": [_view(default) for default in await default_types.list_all(ctx)]}


@routes.get(
    "/default-types/{id}",
    policy=policy.GET_DEFAULT_TYPE,
    since=SINCE,
    answer=other_answers.OneDefaultType,
    errors=(errors.DefaultTypeNotFound,),
)
async def show_default_type(ctx: Context, id: str) -> dict[str, Any]:
    """A project's own default type."""
    return {"default_type": _view(await default_types.show(ctx, id))}


@routes.put(
    "/default-types/{id}",
    policy=policy.SET_DEFAULT_TYPE,
    since=SINCE,
    answer=other_answers.OneDefaultType,
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def set_default_type(ctx: Context, id: str, body: SetDefaultType) -> dict[str, Any]:
    """The project's volumes that name no type have this one from now on."""
    return {"default_type": _view(await default_types.assign(ctx, id, body.default_type.volume_type))}


@routes.delete("/default-types/{id}", status=204, policy=policy.UNSET_DEFAULT_TYPE, since=SINCE)
async def unset_default_type(ctx: Context, id: str) -> None:
    """The project has the cloud's default type again."""
    await default_types.unset(ctx, id)


def _view(default: DefaultType) -> dict[str, Any]:
    return {"project_id": default.project_id, "volume_type_id": default.type_id}

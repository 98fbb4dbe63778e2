"""/qos-specs: what types of volumes promise of speed"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import MANY, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import fields, lists, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.qos import QosSpecs
from haneul.services.block_storage.operations import qos

routes = ProjectRoutes()

SORTABLE = {"id": "id", "name": "name", "consumer": "consumer", "created_at": "created_at"}
FILTERS = ("id", "name", "consumer")
Specs = Annotated[dict[Text, Text | None], MANY]


class CreateQosSpecs(Strict):
    """A name, who keeps the promises, and the promises themselves, side by side."""

    qos_specs: Specs


class UpdateQosSpecs(Strict):
    qos_specs: Specs


class DeleteKeys(Strict):
    keys: Annotated[list[Annotated[Text, msgspec.Meta(min_length=1)]], MANY]


@routes.get(
    "/qos-specs",
    policy=policy.LIST_QOS_SPECS,
    answer=other_answers.QosSpecsPage,
    errors=(errors.QosSpecsNotFound, errors.InvalidInput),
)
async def list_qos_specs(ctx: Context, query: Query) -> dict[str, Any]:
    """A page of the specs."""
    page = lists.paging(query, SORTABLE)
    wanted = [Filter(name, "eq", value) for name in FILTERS if (value := query.get(name)) is not None]
    rows = await qos.list_all(ctx, wanted, sort=page.sort, marker=page.marker, limit=page.limit + page.offset)
    views = [_view(specs) for specs in rows[page.offset :]]
    return lists.collection(ctx, "qos_specs", "/qos-specs", views, query, page)


@routes.post(
    "/qos-specs",
    policy=policy.CREATE_QOS_SPECS,
    answer=other_answers.OneQosSpecs,
    errors=(errors.QosSpecsExist, errors.InvalidQosSpecs, errors.InvalidField),
)
async def create_qos_specs(ctx: Context, body: CreateQosSpecs) -> dict[str, Any]:
    """New specs, which no type has yet."""
    pairs = {key: value for key, value in body.qos_specs.items() if value is not None}
    name = fields.name(pairs.pop("name", None))
    if not name:
        raise fields.refused("name", name, "'name' is a required property")
    consumer = pairs.pop("consumer", "back-end")
    made = await qos.create(ctx, name=name, consumer=consumer, specs=fields.pairs(pairs, "qos_specs"))
    return _shown(ctx, made)


@routes.get(
    "/qos-specs/{id}",
    policy=policy.GET_QOS_SPECS,
    answer=other_answers.OneQosSpecs,
    errors=(errors.QosSpecsNotFound,),
)
async def show_qos_specs(ctx: Context, id: str) -> dict[str, Any]:
    """One of the specs."""
    return _shown(ctx, await qos.show(ctx, id))


@routes.put(
    "/qos-specs/{id}",
    policy=policy.UPDATE_QOS_SPECS,
    answer=other_answers.SetQosSpecs,
    errors=(errors.QosSpecsNotFound, errors.InvalidQosSpecs, errors.InvalidField),
)
async def update_qos_specs(ctx: Context, id: str, body: UpdateQosSpecs) -> dict[str, Any]:
    """These keys have these values; the others stay."""
    pairs = {key: value for key, value in body.qos_specs.items() if value is not None}
    consumer = pairs.pop("consumer", None)
    await qos.update(ctx, id, consumer=consumer, specs=fields.pairs(pairs, "qos_specs"))
    return {"qos_specs": body.qos_specs}


@routes.delete(
    "/qos-specs/{id}",
    status=202,
    policy=policy.DELETE_QOS_SPECS,
    errors=(errors.QosSpecsNotFound, errors.QosSpecsInUse),
)
async def delete_qos_specs(ctx: Context, id: str, query: Query) -> None:
    """The specs are gone; while a type has them only with `force`."""
    await qos.delete(ctx, id, force=bool(query.truth("force")))


@routes.put(
    "/qos-specs/{id}/delete_keys",
    status=202,
    policy=policy.DELETE_QOS_SPECS,
    errors=(errors.QosSpecsNotFound, errors.QosKeyNotFound, errors.InvalidField),
)
async def delete_keys(ctx: Context, id: str, body: DeleteKeys) -> None:
    """The specs have none of these keys."""
    if len(set(body.keys)) < len(body.keys):
        raise fields.refused("keys", body.keys, "it has non-unique elements")
    await qos.delete_keys(ctx, id, body.keys)


@routes.get(
    "/qos-specs/{id}/associations",
    policy=policy.LIST_QOS_SPECS,
    answer=other_answers.QosAssociations,
    errors=(errors.QosSpecsNotFound,),
)
async def list_associations(ctx: Context, id: str) -> dict[str, Any]:
    """The types that have the specs."""
    kinds = await qos.associated(ctx, id)
    return {
        "qos_associations": [
            {"association_type": "volume_type", "name": kind.name, "id": kind.id} for kind in kinds
        ]
    }


async def _changed(
    ctx: Context, query: Query, id: str, change: Callable[[Context, str, str], Awaitable[None]]
) -> None:
    """Upstream changes this by GET: so a transaction is opened here."""
    type_id = query.get("vol_type_id")
    if not type_id:
        raise BadRequest("Volume Type id must not be None.")
    await ctx.transact(change, id, type_id)


@routes.get(
    "/qos-specs/{id}/associate",
    status=202,
    policy=policy.UPDATE_QOS_SPECS,
    transaction=False,
    errors=(errors.QosSpecsNotFound, errors.TypeNotFound, errors.InvalidType),
)
async def associate(ctx: Context, id: str, query: Query) -> None:
    """The type has the specs."""
    await _changed(ctx, query, id, qos.associate)


@routes.get(
    "/qos-specs/{id}/disassociate",
    status=202,
    policy=policy.UPDATE_QOS_SPECS,
    transaction=False,
    errors=(errors.QosSpecsNotFound, errors.TypeNotFound),
)
async def disassociate(ctx: Context, id: str, query: Query) -> None:
    """The type does not have the specs any more."""
    await _changed(ctx, query, id, qos.disassociate)


@routes.get(
    "/qos-specs/{id}/disassociate_all",
    status=202,
    policy=policy.UPDATE_QOS_SPECS,
    transaction=False,
    errors=(errors.QosSpecsNotFound,),
)
async def disassociate_all(ctx: Context, id: str) -> None:
    """No type has the specs any more."""
    await ctx.transact(qos.disassociate_all, id)


def _shown(ctx: Context, specs: QosSpecs) -> dict[str, Any]:
    return {"qos_specs": _view(specs), "links": lists.links(ctx, "qos-specs", specs.id)}


def _view(specs: QosSpecs) -> dict[str, Any]:
    return {"id": specs.id, "name": specs.name, "consumer": specs.consumer, "specs": specs.specs}

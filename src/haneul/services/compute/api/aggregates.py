"""/os-aggregates"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import UNSET, Routes, Strict, UnsetType
from haneul.kernel.http.actions import Actions
from haneul.kernel.http.bounds import MANY, Document
from haneul.kernel.policy import Rule
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, values
from haneul.services.compute.model.aggregates import ZONE, Aggregate
from haneul.services.compute.operations import aggregates
from haneul.services.compute.policy import hosts as policy

routes = Routes("/v2.1")
Zone = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^:]*$")]
Metadata = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[a-zA-Z0-9\-_:. ]{1,255}$")],
        Annotated[str, msgspec.Meta(max_length=255)] | None,
    ],
    MANY,
]


class NewAggregate(Strict):
    name: values.Text
    availability_zone: Zone | None = None


class CreateAggregate(Strict):
    aggregate: NewAggregate


class AggregateChanges(Strict):
    name: values.Text | UnsetType = UNSET
    availability_zone: Zone | UnsetType | None = UNSET


class UpdateAggregate(Strict):
    aggregate: AggregateChanges


class NamedHost(Strict):
    host: values.Text


class NewMetadata(Strict):
    metadata: Metadata


def _when(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") if at else None


def view(ctx: Context, aggregate: Aggregate) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": aggregate.number,
        "name": aggregate.name,
        "availability_zone": aggregate.zone,
        "hosts": aggregate.hosts,
        "metadata": aggregate.metadata,
        "created_at": _when(aggregate.created_at),
        "updated_at": _when(aggregate.updated_at),
        # Upstream keeps rows that it deletes, and shows these two of those that it did not.
        "deleted": False,
        "deleted_at": None,
    }
    if ctx.wants(versions.AGGREGATES_HAVE_UUIDS):
        document["uuid"] = aggregate.id
    return document


@routes.get("/os-aggregates", policy=policy.LIST_AGGREGATES, answer=answers.Aggregates)
async def list_aggregates(ctx: Context) -> dict[str, Any]:
    """All aggregates."""
    return {"aggregates": [view(ctx, a) for a in await aggregates.list(ctx)]}


@routes.get(
    "/os-aggregates/{id}",
    policy=policy.SHOW_AGGREGATE,
    answer=answers.OneAggregate,
    errors=(errors.AggregateNotFound,),
)
async def show_aggregate(ctx: Context, id: str) -> dict[str, Any]:
    """One aggregate."""
    return {"aggregate": view(ctx, await aggregates.show(ctx, id))}


@routes.post(
    "/os-aggregates",
    policy=policy.CREATE_AGGREGATE,
    answer=answers.OneNewAggregate,
    errors=(errors.AggregateExists,),
)
async def create_aggregate(ctx: Context, body: CreateAggregate) -> dict[str, Any]:
    """Create an aggregate without hosts."""
    new = body.aggregate
    name = values.name(new.name, "aggregate.name")
    shown = view(ctx, await aggregates.create(ctx, name, new.availability_zone))
    return {"aggregate": {k: v for k, v in shown.items() if k not in ("hosts", "metadata")}}


@routes.put(
    "/os-aggregates/{id}",
    policy=policy.UPDATE_AGGREGATE,
    answer=answers.OneAggregate,
    errors=(
        errors.AggregateNotFound,
        errors.AggregateExists,
        errors.HostInOtherZone,
        errors.HostZoneInUse,
        errors.AggregateZoneInUse,
        errors.ZoneWithoutName,
    ),
)
async def update_aggregate(ctx: Context, id: str, body: UpdateAggregate) -> dict[str, Any]:
    """Rename the aggregate, or give it another zone."""
    new = body.aggregate
    if new.name is UNSET and new.availability_zone is UNSET:
        raise BadRequest("Invalid input for field/attribute aggregate. Value: {}. It has too few properties.")
    name = values.name(new.name, "aggregate.name") if new.name is not UNSET else None
    metadata = {ZONE: new.availability_zone} if new.availability_zone is not UNSET else None
    return {"aggregate": view(ctx, await aggregates.update(ctx, id, name=name, metadata=metadata))}


@routes.delete(
    "/os-aggregates/{id}",
    status=200,
    policy=policy.DELETE_AGGREGATE,
    errors=(errors.AggregateNotFound, errors.AggregateNotEmpty),
)
async def delete_aggregate(ctx: Context, id: str) -> None:
    """Delete an aggregate that has no hosts."""
    await aggregates.delete(ctx, id)


@routes.post(
    "/os-aggregates/{id}/action",
    answer=answers.OneAggregate,
    errors=(
        errors.NoSuchAction,
        errors.AggregateNotFound,
        errors.AggregateHasHost,
        errors.AggregateLacksHost,
        errors.HostNotFound,
        errors.HostInOtherZone,
        errors.HostZoneInUse,
        errors.AggregateZoneInUse,
        errors.ZoneWithoutName,
        errors.AggregateExists,
    ),
)
async def change_aggregate(ctx: Context, id: str, body: Document) -> dict[str, Any]:
    """Give the aggregate a host, take one away, or set its metadata: add_host, remove_host, set_metadata."""
    return {"aggregate": view(ctx, await ACTIONS.carry_out(ctx, id, body))}


async def _id(ctx: Context, rule: Rule, id: str) -> str:
    """As upstream, who may not change aggregates is refused before anybody looks whether there is one."""
    ctx.authorize(rule, {})
    return id


ACTIONS = Actions(_id, lambda ctx, name: errors.NoSuchAction(action=name))


@ACTIONS.action("add_host", policy.ADD_HOST, NamedHost)
async def add_host(ctx: Context, id: str, new: NamedHost) -> Aggregate:
    return await aggregates.add_host(ctx, id, new.host)


@ACTIONS.action("remove_host", policy.REMOVE_HOST, NamedHost)
async def remove_host(ctx: Context, id: str, old: NamedHost) -> Aggregate:
    return await aggregates.remove_host(ctx, id, old.host)


@ACTIONS.action("set_metadata", policy.SET_METADATA, NewMetadata)
async def set_metadata(ctx: Context, id: str, new: NewMetadata) -> Aggregate:
    if (zone := new.metadata.get(ZONE)) is not None and (not zone or ":" in zone):
        raise values.refuse("metadata.availability_zone", zone, "It is no name of a zone.")
    return await aggregates.update(ctx, id, metadata=new.metadata)

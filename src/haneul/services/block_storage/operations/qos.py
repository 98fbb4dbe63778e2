"""QoS specs: what types of volumes promise, and which types do."""

from __future__ import annotations

from collections.abc import Sequence

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate, Filter, Sort
from haneul.services.block_storage import errors
from haneul.services.block_storage.model.qos import CONSUMERS, QosSpecs
from haneul.services.block_storage.model.types import VolumeType
from haneul.services.block_storage.operations import types
from haneul.services.block_storage.store.types import QOS_SPECS, TYPES


async def show(ctx: Context, id: str) -> QosSpecs:
    """The specs; QosSpecsNotFound if there are none of that id."""
    specs = await QOS_SPECS.get(ctx.tx, id)
    if specs is None:
        raise errors.QosSpecsNotFound(id=id)
    return specs


async def list_all(
    ctx: Context, filters: list[Filter], *, sort: list[Sort], marker: str | None, limit: int
) -> list[QosSpecs]:
    """A page of them."""
    after = await show(ctx, marker) if marker else None
    return await QOS_SPECS.page(ctx.tx, filters, sort=sort, after=after, limit=limit)


async def create(ctx: Context, *, name: str, consumer: str, specs: dict[str, str]) -> QosSpecs:
    """There are specs of that name; QosSpecsExist if there were before."""
    _require_consumer(consumer)
    made = QosSpecs(ctx.new_id(), name, consumer, specs, ctx.now(), None)
    try:
        return await QOS_SPECS.add(ctx.tx, made)
    except Duplicate:
        raise errors.QosSpecsExist(name=name) from None


def _require_consumer(consumer: str) -> None:
    if consumer not in CONSUMERS:
        raise errors.InvalidQosSpecs(
            reason=f"Valid consumer of QoS specs are: {list(CONSUMERS)}. Requested consumer was: {consumer}."
        )


async def update(ctx: Context, id: str, *, consumer: str | None, specs: dict[str, str]) -> None:
    """These keys have these values; the others stay."""
    known = await show(ctx, id)
    if consumer is not None:
        _require_consumer(consumer)
    await QOS_SPECS.change(ctx, known, consumer=consumer or known.consumer, specs={**known.specs, **specs})


async def delete_keys(ctx: Context, id: str, keys: Sequence[str]) -> None:
    """The specs have none of these keys; QosKeyNotFound if one was not there."""
    known = await show(ctx, id)
    for key in keys:
        if key not in known.specs:
            raise errors.QosKeyNotFound(id=id, key=key)
    left = {key: value for key, value in known.specs.items() if key not in keys}
    await QOS_SPECS.change(ctx, known, specs=left)


async def delete(ctx: Context, id: str, *, force: bool) -> None:
    """The specs are gone; refused while a type has them, unless by force: then it has them no longer."""
    await show(ctx, id)
    users = await associated(ctx, id)
    if users and not force:
        raise errors.QosSpecsInUse
    for kind in users:
        await TYPES.change(ctx, kind, qos_specs_id=None)
    await QOS_SPECS.remove(ctx.tx, id=id)


async def associated(ctx: Context, id: str) -> list[VolumeType]:
    """The types that have the specs."""
    await show(ctx, id)
    return await TYPES.find(ctx.tx, qos_specs_id=id)


async def associate(ctx: Context, id: str, type_id: str) -> None:
    """The type has the specs; InvalidType if it has others."""
    await show(ctx, id)
    kind = await types.show(ctx, type_id)
    if kind.qos_specs_id not in (None, id):
        raise errors.InvalidType(
            reason=f"Type {type_id} is already associated with another qos specs: {kind.qos_specs_id}"
        )
    await TYPES.change(ctx, kind, qos_specs_id=id)


async def disassociate(ctx: Context, id: str, type_id: str) -> None:
    """The type does not have these specs."""
    await show(ctx, id)
    kind = await types.show(ctx, type_id)
    if kind.qos_specs_id == id:
        await TYPES.change(ctx, kind, qos_specs_id=None)


async def disassociate_all(ctx: Context, id: str) -> None:
    """No type has the specs."""
    for kind in await associated(ctx, id):
        await TYPES.change(ctx, kind, qos_specs_id=None)


async def of_hypervisors(ctx: Context, kind: VolumeType) -> dict[str, str] | None:
    """What the hypervisor has to keep of the type's promises, if it has made any."""
    specs = await QOS_SPECS.get(ctx.tx, kind.qos_specs_id) if kind.qos_specs_id else None
    return None if specs is None or specs.consumer == "back-end" else specs.specs

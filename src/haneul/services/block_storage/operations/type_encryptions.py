"""How the volumes of types are to be encrypted. No back end here encrypts, so no volume of such a type is made."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.services.block_storage import errors
from haneul.services.block_storage.model.qos import TypeEncryption
from haneul.services.block_storage.model.types import VolumeType
from haneul.services.block_storage.operations import types
from haneul.services.block_storage.store.types import ENCRYPTIONS
from haneul.services.block_storage.store.volumes import VOLUMES


async def of(ctx: Context, type_id: str) -> TypeEncryption | None:
    """How the type encrypts, if it does; TypeNotFound if there is no such type."""
    await types.show(ctx, type_id)
    return await ENCRYPTIONS.get(ctx.tx, type_id)


async def _require_unused(ctx: Context, type_id: str, action: str) -> None:
    if await VOLUMES.count(ctx.tx, type_id=type_id):
        raise errors.TypeEncryptionInUse(action=action)


async def create(
    ctx: Context,
    type_id: str,
    *,
    provider: str,
    control_location: str,
    cipher: str | None,
    key_size: int | None,
) -> TypeEncryption:
    """The type's volumes, of which there are none yet, are to be encrypted so."""
    await _require_unused(ctx, type_id, "create")
    if await of(ctx, type_id) is not None:
        raise errors.TypeEncryptionExists(type_id=type_id)
    made = TypeEncryption(
        type_id, ctx.new_id(), provider, control_location, cipher, key_size, ctx.now(), None
    )
    return await ENCRYPTIONS.add(ctx.tx, made)


async def update(ctx: Context, type_id: str, **changes: Any) -> None:
    """The type's volumes, of which there are none yet, are to be encrypted otherwise."""
    known = await of(ctx, type_id)
    await _require_unused(ctx, type_id, "update")
    if known is None:
        raise errors.TypeEncryptionNotFound(type_id=type_id)
    await ENCRYPTIONS.change(ctx, known, **changes)


async def delete(ctx: Context, type_id: str) -> None:
    """The type's volumes, of which there are none yet, are not to be encrypted."""
    await _require_unused(ctx, type_id, "delete")
    if not await ENCRYPTIONS.remove(ctx.tx, type_id=type_id):
        raise errors.TypeEncryptionNotFound(type_id=type_id)


async def require_plain(ctx: Context, kind: VolumeType) -> None:
    """Raise InvalidInput where a volume of the type would have to be encrypted."""
    if await ENCRYPTIONS.get(ctx.tx, kind.id) is not None:
        raise errors.InvalidInput(
            reason=f"Volume type {kind.name} is encrypted, and no back end of this cloud encrypts."
        )

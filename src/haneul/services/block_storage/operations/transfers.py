"""Offers: a project gives a volume to whoever has the key."""

from __future__ import annotations

import hmac
import secrets

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.guesses import guarded
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.model import volumes as model
from haneul.services.block_storage.model.transfers import Transfer, digest
from haneul.services.block_storage.operations import volumes
from haneul.services.block_storage.store.quotas import require_quota
from haneul.services.block_storage.store.transfers import TRANSFERS
from haneul.services.block_storage.store.volumes import ATTACHMENTS, SNAPSHOTS, VOLUMES


async def create(
    ctx: Context, volume_id: str, *, name: str | None, no_snapshots: bool
) -> tuple[Transfer, str]:
    """The offer, and the key to it, which is told once and not stored."""
    volume = await volumes.show(ctx, volume_id)
    ctx.authorize(policy.CREATE_TRANSFER, volume)
    await volumes.require_free(ctx, volume)
    model.require_ungrouped(volume)
    key = secrets.token_hex(8)
    made = Transfer(ctx.new_id(), volume.id, volume.project_id, name, digest(key), no_snapshots, ctx.now())
    await TRANSFERS.add(ctx.tx, made)
    await volumes.save(ctx, volume, settled="awaiting-transfer")
    return made, key


async def show(ctx: Context, id: str) -> Transfer:
    """The transfer; TransferNotFound if it is not the asker's."""
    return await ctx.find(TRANSFERS, id, policy.ADMIN_OR_OWNER, missing=errors.TransferNotFound)


async def list_all(ctx: Context, *, all_projects: bool, sort: list[Sort], limit: int) -> list[Transfer]:
    """The transfers that the project offers, or everybody's for an administrator who asks for them."""
    mine = (
        []
        if all_projects and ctx.may(policy.CONTEXT_IS_ADMIN, {})
        else [Filter("project_id", "eq", ctx.project_id)]
    )
    return await TRANSFERS.page(ctx.tx, mine, sort=sort, limit=limit)


async def accept(ctx: Context, id: str, key: str, *, address: str) -> Transfer:
    """The volume, and its snapshots unless they stay behind, are the asker's project's."""
    with guarded(ctx.platform, f"transfer {id}", address, wrong=(errors.WrongKey, errors.TransferNotFound)):
        transfer = await TRANSFERS.get(ctx.tx, id)
        if transfer is None:
            raise errors.TransferNotFound(id=id)
        if not hmac.compare_digest(transfer.key_digest, digest(key)):
            raise errors.WrongKey(id=id)
    volume = await VOLUMES.get(ctx.tx, transfer.volume_id)
    if volume is None or volume.status != "awaiting-transfer":
        raise errors.InvalidVolume(reason=f"Volume {transfer.volume_id} is not awaiting a transfer.")
    model.require_unattached(volume, await ATTACHMENTS.find(ctx.tx, volume_id=volume.id))
    snapshots = [] if transfer.no_snapshots else await SNAPSHOTS.find(ctx.tx, volume_id=volume.id)
    size = volume.size + sum(s.size for s in snapshots)
    await require_quota(ctx, volumes=1, gigabytes=size, snapshots=len(snapshots))
    mine = {"project_id": ctx.project_id, "user_id": ctx.user_id}
    await volumes.save(ctx, volume, settled="available", **mine)
    for each in snapshots:
        await SNAPSHOTS.update(ctx.tx, msgspec.structs.replace(each, **mine))
    await TRANSFERS.remove(ctx.tx, id=id)
    return transfer


async def delete(ctx: Context, id: str) -> None:
    """The offer is withdrawn and the volume available again."""
    transfer = await show(ctx, id)
    ctx.authorize(policy.DELETE_TRANSFER, transfer)
    volume = await VOLUMES.get(ctx.tx, transfer.volume_id)
    if volume is not None and volume.settled == "awaiting-transfer":
        await volumes.save(ctx, volume, settled="available")
    await TRANSFERS.remove(ctx.tx, id=id)

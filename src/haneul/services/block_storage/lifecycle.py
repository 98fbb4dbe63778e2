"""What the process around calls of block storage; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.lifecycle import FirstRows
from haneul.services.block_storage.operations import group_types, types, verification

verify = verification.verify


async def furnish(ctx: Context, cloud: FirstRows) -> None:
    """The type of volumes that name none is there, and that of consistency groups."""
    await types.ensure_default(ctx)
    await group_types.ensure_consistency(ctx)

"""What the process around calls of block storage; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.lifecycle import FirstRows
from haneul.services.block_storage.operations import types, verification

verify = verification.verify


async def furnish(ctx: Context, cloud: FirstRows) -> None:
    """The type of volumes that name none is there."""
    await types.ensure_default(ctx)

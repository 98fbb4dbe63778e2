"""Forget messages whose time is over."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.forgetting import forget
from haneul.kernel.reconciler import reconciler
from haneul.services.block_storage.store.messages import MESSAGES


@reconciler(every_s=3600)
async def forget_past_messages(ctx: Context) -> None:
    """No message is older than `KEPT_FOR`."""
    await forget(ctx, MESSAGES, "expires_at", ctx.now())

"""Forget sessions that have ended."""

from __future__ import annotations

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.dashboard.store.sessions import SESSIONS


@reconciler(every_s=600)
async def forget_ended_sessions(ctx: Context) -> None:
    await forgetting.forget(ctx, SESSIONS, "expires_at", ctx.now())

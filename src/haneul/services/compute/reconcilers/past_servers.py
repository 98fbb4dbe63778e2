"""Forget servers that are gone for long."""

from __future__ import annotations

from datetime import timedelta

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.compute.config import ComputeOptions
from haneul.services.compute.store.past_servers import PAST_SERVERS


@reconciler(every_s=3600)
async def forget_past_servers(ctx: Context) -> None:
    days = ctx.options(ComputeOptions).deleted_servers_days
    if days > 0:
        await forgetting.forget(ctx, PAST_SERVERS, "terminated_at", ctx.now() - timedelta(days=days))

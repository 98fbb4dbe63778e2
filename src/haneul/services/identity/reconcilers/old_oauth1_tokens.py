"""Forget what consumers asked for, and what they were let, once its time is over."""

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.store.oauth1 import ACCESS_TOKENS, REQUEST_TOKENS


@reconciler(every_s=3600)
async def forget_old_oauth1_tokens(ctx: Context) -> None:
    for rows in (REQUEST_TOKENS, ACCESS_TOKENS):
        await forgetting.forget(ctx, rows, "expires_at", ctx.now())

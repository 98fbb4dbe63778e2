"""Forget what consumers asked for, and what they were let, once its time is over."""

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.store.oauth1 import ACCESS_TOKENS, REQUEST_TOKENS


@reconciler(every_s=3600)
async def forget_old_oauth1_tokens(ctx: Context) -> None:
    async with ctx.in_transaction() as c:
        over = [Filter("expires_at", "le", c.now())]
        for wish in await REQUEST_TOKENS.page(c.tx, over):
            await REQUEST_TOKENS.remove(c.tx, id=wish.id)
        for token in await ACCESS_TOKENS.page(c.tx, over):
            await ACCESS_TOKENS.remove(c.tx, id=token.id)

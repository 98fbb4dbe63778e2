"""Forget memberships and used assertions that have expired, once tokens made of them have expired too."""

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations.authentication import LIFETIME
from haneul.services.identity.store.federation import forget_expired


@reconciler(every_s=3600)
async def forget_old_memberships(ctx: Context) -> None:
    async with ctx.in_transaction() as c:
        await forget_expired(c.tx, time_text(c.now() - 2 * LIFETIME))

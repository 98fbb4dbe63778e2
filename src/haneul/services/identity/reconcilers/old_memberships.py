"""Forget memberships and used assertions that have expired, once tokens made of them have expired too."""

from haneul.kernel import forgetting
from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations.authentication import LIFETIME
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS, USED_ASSERTIONS


@reconciler(every_s=3600)
async def forget_old_memberships(ctx: Context) -> None:
    before = time_text(ctx.now() - 2 * LIFETIME)
    for rows in (EXPIRING_MEMBERSHIPS, USED_ASSERTIONS):
        await forgetting.forget(ctx, rows, "expires_at", before)

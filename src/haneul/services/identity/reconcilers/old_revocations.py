"""Forget revocations once every token that they could end has expired."""

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.operations import revocations
from haneul.services.identity.operations.authentication import LIFETIME
from haneul.services.identity.operations.tokens import KEPT_EXPIRED


@reconciler(every_s=3600)
async def forget_old_revocations(ctx: Context) -> None:
    await revocations.forget_before(ctx, ctx.now() - 2 * LIFETIME - KEPT_EXPIRED)

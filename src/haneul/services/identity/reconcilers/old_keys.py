"""Seal secrets with the newest key, and drop keys once nothing needs them any more.

A signing key is needed while tokens that it signed may still be asked about, a sealing key while
credentials are sealed with it; a process that has not yet seen the newer one may use it a moment longer.
"""

from datetime import timedelta

from haneul.kernel.context import Context
from haneul.kernel.reconciler import reconciler
from haneul.services.identity.operations import domain_config, oauth1
from haneul.services.identity.operations.authentication import LIFETIME
from haneul.services.identity.operations.credentials import seal_anew
from haneul.services.identity.operations.keys import SEALING, SIGNING
from haneul.services.identity.operations.tokens import KEPT_EXPIRED

LATE = timedelta(hours=1)


@reconciler(every_s=60)
async def drop_old_keys(ctx: Context) -> None:
    folder = ctx.platform.folder
    unused = SEALING.replaced(folder, LATE)
    async with ctx.in_transaction() as c:
        await domain_config.seal_anew(c)
    is_done = False
    while not is_done:
        async with ctx.in_transaction() as c:
            is_done = not await seal_anew(c) + await oauth1.seal_anew(c)
    for name in unused:
        SEALING.drop(folder, name)
    for name in SIGNING.replaced(folder, LIFETIME + KEPT_EXPIRED):
        SIGNING.drop(folder, name)

"""What lets somebody in one time only: assertions, nonces, passcodes. Which were used is kept until they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.model.saml import UsedAssertion
from haneul.services.identity.store.federation import USED_ASSERTIONS


async def use(
    ctx: Context, id: str, until: datetime, also: Callable[[Context], Awaitable[None]] | None = None
) -> bool:
    """Whether this is its first use; then it is used from now on, and `also` is done with that.

    No transaction may be open: what was used is remembered even if what follows fails.
    """

    async def used(c: Context) -> None:
        await USED_ASSERTIONS.add(c.tx, UsedAssertion(id, time_text(until)))
        if also is not None:
            await also(c)

    try:
        await ctx.transact(used)
    except Duplicate:
        return False
    return True

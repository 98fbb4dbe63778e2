"""Ending tokens before their time, and knowing which have ended.

Revocations are rows; each process holds them in memory, because every request asks. What this process
commits is in force when its answer leaves. Where other processes write to the database too, every request
asks it for one number, which grows with each revocation, and reads the rows again when it has grown: what
anybody revoked is in force everywhere once its commit is done. A token is issued later than any revocation that came before it, even within one tick of the
clock, so what is issued after a revocation always holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from haneul.kernel import forgetting
from haneul.kernel.auth import Auth
from haneul.kernel.context import Context, Platform
from haneul.services.identity.model.revocations import Revocation, moment, reasons, time_text
from haneul.services.identity.store.revocations import REVOCATIONS, count, counted

_TICK = timedelta(microseconds=1)


class _Index:
    """What is revoked, as this process knows it; and the latest times at which things were done."""

    def __init__(self) -> None:
        self.until: dict[str, str] = {}
        self.count = -1
        self.latest_issued = ""
        self.latest_revoked = ""

    def end(self, key: str, until: str) -> None:
        self.until[key] = max(until, self.until.get(key, ""))
        self.latest_revoked = max(until, self.latest_revoked)


async def _index(platform: Platform) -> _Index:
    index = platform.keep(_Index)
    if index.count < 0 or platform.db.is_shared:
        async with platform.reading() as ctx:
            count = await counted(ctx.tx)
            if count != index.count:
                for each in await REVOCATIONS.page(ctx.tx):
                    index.end(each.key, each.issued_until)
                index.count = count
    return index


async def revoke(ctx: Context, *keys: str) -> None:
    """Tokens that match any of these keys, and were issued until now, no longer hold."""
    index = await _index(ctx.platform)
    until = max(time_text(ctx.now()), index.latest_issued)
    await count(ctx.tx)
    for key in dict.fromkeys(keys):
        await REVOCATIONS.remove(ctx.tx, key=key)
        await REVOCATIONS.add(ctx.tx, Revocation(key, until))

    def in_force() -> None:
        # tokens may have been issued from what was true until this commit
        latest = max(until, time_text(ctx.now()), index.latest_issued)
        for key in keys:
            index.end(key, latest)

    ctx.tx.after_commit(in_force)


async def issue_time(platform: Platform) -> datetime:
    """Now, or just after the latest revocation."""
    index = await _index(platform)
    now = platform.clock.now()
    if time_text(now) <= index.latest_revoked:
        now = moment(index.latest_revoked) + _TICK
    index.latest_issued = max(time_text(now), index.latest_issued)
    return now


async def is_revoked(platform: Platform, auth: Auth) -> bool:
    """Whether the token was ended before its time, for any reason that concerns it."""
    until = (await _index(platform)).until
    return bool(until) and any(auth.issued_at <= until.get(key, "") for key in reasons(auth))


async def forget_before(ctx: Context, earliest: datetime) -> int:
    """Remove revocations of tokens that have long expired; how many."""
    text = time_text(earliest)
    index = await _index(ctx.platform)
    removed = await forgetting.forget(ctx, REVOCATIONS, "issued_until", text)
    index.until = {key: until for key, until in index.until.items() if until >= text}
    return removed

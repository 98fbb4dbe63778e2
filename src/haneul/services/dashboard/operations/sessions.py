"""Sessions begin, go on, change and end; a link becomes a session once."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from msgspec.structs import replace

from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import Context, Platform
from haneul.kernel.errors import StaleRow
from haneul.services.dashboard import errors
from haneul.services.dashboard.config import DashboardOptions
from haneul.services.dashboard.model import sessions
from haneul.services.dashboard.model.sessions import MOST_SESSIONS, Person, Session
from haneul.services.dashboard.store.sessions import SESSIONS

NOTED = timedelta(minutes=1)
"""That a session is used is written at most so often."""


async def begin(ctx: Context, person: Person, *, is_link: bool = False) -> str:
    """A new session (or link) of this person; the secret that opens it."""
    options = ctx.options(DashboardOptions)
    most = timedelta(minutes=options.link_minutes if is_link else options.session_minutes)
    expires_at, ends_at = sessions.lifetime(
        ctx.now(), person, idle=timedelta(minutes=options.idle_minutes), most=most
    )
    earlier = sorted(await SESSIONS.find(ctx.tx, user_id=person.user_id), key=lambda s: s.began_at)
    for old in earlier[: max(0, len(earlier) - MOST_SESSIONS + 1)]:
        await SESSIONS.remove(ctx.tx, digest=old.digest)
    secret = sessions.new_secret()
    await SESSIONS.add(
        ctx.tx,
        Session(
            digest=sessions.digest(secret),
            user_id=person.user_id,
            sealed=sessions.seal(secret, person),
            is_link=is_link,
            began_at=ctx.now(),
            expires_at=expires_at,
            ends_at=ends_at,
        ),
    )
    return secret


async def begun(platform: Platform, person: Person) -> str:
    """The same, in a transaction of its own."""
    async with platform.context(SYSTEM) as ctx:
        return await begin(ctx, person)


async def of(platform: Platform, secret: str, *, is_link: bool = False) -> Person:
    """Who the session is of, which lasts on; NoSession if there is none or it has ended."""
    async with platform.reading() as ctx:
        session = await SESSIONS.get(ctx.tx, sessions.digest(secret))
        now = ctx.now()
    if session is None or session.expires_at <= now or session.is_link != is_link:
        raise errors.NoSession
    person = sessions.unseal(secret, session)
    if not is_link:
        later = min(session.ends_at, now + timedelta(minutes=platform.options(DashboardOptions).idle_minutes))
        if later - session.expires_at > NOTED:
            with contextlib.suppress(StaleRow):  # it ended meanwhile, and stays so
                async with platform.context(SYSTEM) as ctx:
                    await SESSIONS.update(ctx.tx, replace(session, expires_at=later))
    return person


async def used(platform: Platform, link_secret: str) -> Person:
    """Whose link it was; it is used up."""
    person = await of(platform, link_secret, is_link=True)
    async with platform.context(SYSTEM) as ctx:
        if not await SESSIONS.remove(ctx.tx, digest=sessions.digest(link_secret)):
            raise errors.NoSession
    return person


async def end(platform: Platform, secret: str) -> None:
    """There is no such session any more."""
    async with platform.context(SYSTEM) as ctx:
        await SESSIONS.remove(ctx.tx, digest=sessions.digest(secret))

"""Whether what is stored of visits makes sense."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.dashboard.store.sessions import SESSIONS


async def verify(ctx: Context) -> str | None:
    """None, or the first session that ends before it began. Whose it is may be gone: then it opens nothing."""
    for session in await SESSIONS.find(ctx.tx):
        if session.ends_at < session.began_at:
            return f"a session of user {session.user_id} ends before it began"
    return None

"""Whether what is stored of operations fits together."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.oversight.store import history

STATES = {True: ("running", "undoing"), False: ("done", "failed", "superseded")}
"""Whether an operation is open -> the states that it may be in."""


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction among the operations of all services and their steps."""
    for id, state, is_open, ended_at in await history.states(ctx.tx):
        if state not in STATES[bool(is_open)] or bool(is_open) != (ended_at is None):
            return f"operation {id} is {state}, open: {bool(is_open)}, ended at: {ended_at}"
    for id, operation_id in await history.stray_steps(ctx.tx):
        return f"step {id} belongs to operation {operation_id}, which is not there"
    return None

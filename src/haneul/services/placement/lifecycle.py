"""What the process around calls of placement; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from datetime import datetime

from haneul.kernel.context import Context
from haneul.services.placement import public
from haneul.services.placement.operations import hosts, verification

take_reports = hosts.report
verify = verification.verify


async def is_ready(ctx: Context, since: datetime) -> bool:
    """Whether a host has reported since then."""
    return any(host.last_seen_at >= since for host in await public.hosts(ctx))

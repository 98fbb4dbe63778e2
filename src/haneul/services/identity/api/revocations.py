"""/OS-REVOKE/events: what has ended tokens before their time"""

from __future__ import annotations

from typing import Any

from haneul.kernel import times
from haneul.kernel.context import Context
from haneul.kernel.db import Filter, Sort
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.routes import Query, Routes
from haneul.services.identity import policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.lists import base
from haneul.services.identity.model.revocations import described, time_text
from haneul.services.identity.operations.collections import DOMAINS, REVOCATIONS

routes = Routes("/v3/OS-REVOKE")


@routes.get("/events", policy=policy.LIST_REVOKE_EVENTS, answer=catalog_answers.RevocationEvents)
async def list_revocation_events(ctx: Context, query: Query) -> dict[str, Any]:
    """List what ended tokens, the oldest first; with `since`, only what came after that time."""
    later = [Filter("issued_until", "gt", since)] if (since := _since(query)) else []
    revoked = await REVOCATIONS.page(ctx, later, sort=(Sort("issued_until"),))
    events = [(described(each.key), each.issued_until) for each in revoked]
    targets = {shown["project_id"] for shown, _ in events if "user_id" in shown and "project_id" in shown}
    domains = {each.id for each in await DOMAINS.among(ctx, "id", targets)} if targets else set()
    return {
        "events": [
            {**_of_domain(shown, domains), "issued_before": until, "revoked_at": until}
            for shown, until in events
        ],
        "links": {"next": None, "self": f"{base(ctx)}/OS-REVOKE/events", "previous": None},
    }


def _of_domain(event: dict[str, str], domains: set[str]) -> dict[str, str]:
    """A grant says what it was on, but not whether that is a project or a domain."""
    if "user_id" not in event or event.get("project_id") not in domains:
        return event
    return {"user_id": event["user_id"], "domain_id": event["project_id"]}


def _since(query: Query) -> str | None:
    text = query.get("since")
    if not text:
        return None
    try:
        return time_text(times.read(text))
    except ValueError:
        raise BadRequest(f"invalidate date format {text}") from None

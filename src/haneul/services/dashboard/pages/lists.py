"""How a page with a list is answered: all of it, its rows only, or nothing where they are as before."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from haneul.services.dashboard.api.calls import Refused
from haneul.services.dashboard.api.tables import Cell, Table
from haneul.services.dashboard.api.visits import Answer, NothingNew, Page, Redirect, Visit

MOST = 1000
"""So many things a page asks for at once."""


def shown(
    visit: Visit,
    title: str,
    table: Table | list[Table],
    create: tuple[str, str] | None = None,
    lead: str = "",
) -> Answer:
    """The list, with the one thing that is done most often as its button."""
    tables = table if isinstance(table, list) else [table]
    if visit.is_fragment and "rows" in visit.query:
        if visit.query.get("seen") == tables[0].digest:
            return NothingNew()
        return Page("rows.html", {"table": tables[0]})
    return Page("list.html", {"title": title, "tables": tables, "create": create, "lead": lead})


async def done(visit: Visit, work: Awaitable[Any], path: str, notice: str) -> Redirect:
    """On that page it is said that it was done, or why not."""
    try:
        await work
    except Refused as refusal:
        if refusal.status == 401:
            raise
        return Redirect(path, refusal.message, is_bad=True)
    return Redirect(path, notice)


def detail(
    visit: Visit, title: str, above: tuple[str, str], facts: Sequence[tuple[str, Cell]], **more: Any
) -> Page:
    """One thing: its facts, buttons, and tables of what belongs to it."""
    values = {
        "title": title,
        "above": above,
        "facts": facts,
        "state": None,
        "buttons": (),
        "tables": (),
        "texts": (),
    }
    return Page("detail.html", values | more)

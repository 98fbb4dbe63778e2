"""How a page with a list is answered: all of it, its rows only, or nothing where they are as before."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any

from haneul.services.dashboard.api.calls import Refused
from haneul.services.dashboard.api.tables import Cell, Form, Table
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import Answer, NothingNew, Page, Redirect, Visit


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


def refused(visit: Visit, form: Form, refusal: Refused) -> Page:
    """The form once more, with what was entered and why it was not done."""
    status = refusal.status if refusal.status >= 400 else 400
    return Page(
        "form.html", {"form": form.filled(visit).refused(refusal.message, refusal.request_id)}, status
    )


def deletion(visit: Visit, name: str, back: str, *, along: Sequence[str] = ()) -> Page:
    """Asks whether it is to be deleted, and says what goes with it; the form goes to the page's own path."""
    form = Form(
        path=visit.path,
        submit=msg("Delete"),
        fields=[],
        title=visit.t("Delete {name}?", name=name),
        text=visit.t("Nothing brings it back."),
        back=back,
        is_dangerous=True,
        takes_along=along,
    )
    return Page("form.html", {"form": form})


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

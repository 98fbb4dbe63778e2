"""How a page with a list is answered: all of it, its rows only, or nothing where they are as before."""

from __future__ import annotations

from haneul.services.dashboard.api.calls import Refused
from haneul.services.dashboard.api.tables import Form, Table
from haneul.services.dashboard.api.visits import Answer, NothingNew, Page, Visit


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

"""How a page with a form is answered, and what was entered in one."""

from __future__ import annotations

from collections.abc import Sequence

from haneul.services.dashboard.api.calls import Refused
from haneul.services.dashboard.api.tables import Form
from haneul.services.dashboard.api.texts import msg
from haneul.services.dashboard.api.visits import Page, Visit


def form_page(form: Form, status: int = 200) -> Page:
    """The form and nothing else."""
    return Page("form.html", {"form": form}, status)


def refused(visit: Visit, form: Form, refusal: Refused) -> Page:
    """The form once more, with what was entered and why it was not done."""
    status = refusal.status if refusal.status >= 400 else 400
    return form_page(form.filled(visit).refused(refusal.message, refusal.request_id), status)


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
    return form_page(form)


def number(text: str) -> int | str:
    """The number that was entered; the text itself where it is none, for the API to refuse."""
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 12 else text

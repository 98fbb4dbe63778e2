"""What pages show as tables and facts, and what people fill in: data, which the templates draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec

from haneul.services.dashboard.api.visits import Visit

PAGE_SIZE = 50
SIZES = (20, 50, 100, 200)


@dataclass(frozen=True)
class Cell:
    """A value and how it is drawn: text, link, status, time, code, size, number, many (several cells), truth."""

    kind: str
    value: Any
    href: str = ""


def text(value: Any) -> Cell:
    return Cell("text", value if value not in (None, "") else "–")


def link(value: Any, href: str) -> Cell:
    return Cell("link", value or "–", href)


def status(word: str | None) -> Cell:
    return Cell("status", word or "unknown")


def time(at: Any) -> Cell:
    return Cell("time", at)


def code(value: Any) -> Cell:
    return Cell("code", value) if value not in (None, "") else text(None)


def size(mib: Any) -> Cell:
    return Cell("size", mib)


def number(value: Any) -> Cell:
    return Cell("number", value if value is not None else "–")


def truth(value: Any) -> Cell:
    return Cell("truth", bool(value))


def many(cells: Sequence[Cell]) -> Cell:
    return Cell("many", list(cells)) if cells else text(None)


@dataclass(frozen=True)
class Column:
    title: str
    sort: str = ""
    """The API's name to sort by; none: it is not sorted by this."""


@dataclass(frozen=True)
class Button:
    """Does something to one thing or to those that were chosen. With a question, it asks first."""

    title: str
    action: str
    """What the form says is to be done, or the path that it goes to."""
    icon: str = ""
    is_dangerous: bool = False
    why_not: str = ""
    """It cannot be done now, because."""


@dataclass(frozen=True)
class Row:
    id: str
    name: str
    cells: Sequence[Cell]
    buttons: Sequence[Button] = ()
    is_busy: bool = False


@dataclass(frozen=True)
class Empty:
    """What is said where there is nothing: what these things are for, and what to do next."""

    title: str
    text: str
    href: str = ""
    action: str = ""


@dataclass(frozen=True)
class Choice:
    """A filter of a list: its name in the address, and the values that it can have."""

    name: str
    title: str
    options: Sequence[tuple[str, str]]


@dataclass
class Table:
    columns: Sequence[Column]
    rows: Sequence[Row]
    empty: Empty
    title: str = ""
    bulk: Sequence[Button] = ()
    bulk_path: str = ""
    """Where the form with the chosen rows goes."""
    listing: Listing | None = None
    live: bool = False
    """It is asked for again while the page is open."""
    has_search: bool = False
    choices: Sequence[Choice] = ()
    next_marker: str = ""
    has_buttons: bool = False

    @property
    def is_busy(self) -> bool:
        return any(row.is_busy for row in self.rows)

    @property
    def digest(self) -> str:
        """Changes with what the table shows."""
        shown = [[r.id, r.name, [(c.kind, str(c.value)) for c in r.cells], len(r.buttons)] for r in self.rows]
        return sha256(msgspec.json.encode([shown, self.next_marker])).hexdigest()[:16]


@dataclass(frozen=True)
class Listing:
    """Which part of a list the address asks for; all of it stands there, so it can be sent to somebody."""

    path: str
    sort: str
    is_descending: bool
    search: str
    marker: str
    size: int
    chosen: dict[str, str] = field(default_factory=dict)

    def href(self, **changes: Any) -> str:
        """The same list with these changes, from its beginning."""
        now = {
            "sort": self.sort,
            "dir": "desc" if self.is_descending else "asc",
            "q": self.search,
            "size": self.size if self.size != PAGE_SIZE else "",
            **self.chosen,
        } | changes
        query = urlencode({k: v for k, v in now.items() if v not in ("", None)})
        return self.path + (f"?{query}" if query else "")

    def sorted_by(self, column: Column) -> str:
        """The list sorted by that column, or the other way round."""
        turned = column.sort == self.sort and not self.is_descending
        return self.href(sort=column.sort, dir="desc" if turned else "asc")


def listing(
    visit: Visit,
    sorts: Sequence[str],
    *,
    first: str,
    is_descending: bool = False,
    choices: Sequence[Choice] = (),
) -> Listing:
    """What the address asks for, where it makes sense; what does not is as if it was not there."""
    query = visit.query
    sort = query.get("sort") or first
    direction = query.get("dir")
    wanted = query.get("size") or ""
    chosen = {}
    for choice in choices:
        value = query.get(choice.name) or ""
        if value in {option for option, _ in choice.options}:
            chosen[choice.name] = value
    return Listing(
        path=visit.path,
        sort=sort if sort in sorts else first,
        is_descending=direction == "desc" if direction in ("asc", "desc") else is_descending,
        search=(query.get("q") or "")[:255].strip(),
        marker=(query.get("marker") or "")[:64],
        size=int(wanted) if wanted in map(str, SIZES) else PAGE_SIZE,
        chosen=chosen,
    )


def pieces(things: Sequence[dict[str, Any]], wanted: Listing) -> tuple[Sequence[dict[str, Any]], str]:
    """(the part of these things that the address asks for, the marker of the next part), for short lists that
    their API gives whole."""
    needle = wanted.search.lower()
    rows = (
        [t for t in things if needle in str(t.get("name") or t.get("id") or "").lower()] if needle else things
    )
    rows = sorted(rows, key=lambda t: _order(t.get(wanted.sort)), reverse=wanted.is_descending)
    start = int(wanted.marker) if wanted.marker.isascii() and wanted.marker.isdigit() else 0
    end = start + wanted.size
    return rows[start:end], str(end) if end < len(rows) else ""


def _order(value: Any) -> tuple[int, float, str]:
    if isinstance(value, (int, float)):
        return (0, float(value), "")
    return (1, 0.0, str(value or "").lower())


@dataclass
class Field:
    """Something to fill in: text, password, number, area, select, check, checks, file."""

    name: str
    title: str
    kind: str = "text"
    value: Any = ""
    options: Sequence[tuple[str, str]] = ()
    help: str = ""
    is_required: bool = False
    least: int | None = None
    most: int | None = None
    longest: int = 255
    placeholder: str = ""
    problem: str = ""
    completes: str = "off"


@dataclass
class Form:
    """Fields and a button; `problem` says why it was not done."""

    path: str
    submit: str
    fields: Sequence[Field]
    title: str = ""
    text: str = ""
    back: str = ""
    problem: str = ""
    is_dangerous: bool = False
    takes_along: Sequence[str] = ()
    """What goes too."""
    request_id: str = ""

    def filled(self, visit: Visit) -> Form:
        """With what was sent, so that nobody enters it twice."""
        for field_ in self.fields:
            if field_.kind == "check":
                field_.value = field_.name in visit.form
            elif field_.kind == "checks":
                field_.value = visit.form.all(field_.name)
            elif field_.kind != "password":
                field_.value = visit.form.get(field_.name) or ""
        return self

    def refused(self, message: str, request_id: str = "") -> Form:
        """With why; at the field that the refusal names, where it names one."""
        self.problem, self.request_id = message, request_id
        lower = message.lower()
        for field_ in self.fields:
            if field_.name.lower() in lower or field_.title.lower() in lower:
                field_.problem = message
                break
        return self

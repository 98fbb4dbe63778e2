"""One attribute of a kind of thing: how it is read, shown, filtered by, and who may touch it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from haneul.kernel.http.tables.kinds import Check

CHANGES = ("create", "update")
"""What may take a rule of an attribute's own, beside `get`."""


@dataclass(frozen=True)
class Attribute:
    name: str
    check: Check | None = None
    """What a request's value must be; None: no request sets it."""
    field: str = ""
    """The model's name for it, if another."""
    show: Callable[[Any], Any] | None = None
    """The whole thing -> what is shown; None: the field as it is."""
    is_stored: bool = True
    """Lists can be filtered and sorted by it."""
    is_filter: bool = True
    """Whether lists may be narrowed by it; upstream has some that they may not."""
    is_shown: bool = True
    filtered_by: str = ""
    """The field that a filter compares with, if another."""
    spellings: Callable[[str], list[str]] | None = None
    """What a filter asks for -> all that may stand in the store for it; None: word for word."""
    ruled: Collection[str] = ()
    """Of create, update and get: those that take a rule of its own. One that the policy lacks allows nobody."""
    ruled_parts: Collection[str] = ()
    """The keys in its value whose creation and update take rules of their own."""

    @property
    def target(self) -> str:
        return self.field or self.name

    @property
    def searched(self) -> str:
        return self.filtered_by or self.target


def shown(
    name: str,
    field: str = "",
    show: Callable[[Any], Any] | None = None,
    *,
    is_filter: bool = True,
    ruled: Collection[str] = (),
) -> Attribute:
    """An attribute that no request sets."""
    return Attribute(
        name,
        field=field,
        show=show,
        is_stored=show is None,
        is_filter=is_filter,
        ruled=ruled,
    )


def only(form: Callable[[str], str]) -> Callable[[str], list[str]]:
    """The spellings of what is stored in its normal form."""
    return lambda text: [form(text)]

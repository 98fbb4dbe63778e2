"""What the routes of one kind of thing answer, made of what one thing of that kind is (`Resource.shape`)."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import UNSET, UnsetType, defstruct

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.answers import UNDECLARED, Link, some_of
from haneul.kernel.http.tables.resource import Resource


class Answers(NamedTuple):
    one: Any
    made: Any
    """One thing, or all that were made together."""
    shown: Any
    """One thing, or those of its fields that were asked for."""
    page: Any


def answers_of(resource: Resource) -> Answers:
    """What its routes answer."""
    if resource.shape is None:
        return Answers(UNDECLARED, UNDECLARED, UNDECLARED, UNDECLARED)
    shape, name, collection = resource.shape, resource.name, resource.collection
    some, title = some_of(shape), shape.__name__
    one = _holder(f"One{title}", (name, shape))
    many = _holder(f"New{title}s", (collection, list[shape]))  # type: ignore[valid-type]  # a type in a variable
    shown = _holder(f"Shown{title}", (name, some))
    links = (f"{collection}_links", list[Link] | UnsetType, UNSET)
    page = _holder(f"Page{title}s", (collection, list[some]), links)
    return Answers(one, one | many, shown, page)


def _holder(name: str, *fields: Any) -> Any:
    return defstruct(name, fields, forbid_unknown_fields=True, kw_only=True, module=__name__)


def refusals(resource: Resource, action: str) -> tuple[type[HaneulError], ...]:
    """What the route of that action can fail with."""
    own, words = resource.refusals.get(action, ()), resource.words
    unreadable = (words.invalid_value, words.invalid_operation)
    if action == "list":
        return (*unreadable, resource.not_found, *own)
    if action == "show":
        return (resource.not_found,)
    if action == "create":
        return (*unreadable, *own)
    if action == "update":
        return (*unreadable, resource.not_found, words.revised, *own)
    return (resource.not_found, words.revised, *own)

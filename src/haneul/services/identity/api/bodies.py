"""How identity's bodies are read: known fields are checked, others are kept as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, TypeVar

import msgspec

from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import InvalidField, invalid

T = TypeVar("T", bound=msgspec.Struct)

_VISIBLE = r"^[^\x00]*[^\s\x00][^\x00]*$"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_VISIBLE)]
ProjectName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=_VISIBLE)]
Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9-]+$")]
Text = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^,/\x00]*$")]


def read(shape: type[T], given: dict[str, Any], *, of: str) -> tuple[T, dict[str, Any]]:
    """The known fields of the body's `of`, and whatever else it has."""
    try:
        known = msgspec.convert(given, shape, strict=True)
    except msgspec.ValidationError as problem:
        error = invalid(problem)
        error.details["field"] = f"{of}.{error.details['field']}"
        raise error from None
    names = shape.__struct_fields__
    return known, {name: value for name, value in given.items() if name not in names}


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The fields that were sent, by name."""
    values = {name: getattr(body, name) for name in body.__struct_fields__}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}


def refuse_empty(query: Query, names: Iterable[str]) -> None:
    """400 where a filter is given without a value."""
    for name in names:
        if query.get(name) == "":
            raise InvalidField(field=name, why="'' should be non-empty", kind="value")

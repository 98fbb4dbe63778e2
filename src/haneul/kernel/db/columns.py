"""How the fields of a Struct are kept in columns: the column's type, and the way in and out."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

TIMES_KEPT = 1 << 14
"""Lists are read again and again, and are full of times: so many are parsed, and written, only once."""


def _time_out(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


@lru_cache(TIMES_KEPT)
def _time_in(text: str) -> datetime:
    return datetime.fromisoformat(text + "+00:00")


class Kind(NamedTuple):
    """How a field is kept: the column's type, and the way in and out (None: as it is)."""

    column: sa.types.TypeEngine[Any]
    out: Callable[[Any], Any] | None = None
    back: Callable[[Any], Any] | None = None


def kind(annotation: Any) -> Kind:
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        inner = kind(typing.get_args(annotation)[0])
        if any((getattr(meta, "extra", None) or {}).get(BY_CODE) for meta in annotation.__metadata__):
            return inner._replace(column=CODED)
        return inner
    if origin in (types.UnionType, typing.Union):
        kinds = [a for a in typing.get_args(annotation) if a is not types.NoneType]
        if len(kinds) == 1:
            return kind(kinds[0])
    if origin is typing.Literal:
        return Kind(sa.Text())
    if isinstance(annotation, type):
        if issubclass(annotation, enum.Enum):
            return Kind(sa.Text(), lambda e: e.value, annotation)
        if annotation is bool:
            return Kind(sa.Boolean(), None, bool)
        if annotation is int:
            return Kind(sa.BigInteger())
        if annotation is float:
            return Kind(sa.Float())
        if annotation is str:
            return Kind(sa.Text())
        if annotation is bytes:
            return Kind(sa.LargeBinary(), None, bytes)
        if annotation is datetime:
            return Kind(sa.Text(), _time_out, _time_in)
    decoder = msgspec.json.Decoder(annotation)
    return Kind(sa.Text(), lambda v: msgspec.json.encode(v).decode(), decoder.decode)


def is_optional(annotation: Any) -> bool:
    return types.NoneType in typing.get_args(annotation)


BY_CODE = "by_code"
CODED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def by_code() -> dict[str, Any]:
    """Metadata for a text that sorts by code points, whatever language the database sorts other texts by."""
    return {BY_CODE: True}


DERIVED = "derived"


def derived_field() -> dict[str, Any]:
    """Metadata for `Annotated[..., msgspec.Meta(extra=derived_field())]`: computed, never stored."""
    return {DERIVED: True}


def derived_names(model: type[msgspec.Struct]) -> list[str]:
    hints = typing.get_type_hints(model, include_extras=True)
    names = []
    for name, hint in hints.items():
        for meta in getattr(hint, "__metadata__", ()):
            if isinstance(meta, msgspec.Meta) and (meta.extra or {}).get(DERIVED):
                names.append(name)
    return names

"""What answers look like, declared with the route and true in every version.

An answer is a Schema as a request is: each field with the window of microversions that show it. A field that
has a window and no default is there in all of those versions; one that is not always there may be UNSET. The
handler gives such a Struct, or a dict of the same shape where views are put together piece by piece; the tests
hold every answer that they get against what its route declares.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Version
from haneul.kernel.db import Busy
from haneul.kernel.db.port import Unstorable
from haneul.kernel.errors import (
    HOST_FAILURES,
    BadRequest,
    Forbidden,
    HaneulError,
    MethodNotAllowed,
    NotAcceptable,
    StaleRow,
    StoreAway,
    StoreFull,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)
from haneul.kernel.http.schema import InvalidField, Window, version_text


@typing.dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class _OnlyByName(type(msgspec.Struct)):
    """Fields stand in the order of the wire, whether they have a default or not."""

    def __new__(cls, *arguments: Any, **options: Any) -> Any:
        return super().__new__(cls, *arguments, **{"kw_only": True, **options})


class Answer(msgspec.Struct, metaclass=_OnlyByName, forbid_unknown_fields=True):
    """Base of what answers hold: these fields and no others."""


class Link(Answer):
    """A link as every API of OpenStack writes it."""

    rel: str
    href: str


class TypedLink(Link):
    type: str | UnsetType = UNSET


ANY_TYPE = "*/*"
"""Of content whose type is for its owner to say."""


@dataclass(frozen=True)
class Content:
    """An answer that is no JSON of ours: bytes or a stream, of one of these types."""

    types: tuple[str, ...] = ("application/octet-stream",)


@dataclass(frozen=True)
class Undeclared:
    """Nobody has said yet what the answer holds."""


UNDECLARED: Final = Undeclared()
NONE: Final = type(None)

COMMON_ERRORS: tuple[type[HaneulError], ...] = (
    BadRequest, InvalidField, Unauthorized, Forbidden, MethodNotAllowed, NotAcceptable, TooLarge,
    UnsupportedMediaType, TooManyRequests, StaleRow, Busy, Unstorable, Unavailable, StoreAway, StoreFull, *HOST_FAILURES,
)  # fmt: skip
"""What every route can fail with, so that none declares it."""


def of_signature(hint: Any) -> Any:
    """The answer as a handler's return annotation says it."""
    if hint is NONE or hint is None:
        return None
    schema = hint.__origin__ if typing.get_origin(hint) is typing.Annotated else hint
    is_struct = isinstance(schema, type) and issubclass(schema, msgspec.Struct)
    return hint if is_struct else UNDECLARED


def is_json(answer: Any) -> bool:
    """Whether a Schema says what is in that answer."""
    return not (answer is None or answer is UNDECLARED or isinstance(answer, Content))


def in_version(schema: Any, version: Version | None) -> Any:
    """The schema as that version shows it, or None if it does not know it at all.

    Without a version it is all versions at once: what only some of them show is optional there, and what has
    had several types has its newest.
    """
    shown = _in_version(schema, version)
    return None if shown is _UNKNOWN else shown


@cache
def _names(schema: type[msgspec.Struct], version: Version) -> frozenset[str]:
    return frozenset(_wire_names(_in_version(schema, version)).values())


def shown_in(schema: type[msgspec.Struct], values: Mapping[str, Any], version: Version) -> dict[str, Any]:
    """Of these values, by their names on the wire, those that the version shows."""
    names = _names(schema, version)
    return {name: value for name, value in values.items() if name in names}


def alternatives(schema: Any) -> tuple[Any, ...]:
    """The shapes that an answer may have, where it may have several; None among them is no body."""
    is_union = typing.get_origin(schema) in (types.UnionType, typing.Union)
    return tuple(each for each in (typing.get_args(schema) if is_union else (schema,)) if each is not NONE)


def may_be_empty(answer: Any) -> bool:
    return answer is None or NONE in typing.get_args(answer)


_UNKNOWN: Final = object()


def _in_version(hint: Any, version: Version | None) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _annotated(arguments[0], hint.__metadata__, version)
    if origin in (types.UnionType, typing.Union):
        newest = [a for a in arguments if not _ends(a)] if version is None else []
        known = [each for a in newest or arguments if (each := _in_version(a, version)) is not _UNKNOWN]
        return typing.Union[tuple(known)] if known else _UNKNOWN  # noqa: UP007 - its members are in a variable
    if origin in (list, dict, tuple) and arguments:
        shown = tuple(a if a is Ellipsis else _in_version(a, version) for a in arguments)
        return typing.cast(Any, origin)[shown]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _struct_in_version(hint, version)
    return hint


def _annotated(inner: Any, notes: tuple[Any, ...], version: Version | None) -> Any:
    windows = [each for each in notes if isinstance(each, Window)]
    if version is not None and not all(w.covers(version) for w in windows):
        return _UNKNOWN
    shown = _in_version(inner, version)
    kept = [each for each in notes if not isinstance(each, Window)]
    if version is None:
        kept += [msgspec.Meta(description=window_text(w)) for w in windows]
    for each in kept:
        shown = shown if shown is _UNKNOWN else typing.Annotated[shown, each]
    return shown


@cache
def _struct_in_version(schema: type[msgspec.Struct], version: Version | None) -> Any:
    hints = typing.get_type_hints(schema, include_extras=True)
    fields: list[Any] = []
    is_same = True
    for each in msgspec.structs.fields(schema):
        hint = hints[each.name]
        shown = _in_version(hint, version)
        is_same = is_same and shown is hint
        if shown is _UNKNOWN:
            continue
        if not each.required:
            made = msgspec.field(default_factory=each.default_factory)
            fields.append((each.name, shown, each.default if each.default is not msgspec.NODEFAULT else made))
        elif version is None and _has_window(hint):
            fields.append((each.name, shown | UnsetType, UNSET))
        else:
            fields.append((each.name, shown))
    if is_same:
        return schema
    return msgspec.defstruct(
        schema.__name__,
        fields,
        module=schema.__module__,
        namespace={"__doc__": schema.__doc__},
        forbid_unknown_fields=schema.__struct_config__.forbid_unknown_fields,
        rename=_wire_names(schema),
        kw_only=True,
    )


def page_of(collection: str, shape: type[msgspec.Struct]) -> Any:
    """A list of that name, for callers who choose which fields of the things in it they want."""
    name, listed = f"Page{shape.__name__}s", list[some_of(shape)]  # type: ignore[misc]  # a type that is made
    return msgspec.defstruct(name, [(collection, listed)], forbid_unknown_fields=True, kw_only=True)


@cache
def some_of(schema: type[msgspec.Struct]) -> Any:
    """The schema for callers who choose which of its fields they want."""
    hints = typing.get_type_hints(schema, include_extras=True)
    return msgspec.defstruct(
        f"Some{schema.__name__}",
        [(name, typing.Union[hints[name], UnsetType], UNSET) for name in schema.__struct_fields__],  # noqa: UP007
        module=schema.__module__,
        namespace={"__doc__": schema.__doc__},
        forbid_unknown_fields=True,
        rename=_wire_names(schema),
        kw_only=True,
    )


def _has_window(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Annotated and any(
        isinstance(each, Window) for each in hint.__metadata__
    )


def _ends(hint: Any) -> bool:
    """Whether the newest version no longer knows it."""
    return typing.get_origin(hint) is typing.Annotated and any(
        isinstance(each, Window) and each.until for each in hint.__metadata__
    )


def _wire_names(schema: type[msgspec.Struct]) -> Mapping[str, str]:
    return {each.name: each.encode_name for each in msgspec.structs.fields(schema)}


def window_text(window: Window) -> str:
    """In words, for the documents."""
    words = []
    if window.since:
        words.append(f"Since {version_text(window.since)}.")
    if window.until:
        words.append(f"Until {version_text(window.until)}.")
    return " ".join(words)

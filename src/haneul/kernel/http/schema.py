"""Wire shapes: one Struct per resource, with the window of microversions beside each field.

A field with a window defaults to UNSET. On the way in, a windowed field that the request's version does
not know counts as an unknown one; on the way out it is left out. Errors name the field.
"""

from __future__ import annotations

import re
import types
import typing
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from haneul.kernel.context import Version
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import Within, shown

T = TypeVar("T")


class Schema(msgspec.Struct):
    """Base of wire shapes; unknown fields are ignored."""


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """Base of wire shapes whose unknown fields are errors."""


class Window(NamedTuple):
    """The versions that know a field: from `since` up to and including `until`."""

    since: Version | None = None
    until: Version | None = None

    def covers(self, version: Version) -> bool:
        return not (self.since and version < self.since) and not (self.until and version > self.until)


def since(text: str) -> Window:
    return Window(since=parse_version(text))


def until(text: str) -> Window:
    return Window(until=parse_version(text))


def between(first: str, last: str) -> Window:
    return Window(parse_version(first), parse_version(last))


def parse_version(text: str) -> Version:
    """`"2.79"` -> (2, 79); ValueError if it is not of that form."""
    major, dot, minor = text.partition(".")
    if not (dot and major.isdigit() and minor.isdigit()):
        raise ValueError(text)
    return int(major), int(minor)


def version_text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


class InvalidField(BadRequest):
    """A body that does not fit: `field` is the path, `kind` one of missing, unknown, value, json."""

    code, message = "invalid_field", "Invalid input for field {field}: {why}"


LONGEST_NAME = 255
"""So much of an unknown field's name is told to who sent it."""
MAX_DEPTH = 100
"""No API of ours nests deeper; a decoder would go down thousands of levels."""
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = bytes.maketrans(b"[{]}", b"\2\2\0\0")
_ERROR = re.compile(r"^(?P<why>.*?)(?: - at `(?:key )?(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_BOUND = re.compile(
    r"Expected `(?:str|array|object|int|float)` (?P<how>of length [<>]= |[<>]= )(?P<limit>-?[0-9.e+]+)$"
)
_STEP = re.compile(r"\[[^\]]*\]|\.[^.\[]+")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]+)`")


@cache
def _decoder(schema: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(schema, strict=True)


def decode(schema: type[T], raw: bytes, version: Version = (0, 0)) -> T:
    """The body as the schema has it in that version; InvalidField otherwise."""
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _depth(raw) > MAX_DEPTH:
        raise InvalidField(field="body", why=f"nested deeper than {MAX_DEPTH} levels", kind="json")
    try:
        value = _decoder(schema).decode(raw)
    except msgspec.ValidationError as problem:
        raise invalid(problem, raw) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InvalidField(field="body", why=f"not valid JSON: {problem}", kind="json") from None
    for path, window in _windows(schema):
        if not window.covers(version):
            _refuse_present(value, path)
    for path, bounds in _free(schema):
        for each in _holders(value, path):
            if each is not UNSET and (problem := bounds.problem(each)):
                field = ".".join(p for p in path if p != "[]") + problem[0]
                raise InvalidField(field=field.strip(".") or "body", why=problem[1], kind="value")
    return value


def _depth(raw: bytes) -> int:
    """How deep the brackets of a JSON text are nested.

    In a few passes, each of them in C: whoever sends the text must not decide how long this takes.
    """
    plain = raw.replace(b"\\\\", b"").replace(b'\\"', b"")  # so that every quote begins or ends a text
    brackets = b"".join(plain.split(b'"')[::2]).translate(_STEPS, _NOT_BRACKETS)
    return max(accumulate(brackets, _step, initial=0))


def _step(depth: int, step: int) -> int:
    return depth + step - 1


def invalid(problem: msgspec.ValidationError, raw: bytes = b"") -> InvalidField:
    """msgspec's complaint in our terms; one about a bound in those of upstream, with the value from the body."""
    match = _ERROR.match(str(problem))
    why, path = (match["why"], match["path"] or "") if match else (str(problem), "")
    if bound := _BOUND.match(why):
        return _beyond(bound, path, raw)
    path = path.removeprefix("$").removeprefix(".")
    if missing := _MISSING.match(why):
        field = f"{path}.{missing[1]}" if path else missing[1]
        return InvalidField(
            f"Invalid input for field {field}: '{missing[1]}' is a required property",
            field=field,
            why=f"'{missing[1]}' is a required property",
            kind="missing",
        )
    if unknown := _UNKNOWN.match(why):
        return _unknown(f"{path}.{unknown[1]}" if path else unknown[1])
    return InvalidField(field=path or "body", why=why, kind="value")


_BEYOND = {
    "of length <= ": "{value} is too long",
    "of length >= ": "{value} is too short",
    "<= ": "{value} is greater than the maximum of {limit}",
    ">= ": "{value} is less than the minimum of {limit}",
}
"""What upstream's validator says of each bound."""


def _beyond(bound: re.Match[str], path: str, raw: bytes) -> InvalidField:
    field, value = _where(bound["how"], _number(bound["limit"]), path, raw)
    text = "the value" if value is UNSET else shown(value)
    if isinstance(value, (list, dict)) and len(value) > 20:
        text = f"a list of {len(value)}" if isinstance(value, list) else f"an object of {len(value)}"
    why = _BEYOND[bound["how"]].format(value=text, limit=bound["limit"])
    name = field.rsplit(".", 1)[-1] or "body"
    whole = f"Invalid input for field/attribute {name}. Value: {text}. {why}"
    return InvalidField(whole, field=field or "body", why=why, kind="value")


def _number(text: str) -> float:
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _where(how: str, limit: float, path: str, raw: bytes) -> tuple[str, Any]:
    """(field, value) of what is beyond the bound; UNSET where the body does not say.

    The path has `[...]` for the value of any key: it is of the first that is beyond.
    """
    plain = path.removeprefix("$").removeprefix(".")
    try:
        places: list[tuple[str, Any]] = [("", msgspec.json.decode(raw))]
    except msgspec.DecodeError:
        return plain, UNSET
    for step in _STEP.findall(path.removeprefix("$")):
        name = step.removeprefix(".")
        following: list[tuple[str, Any]] = []
        for field, holder in places:
            if step == "[...]" and isinstance(holder, dict):
                following += [(f"{field}.{key[:LONGEST_NAME]}", value) for key, value in holder.items()]
            elif step.startswith("[") and isinstance(holder, list) and step[1:-1].isdigit():
                following.append((f"{field}{step}", holder[int(step[1:-1])]))
            elif isinstance(holder, dict) and name in holder:
                following.append((f"{field}.{name}", holder[name]))
        places = following
    for field, value in places:
        if _is_beyond(how, limit, value):
            return field.removeprefix("."), value
    return plain, UNSET


def _is_beyond(how: str, limit: float, value: Any) -> bool:
    if how.startswith("of length"):
        if not isinstance(value, (str, list, dict)):
            return False
        return len(value) > limit if "<=" in how else len(value) < limit
    if not isinstance(value, (int, float)):
        return False
    return value > limit if "<=" in how else value < limit


def _unknown(field: str) -> InvalidField:
    field = field if len(field) <= LONGEST_NAME else f"{field[:LONGEST_NAME]}..."
    name = field.rsplit(".", 1)[-1]
    why = f"Additional properties are not allowed ('{name}' was unexpected)"
    return InvalidField(why, field=field, why=why, kind="unknown")


def hide(value: Any, schema: Any, version: Version) -> Any:
    """The view as that version shows it: fields outside their windows are left out, in place."""
    for path, window in _windows(schema):
        if not window.covers(version):
            for holder in _holders(value, path[:-1]):
                setattr(holder, path[-1], UNSET)
    return value


def _refuse_present(value: Any, path: tuple[str, ...]) -> None:
    for holder in _holders(value, path[:-1]):
        if getattr(holder, path[-1]) is not UNSET:
            raise _unknown(".".join(p for p in path if p != "[]"))


def _holders(value: Any, path: tuple[str, ...]) -> typing.Iterator[Any]:
    """What the value has at that path."""
    if value is UNSET or value is None:
        return
    if not path:
        yield value
    elif path[0] == "[]":
        for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _holders(each, path[1:])
    elif isinstance(value, msgspec.Struct) and path[0] in value.__struct_fields__:
        yield from _holders(getattr(value, path[0]), path[1:])


@cache
def _free(schema: Any) -> tuple[tuple[tuple[str, ...], Within], ...]:
    """Every field below the schema that may be anything, with its bounds."""
    return tuple((path, meta) for path, meta in _walk(schema, ()) if isinstance(meta, Within))


@cache
def _windows(schema: Any) -> tuple[tuple[tuple[str, ...], Window], ...]:
    """Every windowed field below the schema, by its path; `[]` stands for the elements of a list."""
    return tuple((path, meta) for path, meta in _walk(schema, ()) if isinstance(meta, Window))


def _walk(schema: Any, path: tuple[str, ...]) -> typing.Iterator[tuple[tuple[str, ...], Any]]:
    """(path, annotation) of everything annotated below the schema."""
    origin, arguments = typing.get_origin(schema), typing.get_args(schema)
    if origin is typing.Annotated:
        yield from ((path, meta) for meta in schema.__metadata__)
        yield from _walk(arguments[0], path)
    elif origin in (types.UnionType, typing.Union):
        for each in arguments:
            yield from _walk(each, path)
    elif origin in (list, tuple, dict) and arguments:
        yield from _walk(arguments[-1] if origin is dict else arguments[0], (*path, "[]"))
    elif isinstance(schema, type) and issubclass(schema, msgspec.Struct):
        hints = typing.get_type_hints(schema, include_extras=True)
        for f in msgspec.structs.fields(schema):
            yield from _walk(hints[f.name], (*path, f.name))

"""Values as bodies may have them, and the words in which others are refused."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import msgspec

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import schema
from haneul.kernel.http.actions import Actions, Load
from haneul.kernel.ids import is_uuid
from haneul.services.block_storage import errors

T = TypeVar("T")
_KEY = re.compile(r"^[a-zA-Z0-9-_:. ]{1,255}$")
MAX_SIZE = 2**31 - 1


def shaped(kind: type[T], value: Any, field: str) -> T:
    """The value as this kind; 400 naming the field if it does not fit."""
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as problem:
        refusal = schema.invalid(problem)
        if refusal.details["kind"] in ("missing", "unknown"):
            raise refused(field, value, refusal.details["why"]) from None
        inner = refusal.details["field"].rsplit(".", 1)[-1]
        raise refused(field if inner == "body" else inner, value, refusal.details["why"]) from None


def actions(load: Load) -> Actions:
    """A table for what can be done with one kind of thing, in Cinder's words."""
    return Actions(load, _no_action, read=lambda ctx, name, argument, shape: shaped(shape, argument, name))


def _no_action(ctx: Context, name: str) -> BadRequest:
    return BadRequest(
        f"There is no such action: {name}. Verify the request body and Content-Type header and try again."
    )


def uuid(value: str, field: str) -> str:
    if not is_uuid(value):
        raise refused(field, value, f"'{value[:80]}' is not a 'uuid'")
    return value


def refused(field: str, value: Any, why: str) -> errors.InvalidField:
    shown = value if isinstance(value, str) else repr(value)
    return errors.InvalidField(field=field, value=shown[:200], why=why)


def name(value: str | None, field: str = "name") -> str | None:
    """The text without the spaces around it; at most 255 characters."""
    if value is not None and len(value) > 255:
        raise refused(field, value, f"'{value[:40]}...' is too long")
    return None if value is None else value.strip()


def size(value: int | str | None, field: str = "size") -> int | None:
    """A number of GiB, which may be written as a text."""
    if value is None:
        return None
    text = str(value)
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise refused(field, value, f"{value!r} does not match '^[0-9]+$'")
    number = int(text)
    if number < 1:
        raise refused(field, value, f"{number} is less than the minimum of 1")
    if number > MAX_SIZE:
        raise refused(field, value, f"{number} is greater than the maximum of {MAX_SIZE}")
    return number


def truth(value: bool | str | None, field: str) -> bool:
    if value is None:
        return False
    is_true = truths.COMMON.read(value)
    if is_true is None:
        raise refused(field, value, f"{value!r} is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', ...]")
    return is_true


def pairs(value: dict[str, str] | None, field: str = "metadata") -> dict[str, str]:
    """Metadata: short keys of ordinary characters, short values."""
    for key, text in (value or {}).items():
        if not _KEY.match(key):
            raise refused(
                field, value, f"'{key}' does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{{1,255}}$'"
            )
        if len(text) > 255:
            raise refused(key, text, f"'{text[:40]}...' is too long")
    return dict(value or {})

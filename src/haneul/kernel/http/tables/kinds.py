"""The kinds of values that attributes have: each check gives the value to keep, or raises ValueError saying why.

What only one service knows (addresses of networks, say) it checks by functions of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from haneul.kernel import truths
from haneul.kernel.http.bounds import Within
from haneul.kernel.ids import is_uuid

Check = Callable[[Any], Any]

INT_MAX = 2**31 - 1


def text(longest: int = 255) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError(f"'{value}' is not a valid string")
        if len(value) > longest:
            raise ValueError(f"'{value}' exceeds maximum length of {longest}")
        return value

    return check


NAME = text(255)


def line(longest: int = 255) -> Check:
    """A text that stays in its line, whatever file it is written to."""
    whole = text(longest)

    def check(value: Any) -> str:
        if not whole(value).isprintable():
            raise ValueError(f"'{value}' has characters that cannot be printed")
        return str(value)

    return check


def or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def or_empty(check: Check) -> Check:
    """The empty text stands for nothing."""
    return lambda value: value if value == "" else check(value)


TRUTHS = truths.Words(("true", "1"), ("false", "0"))


def truth(value: Any) -> bool:
    is_true = TRUTHS.read(value) if isinstance(value, (str, int)) else None
    if is_true is None:
        raise ValueError(f"'{value}' cannot be converted to boolean")
    return is_true


def integer(low: int | None = None, high: int = INT_MAX) -> Check:
    def check(value: Any) -> int:
        try:
            if isinstance(value, (bool, float)):
                raise TypeError
            number = int(value)
        except (TypeError, ValueError):
            raise ValueError(f"'{value}' is not an integer") from None
        if low is not None and number < low:
            raise ValueError(f"'{value}' is too small - must be at least '{low}'")
        if number > high:
            raise ValueError(f"'{value}' is too large - must be no larger than '{high}'")
        return number

    return check


def one_of(*choices: Any) -> Check:
    def check(value: Any) -> Any:
        if isinstance(value, (dict, list)) or value not in choices:
            raise ValueError(f"'{value}' is not in {list(choices)}")
        return value

    return check


def uuid(value: Any) -> str:
    if not is_uuid(value):
        raise ValueError(f"'{value}' is not a valid UUID")
    return str(value)


def list_of(check: Check, *, unique: bool = False, most: int = 64) -> Check:
    """A list of at most so many: each resource allows fewer of most things, in words of its own."""

    def checked(value: Any) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list):
            raise ValueError(f"'{value}' is not a list")
        if len(value) > most:
            raise ValueError(f"A list of {len(value)} items exceeds the maximum of {most}")
        values = [check(each) for each in value]
        if unique and len({msgspec.json.encode(each) for each in values}) < len(values):
            raise ValueError(f"Duplicate items in the list: '{', '.join(str(f) for f in values)}'")
        return values

    return checked


def mapping(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these keys and no others."""
    known = {**required, **(optional or {})}

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError(f"'{value}' is not a dictionary")
        missing = [k for k in required if k not in value]
        unknown = [k for k in value if k not in known]
        if missing or unknown:
            raise ValueError(
                f"Validation of dictionary's keys failed. Expected keys: {sorted(required)} "
                f"Provided keys: {sorted(value)}"
            )
        return {k: known[k](v) for k, v in value.items()}

    return check


_SMALL = Within(items=64, longest=1024)


def free_mapping(value: Any) -> dict[str, Any]:
    """Any small object."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"'{value}' is not a dictionary")
    if problem := _SMALL.problem(value):
        raise ValueError(problem[1])
    return value

"""Values that Nova takes in several spellings, read into one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import Annotated

import msgspec

from haneul.kernel import times, truths
from haneul.kernel.context import Context, Version
from haneul.kernel.errors import BadRequest
from haneul.kernel.http import InvalidField, Query
from haneul.kernel.patterns import NotAPattern, pattern
from haneul.services.compute import versions

MAX_INT = 2**31 - 1
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
TRUTHS = truths.Words(
    ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"),
    ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"),
    folds=False,
)


def refuse(field: str, value: object, why: str) -> InvalidField:
    name = field.rsplit(".", 1)[-1]
    return InvalidField(
        f"Invalid input for field/attribute {name}. Value: {value}. {why}",
        field=field,
        why=why,
        kind="value",
    )


def integer(value: int | str, field: str, *, least: int = 0, most: int = MAX_INT) -> int:
    """A number, or the digits of one, within bounds."""
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]{1,20}", value):
            raise refuse(field, value, f"{value!r} does not match '^-?[0-9]+$'")
        value = int(value)
    if value < least:
        raise refuse(field, value, f"{value} is less than the minimum of {least}")
    if value > most:
        raise refuse(field, value, f"{value} is greater than the maximum of {most}")
    return value


def integer_or_none(value: int | str | None, field: str, *, least: int = 0) -> int | None:
    return None if value is None else integer(value, field, least=least)


def truth(value: bool | str | int, field: str) -> bool:
    """A boolean in any of Nova's spellings."""
    is_true = TRUTHS.read(value)
    if is_true is None:
        raise refuse(field, value, f"{value!r} is not one of {sorted(TRUTHS.true + TRUTHS.false)}")
    return is_true


def name(value: str, field: str = "name") -> str:
    """Printable text that neither begins nor ends with a space."""
    printable = all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in value)
    if not printable or value != value.strip() or not value:
        raise refuse(field, value, f"{value!r} is not printable text without spaces around it")
    return value


def time(text: str, name: str) -> datetime:
    """A time of a query, in UTC; without a zone it is meant so."""
    try:
        return times.read_query(text)
    except ValueError:
        why = f"{text!r} is not a 'date-time'"
        raise BadRequest(f"Invalid input for query parameters {name}. Value: {text}. {why}") from None


def regular_expression(text: str, name: str) -> str:
    """A pattern that the store is searched for, in any case of letters; 400 naming the parameter if it is none."""
    try:
        pattern(expression := f"(?i){text}")
    except NotAPattern:
        why = f"'{text}' is not a 'regex'"
        raise BadRequest(f"Invalid input for query parameters {name}. Value: {text}. {why}") from None
    return expression


def only(
    ctx: Context, query: Query, known: Collection[str], since: Version = versions.STRICT_QUERIES
) -> None:
    """400 for parameters that nobody knows, from the version on that minds them."""
    if ctx.wants(since):
        for each in query.names():
            if each not in known:
                raise BadRequest(f"Additional properties are not allowed ('{each}' was unexpected)")

"""Times as object storage writes them: seconds with five digits, and whole seconds that are never too early."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_DATE = 64


def microseconds(at: datetime) -> int:
    since = at - _BEGINNING
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def timestamp(at: datetime) -> str:
    """`1700000000.12345`."""
    hundred_thousandths = microseconds(at) // 10
    return f"{hundred_thousandths // 100_000:010d}.{hundred_thousandths % 100_000:05d}"


def whole_seconds(at: datetime) -> int:
    """The first whole second that is not before it."""
    return -(-(microseconds(at) // 10) // 100_000)


def http_date(at: datetime) -> str:
    return format_datetime(datetime.fromtimestamp(whole_seconds(at), UTC), usegmt=True)


def listed(at: datetime) -> str:
    """`2030-01-01T00:00:00.123450`, as lists have it."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')[:25]}0"


def from_http_date(text: str) -> int | None:
    """The second that is meant; None if it is no date of HTTP, as if nothing was said."""
    try:
        at = parsedate_to_datetime(text[:LONGEST_DATE])
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None

"""Times as callers write them. One reader for all services, and it is total: a time in UTC, or ValueError."""

from __future__ import annotations

from datetime import UTC, datetime

LONGEST = 64


def read(text: str) -> datetime:
    """The moment that an ISO 8601 text says; without a zone UTC is meant.

    Years whose moment cannot be said in UTC (`9999-12-31T23:59:59-23:59`) are no times.
    """
    if len(text) > LONGEST:
        raise ValueError("too long for a time")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("not a time in UTC") from None


def read_query(text: str) -> datetime:
    """The same from a query string, where the plus of a zone may have become a space."""
    return read(text.strip().replace(" ", "+"))


def read_as(text: str, *forms: str) -> datetime:
    """The moment, in UTC, that the text says in one of those forms of `strptime`."""
    if len(text) <= LONGEST:
        for form in forms:
            try:
                return datetime.strptime(text, form).replace(tzinfo=UTC)
            except ValueError:
                continue
    raise ValueError("not a time of these forms")

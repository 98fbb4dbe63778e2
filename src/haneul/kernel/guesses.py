"""Secrets that somebody may try to guess: every door to one counts here, and closes after too many wrong tries.

What is counted is failures, so whoever knows the secret may come as often as they like. They are counted for
the secret as tried from one address, so that a stranger elsewhere locks nobody out; for the secret from
everywhere, ten times as many; and for the address, whatever it tries. It is asked before the secret is
checked and again after: many tries at once gain nothing. Each process counts by itself, and forgets.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from math import ceil
from typing import Annotated, ClassVar

import msgspec

from haneul.kernel.config import Section
from haneul.kernel.context import Platform
from haneul.kernel.errors import HaneulError, NotFound, TooManyRequests, Unauthorized

Most = Annotated[int, msgspec.Meta(ge=0)]
MOST_KEYS = 100_000


class GuessLimits(Section, frozen=True):
    """Read from the section `guesses`: how many wrong tries there may be in a period; 0: any number."""

    section: ClassVar[str] = "guesses"

    from_address: Most = 30
    """Of one secret from one address."""
    of_secret: Most = 300
    """Of one secret from everywhere."""
    by_address: Most = 1000
    """Of all secrets from one address."""
    period_s: Annotated[float, msgspec.Meta(gt=0)] = 60.0


class Counts:
    """How often each thing happened within its period. So many things are remembered, and no text of theirs."""

    def __init__(self, most_keys: int = MOST_KEYS) -> None:
        self._most_keys = most_keys
        self._counts: dict[bytes, tuple[datetime, int]] = {}
        """Digest -> (the period's end, how often)."""

    def require_fewer(self, key: str, most: int, now: datetime) -> None:
        """429 if it happened so often already; 0 is any number."""
        end, count = self._counts.get(_digest(key), (now, 0))
        if most and count >= most and now < end:
            raise TooManyRequests(retry_after_s=max(1, ceil((end - now).total_seconds())))

    def add(self, key: str, period_s: float, now: datetime) -> None:
        digest = _digest(key)
        end, count = self._counts.pop(digest, (now, 0))
        if end <= now:
            end, count = now + timedelta(seconds=period_s), 0
        while len(self._counts) >= self._most_keys:  # the one that was quiet for longest
            del self._counts[next(iter(self._counts))]
        self._counts[digest] = end, count + 1


def _digest(key: str) -> bytes:
    return blake2b(key.encode(errors="surrogatepass"), digest_size=16).digest()


class Failures(Counts):
    """Wrong tries, by secret and by address."""


@contextlib.contextmanager
def guarded(
    platform: Platform,
    secret: str,
    address: str,
    wrong: tuple[type[HaneulError], ...] = (Unauthorized, NotFound),
) -> Iterator[None]:
    """What is done within finds out whether the secret of that name was right; `wrong` say that it was not.

    429 if there were too many wrong tries, whether this one is right or not.
    """
    limits, failures = platform.options(GuessLimits), platform.keep(Failures)
    keys = (
        (f"{secret}\0{address}", limits.from_address),
        (f"secret\0{secret}", limits.of_secret),
        (f"address\0{address}", limits.by_address),
    )

    def require_few() -> None:
        now = platform.clock.now()
        for key, most in keys:
            failures.require_fewer(key, most, now)

    require_few()
    try:
        yield
    except wrong:
        now = platform.clock.now()
        for key, most in keys:
            if most:
                failures.add(key, limits.period_s, now)
        raise
    require_few()

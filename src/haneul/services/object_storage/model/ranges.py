"""Ranges of bytes, as `Range` asks for them (RFC 9110 §14)."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple

MOST, MOST_OVERLAPS, MOST_BACKWARDS = 50, 2, 8
"""Of ranges in one request: in all, that overlap, and that begin before the one before."""
LONGEST = 4096
_PART = re.compile(r"\s*(\d*)\s*-\s*(\d*)\s*", re.ASCII)


class Part(NamedTuple):
    offset: int
    length: int

    def of(self, size: int) -> str:
        return f"bytes {self.offset}-{self.offset + self.length - 1}/{size}"


def parts(text: str | None, size: int) -> list[Part] | None:
    """The parts that are asked for; None: everything, because that is no range; empty: there is nothing of it."""
    wanted = _read(text)
    if wanted is None:
        return None
    parts_ = []
    for first, last in wanted:
        if first is None:
            length = min(last or 0, size)
            if length:
                parts_.append(Part(size - length, length))
        elif first < size:
            parts_.append(Part(first, min(size - 1 if last is None else last, size - 1) - first + 1))
    if len(parts_) > MOST or _overlaps(parts_) > MOST_OVERLAPS:
        return []
    backwards = sum(b.offset < a.offset for a, b in itertools.pairwise(parts_))
    return [] if backwards > MOST_BACKWARDS else parts_


def _read(text: str | None) -> list[tuple[int | None, int | None]] | None:
    """(first, last) of each, as they were written; None if that is not how ranges are."""
    if not text or len(text) > LONGEST or not text.startswith("bytes="):
        return None
    wanted: list[tuple[int | None, int | None]] = []
    for each in text[6:].split(","):
        read = _PART.fullmatch(each)
        if read is None or not (read[1] or read[2]):
            return None
        first, last = (int(digits) if digits else None for digits in read.groups())
        if first is not None and last is not None and last < first:
            return None
        wanted.append((first, last))
    return wanted


def _overlaps(parts: list[Part]) -> int:
    ordered = sorted(parts)
    return sum(b.offset < a.offset + a.length for a, b in itertools.pairwise(ordered))

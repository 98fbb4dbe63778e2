"""Regular expressions of others, searched in time that grows with the text and never faster.

Python's own engine tries one way after the other, and whoever writes the pattern, or the text for one that
nests its repetitions, decides how long the whole process stands still. RE2 walks all ways at once; in exchange
it knows no references to what was found before, and no looking around. Looking ahead at the beginning
(`^(?=.*\\d)(?=.*[a-z]).{8,}$`, as rules about passwords are written) is searched as several patterns.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

LONGEST = 4096
"""Characters of a pattern; a longer one is nobody's."""
_MEMORY = 1 << 20
"""Bytes that one pattern may take while it is read and searched for."""


class NotAPattern(ValueError):
    """The message says what is wrong with it."""


class Pattern:
    """A regular expression that has been read."""

    __slots__ = ("_ahead", "_rest")

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise NotAPattern(f"longer than {LONGEST} characters")
        ahead, rest = _split(text)
        self._ahead = [(_compiled(each), is_wanted) for each, is_wanted in ahead]
        self._rest = _compiled(rest)

    def search(self, text: str) -> bool:
        """Whether the text has it somewhere."""
        if self._ahead:
            return self.match(text)  # a pattern that looks ahead is bound to the beginning
        return self._rest.search(text) is not None

    def match(self, text: str) -> bool:
        """Whether the text begins with it."""
        return self._is_seen_ahead(text) and self._rest.match(text) is not None

    def fullmatch(self, text: str) -> bool:
        """Whether it is the whole text."""
        return self._is_seen_ahead(text) and self._rest.fullmatch(text) is not None

    def _is_seen_ahead(self, text: str) -> bool:
        return all((each.match(text) is not None) is is_wanted for each, is_wanted in self._ahead)


@lru_cache(maxsize=256)
def pattern(text: str) -> Pattern:
    """The pattern as written; NotAPattern if it is none."""
    return Pattern(text)


def _compiled(text: str) -> Any:
    import re2  # takes 30 ms, and most clouds never need it

    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as problem:
        reason = problem.args[0] if problem.args else ""
        raise NotAPattern(reason.decode() if isinstance(reason, bytes) else str(problem)) from None


def _split(text: str) -> tuple[list[tuple[str, bool]], str]:
    """What is looked for ahead at the beginning (and whether it must be there), and the rest."""
    ahead = []
    rest = text.removeprefix("^") if text.startswith(("^(?=", "^(?!")) else text
    if rest is not text:
        while rest.startswith(("(?=", "(?!")):
            end = _end_of_group(rest)
            ahead.append((rest[3:end], rest[2] == "="))
            rest = rest[end + 1 :]
        rest = "^" + rest
    return ahead, rest


def _end_of_group(text: str) -> int:
    """Where the group ends with which the text begins."""
    depth, in_class = 0, False
    signs: Iterator[tuple[int, str]] = iter(enumerate(text))
    for at, sign in signs:
        if sign == "\\":
            next(signs, None)
        elif in_class:
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0:
                return at
    raise NotAPattern("missing )")

"""Truths as texts say them. The grammar is one; which words count is each API's own, and data."""

from __future__ import annotations

from collections.abc import Iterable


class Words:
    """The words of a dialect. `folds`: in any letters, and with spaces around them."""

    def __init__(self, true: Iterable[str], false: Iterable[str], *, folds: bool = True) -> None:
        self.true = tuple(true)
        self.false = tuple(false)
        self._folds = folds
        self._meanings = {**dict.fromkeys(self.true, True), **dict.fromkeys(self.false, False)}

    def read(self, value: object) -> bool | None:
        """What the text or the number means; None: it is no word for a truth."""
        if isinstance(value, bool):
            return value
        word = str(value)
        return self._meanings.get(word.strip().lower() if self._folds else word)


COMMON = Words(("1", "t", "true", "on", "y", "yes"), ("0", "f", "false", "off", "n", "no"))
"""What every service of OpenStack takes where it does not say otherwise."""

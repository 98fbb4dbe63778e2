"""Truths as texts say them."""

from __future__ import annotations

from haneul.kernel import truths


def test_each_dialect_has_its_own_words() -> None:
    strict = truths.Words(("True", "on"), ("False", "off"), folds=False)
    assert [strict.read(w) for w in ("True", "off", "true", " on", "maybe")] == [
        True,
        False,
        None,
        None,
        None,
    ]
    assert [truths.COMMON.read(w) for w in (" YES ", "f", 1, 0, False, "", None)] == [
        True, False, True, False, False, None, None
    ]  # fmt: skip

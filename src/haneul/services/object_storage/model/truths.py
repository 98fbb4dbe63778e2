"""Truths as headers and queries of object storage say them."""

from __future__ import annotations

from haneul.kernel import truths


def is_true(text: str | None) -> bool:
    """Whether the text is one of the words for it, in any letters; with a space beside it, it is none."""
    return (text or "").lower() in truths.COMMON.true

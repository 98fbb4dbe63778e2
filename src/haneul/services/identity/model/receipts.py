"""Receipts: what somebody has proved already, while more is asked of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import msgspec

LIFETIME = timedelta(minutes=5)


class Receipt(msgspec.Struct, frozen=True):
    user_id: str
    methods: tuple[str, ...]
    issued_at: str
    expires_at: str


def required_methods(options: dict[str, Any], known: Collection[str]) -> list[list[str]]:
    """The user's rules: which methods go together, where any one rule is enough; none where none is asked.

    Methods that nobody knows are not asked for: otherwise a slip would lock the user out.
    """
    if options.get("multi_factor_auth_enabled") is not True:
        return []
    rules = options.get("multi_factor_auth_rules")
    if not isinstance(rules, list):
        return []
    return [[name for name in rule if name in known] for rule in rules if isinstance(rule, list)]


def is_enough(methods: Collection[str], rules: list[list[str]]) -> bool:
    return not rules or any(set(rule) <= set(methods) for rule in rules)

"""What this API says in words of its own where its resources are tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from haneul.kernel.http.tables import Words
from haneul.services.network import errors, policy
from haneul.services.network.config import NetworkOptions


def _target(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"shared": bool(fields.get("is_shared")), "router:external": bool(fields.get("is_external"))}


WORDS = Words(
    rules=policy.RULES,
    acts_for_others=policy.CONTEXT_IS_ADMIN,
    invalid_value=errors.InvalidInput,
    invalid_operation=errors.InvalidOperation,
    revised=errors.RevisionNumberConstraintFailed,
    no_tag=errors.TagNotFound,
    most_on_page=lambda ctx: ctx.options(NetworkOptions).pagination_max_limit,
    target=_target,
)

"""Views that several resources show."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.services.identity.api.lists import links
from haneul.services.identity.model.users import User


def user_view(ctx: Context, user: User) -> dict[str, Any]:
    found = {
        **user.extra,
        "id": user.id,
        "name": user.name,
        "domain_id": user.domain_id,
        "enabled": user.enabled,
        "password_expires_at": None,
        "options": user.options,
        "links": links(ctx, f"users/{user.id}"),
    }
    if user.default_project_id is not None:
        found["default_project_id"] = user.default_project_id
    return found

"""Views that several resources show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from haneul.kernel.context import Context
from haneul.services.identity.api.lists import links
from haneul.services.identity.model.roles import Role
from haneul.services.identity.model.users import User


def moment(at: datetime | None) -> str | None:
    """A time as users are shown with it: without a zone."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f") if at else None


def user_view(ctx: Context, user: User) -> dict[str, Any]:
    document = {
        **user.extra,
        "id": user.id,
        "name": user.name,
        "domain_id": user.domain_id,
        "enabled": user.enabled,
        "password_expires_at": moment(user.password_expires_at),
        "options": user.options,
        "links": links(ctx, f"users/{user.id}"),
    }
    if user.default_project_id is not None:
        document["default_project_id"] = user.default_project_id
    return document


def role_view(ctx: Context, role: Role) -> dict[str, Any]:
    return {
        "id": role.id,
        "name": role.name,
        "domain_id": role.domain_id or None,
        "description": role.description or None,
        "options": role.options,
        "links": links(ctx, f"roles/{role.id}"),
    }

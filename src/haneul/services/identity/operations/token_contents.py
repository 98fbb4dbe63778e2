"""What a token is shown with beside what it carries: looked up when it is shown, so that it is true then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.services.identity.model.credentials import ApplicationCredential
from haneul.services.identity.model.federation import ServiceProvider
from haneul.services.identity.operations import catalog
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS
from haneul.services.identity.store.federation import SERVICE_PROVIDERS
from haneul.services.identity.store.roles import ROLES
from haneul.services.identity.store.users import USERS


class Contents(NamedTuple):
    password_expires_at: datetime | None
    roles: Sequence[tuple[str, str]]
    """(id, the name as it is now) of each."""
    catalog: list[dict[str, Any]] | None
    """None where it is not wanted, or nothing is in it without a role."""
    service_providers: Sequence[ServiceProvider]
    application_credential: ApplicationCredential | None


async def of(ctx: Context, auth: Auth, *, with_catalog: bool) -> Contents:
    """What a token of this authorisation is shown with now."""
    user = await USERS.get(ctx.tx, auth.user_id or "")
    credential_id = auth.app_credential_id
    return Contents(
        user.password_expires_at if user else None,
        await _roles(ctx, auth) if auth.roles else (),
        await catalog.of(ctx, auth) if auth.roles and with_catalog else None,
        await SERVICE_PROVIDERS.find(ctx.tx, enabled=True),
        await APPLICATION_CREDENTIALS.get(ctx.tx, credential_id) if credential_id else None,
    )


async def _roles(ctx: Context, auth: Auth) -> list[tuple[str, str]]:
    """The roles, named as they are written now."""
    names = {role.id: role.name for role in await ROLES.among(ctx.tx, "id", auth.role_ids)}
    return [(id, names.get(id, name)) for id, name in zip(auth.role_ids, auth.roles, strict=False)]

"""/users/ID/application_credentials"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema
from haneul.services.identity import policy
from haneul.services.identity.api.bodies import Name, Text, read
from haneul.services.identity.api.lists import filters, links, whole
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.credentials import ApplicationCredential
from haneul.services.identity.model.roles import Role
from haneul.services.identity.operations import access, credentials
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS

routes = Routes("/v3")
KIND = "application_credential"


class RoleReference(Schema):
    id: str | None = None
    name: str | None = None


class NewApplicationCredential(Schema):
    name: Name
    description: Text | None = None
    secret: Text | None = None
    expires_at: str | None = None
    roles: list[RoleReference] | None = None
    unrestricted: bool | None = None
    access_rules: list[dict[str, Any]] | None = None


class ApplicationCredentialBody(Schema):
    application_credential: dict[str, Any]


def view(ctx: Context, credential: ApplicationCredential, roles: dict[str, Role]) -> dict[str, Any]:
    expires_at = credential.expires_at
    path = f"users/{credential.user_id}/application_credentials/{credential.id}"
    return {
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        "system": None,
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%S.%f") if expires_at else None,
        "unrestricted": credential.unrestricted,
        "roles": [
            {"id": role.id, "name": role.name, "domain_id": role.domain_id or None}
            for id in credential.role_ids
            if (role := roles.get(id))
        ],
        "links": links(ctx, path),
    }


@routes.post(
    "/users/{user_id}/application_credentials",
    status=201,
    policy=policy.CREATE_APPLICATION_CREDENTIAL,
    transaction=False,
)
async def create(ctx: Context, user_id: str, body: ApplicationCredentialBody) -> dict[str, Any]:
    """Create an application credential for the project of one's token; its secret is shown only now."""
    new, _ = read(NewApplicationCredential, body.application_credential, of=KIND)
    if new.access_rules:
        raise Invalid(why="Access rules are not supported: they would not be enforced.")
    wanted = credentials.Wanted(
        new.name,
        new.description,
        new.secret,
        _time(new.expires_at),
        [(role.id, role.name) for role in new.roles] if new.roles else None,
        bool(new.unrestricted),
    )
    made, secret = await credentials.create_application_credential(ctx, user_id, wanted)
    async with ctx.in_reading() as c:
        found = view(c, made, await credentials.roles_of(c, [made]))
    return {KIND: {**found, "secret": secret}}


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(why="Invalid input for field application_credential.expires_at") from None


@routes.get("/users/{user_id}/application_credentials", policy=policy.LIST_APPLICATION_CREDENTIALS)
async def list_application_credentials(
    ctx: Context, user_id: str, request: Request, query: Query
) -> dict[str, Any]:
    """List the application credentials of a user."""
    ctx.authorize(access.target(user={"id": user_id}))
    wanted = [Filter("user_id", "eq", user_id), *filters(query, ("name",))]
    found = await APPLICATION_CREDENTIALS.page(ctx.tx, wanted)
    roles = await credentials.roles_of(ctx, found)
    return whole(ctx, request, "application_credentials", [view(ctx, each, roles) for each in found])


async def _find(ctx: Context, user_id: str, id: str) -> ApplicationCredential:
    ctx.authorize(access.target(user={"id": user_id}))
    found = await APPLICATION_CREDENTIALS.first(ctx.tx, id=id, user_id=user_id)
    return access.existing(found, "application credential", id)


_ONE = "/users/{user_id}/application_credentials/{application_credential_id}"


@routes.get(_ONE, policy=policy.GET_APPLICATION_CREDENTIAL)
async def show(ctx: Context, user_id: str, application_credential_id: str) -> dict[str, Any]:
    """Show an application credential."""
    found = await _find(ctx, user_id, application_credential_id)
    return {KIND: view(ctx, found, await credentials.roles_of(ctx, [found]))}


@routes.delete(_ONE, policy=policy.DELETE_APPLICATION_CREDENTIAL)
async def delete(ctx: Context, user_id: str, application_credential_id: str) -> None:
    """Delete an application credential; its tokens end."""
    await credentials.delete_application_credential(ctx, await _find(ctx, user_id, application_credential_id))

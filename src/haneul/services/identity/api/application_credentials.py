"""/users/ID/application_credentials and /users/ID/access_rules"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel import times
from haneul.kernel.context import Context
from haneul.kernel.db import Filter
from haneul.kernel.http.bounds import FEW, MANY, Document
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import answers
from haneul.services.identity.api.bodies import Name, Text, read
from haneul.services.identity.api.lists import filters, links, whole
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.credentials import AccessRule, ApplicationCredential
from haneul.services.identity.model.roles import Role
from haneul.services.identity.operations import access, application_credentials
from haneul.services.identity.operations.collections import ACCESS_RULES, APPLICATION_CREDENTIALS

routes = Routes("/v3")
KIND = "application_credential"


class RoleReference(Schema):
    id: Text | None = None
    name: Name | None = None


class NewAccessRule(Strict):
    id: Text | None = None
    service: Name | None = None
    path: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^/[^\x00]*$")] | None = None
    method: Literal["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"] | None = None


class NewApplicationCredential(Strict):
    name: Name
    description: Text | None = None
    secret: Text | None = None
    expires_at: Text | None = None
    roles: Annotated[list[RoleReference], MANY] | UnsetType = UNSET
    unrestricted: bool | None = None
    access_rules: Annotated[list[NewAccessRule], FEW] | UnsetType = UNSET


class ApplicationCredentialBody(Strict):
    application_credential: Document


def view(ctx: Context, credential: ApplicationCredential, roles: dict[str, Role]) -> dict[str, Any]:
    expires_at = credential.expires_at
    rules = {"access_rules": credential.access_rules} if credential.access_rules else {}
    path = f"users/{credential.user_id}/application_credentials/{credential.id}"
    return {
        "id": credential.id,
        "name": credential.name,
        "description": credential.description,
        "user_id": credential.user_id,
        "project_id": credential.project_id,
        # Upstream has the field, and no way to set it.
        "system": None,
        "expires_at": expires_at.strftime("%Y-%m-%dT%H:%M:%S.%f") if expires_at else None,
        "unrestricted": credential.unrestricted,
        "roles": [
            {
                "id": role.id,
                "name": role.name,
                "domain_id": role.domain_id or None,
                "description": role.description or None,
                "options": role.options,
            }
            for id in credential.role_ids
            if (role := roles.get(id))
        ],
        **rules,
        "links": links(ctx, path),
    }


def rule_view(ctx: Context, rule: AccessRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "service": rule.service,
        "path": rule.path,
        "method": rule.method,
        "links": links(ctx, f"users/{rule.user_id}/access_rules/{rule.id}"),
    }


@routes.post(
    "/users/{user_id}/application_credentials",
    status=201,
    policy=policy.CREATE_APPLICATION_CREDENTIAL,
    transaction=False,
    answer=answers.OneNewApplicationCredential,
    errors=(errors.DuplicateThing, errors.Invalid, errors.ThingNotFound, errors.TooManyThings),
)
async def create(ctx: Context, user_id: str, body: ApplicationCredentialBody) -> dict[str, Any]:
    """Create an application credential for the project of one's token; its secret is shown only now."""
    new, _ = read(NewApplicationCredential, body.application_credential, of=KIND)
    wanted = application_credentials.Wanted(
        new.name,
        new.description,
        new.secret,
        _time(new.expires_at),
        [(role.id, role.name) for role in new.roles] if new.roles else None,
        bool(new.unrestricted),
        [_rule(each) for each in new.access_rules or ()],
    )
    made, secret = await application_credentials.create(
        ctx, policy.CREATE_APPLICATION_CREDENTIAL, user_id, wanted
    )
    async with ctx.in_reading() as c:
        document = view(c, made, await application_credentials.roles_of(c, [made]))
    return {KIND: {**document, "secret": secret}}


def _rule(new: NewAccessRule) -> application_credentials.WantedRule:
    if new.id is None and not (new.service and new.path and new.method):
        raise Invalid(why="An access rule needs its id, or service, path and method.")
    return application_credentials.WantedRule(new.id, new.service or "", new.path or "", new.method or "")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return times.read(text)
    except ValueError:
        raise Invalid(why="Invalid input for field application_credential.expires_at") from None


@routes.get(
    "/users/{user_id}/application_credentials",
    policy=policy.LIST_APPLICATION_CREDENTIALS,
    answer=answers.ApplicationCredentials,
    errors=(errors.ThingNotFound,),
)
async def list_application_credentials(
    ctx: Context, user_id: str, request: Request, query: Query
) -> dict[str, Any]:
    """List the application credentials of a user."""
    ctx.authorize(policy.LIST_APPLICATION_CREDENTIALS, access.of_user(user_id))
    wanted = [Filter("user_id", "eq", user_id), *filters(query, ("name",))]
    credentials = await APPLICATION_CREDENTIALS.page(ctx, wanted)
    roles = await application_credentials.roles_of(ctx, credentials)
    return whole(ctx, request, "application_credentials", [view(ctx, each, roles) for each in credentials])


async def _find(ctx: Context, rule: Rule, user_id: str, id: str) -> ApplicationCredential:
    credential = await APPLICATION_CREDENTIALS.get(ctx, id)
    ctx.authorize(rule, access.of_user(credential.user_id if credential else user_id))
    mine = credential if credential and credential.user_id == user_id else None
    return access.existing(mine, "Application Credential", id)


_ONE = "/users/{user_id}/application_credentials/{application_credential_id}"


@routes.get(
    _ONE,
    policy=policy.GET_APPLICATION_CREDENTIAL,
    answer=answers.OneApplicationCredential,
    errors=(errors.ThingNotFound,),
)
async def show(ctx: Context, user_id: str, application_credential_id: str) -> dict[str, Any]:
    """Show an application credential."""
    credential = await _find(ctx, policy.GET_APPLICATION_CREDENTIAL, user_id, application_credential_id)
    return {KIND: view(ctx, credential, await application_credentials.roles_of(ctx, [credential]))}


@routes.delete(_ONE, policy=policy.DELETE_APPLICATION_CREDENTIAL, errors=(errors.ThingNotFound,))
async def delete(ctx: Context, user_id: str, application_credential_id: str) -> None:
    """Delete an application credential; its tokens end."""
    await application_credentials.delete(
        ctx, await _find(ctx, policy.DELETE_APPLICATION_CREDENTIAL, user_id, application_credential_id)
    )


_RULES = "/users/{user_id}/access_rules"


@routes.get(
    _RULES, policy=policy.LIST_ACCESS_RULES, answer=answers.AccessRules, errors=(errors.ThingNotFound,)
)
async def list_access_rules(ctx: Context, user_id: str, request: Request, query: Query) -> dict[str, Any]:
    """List the access rules of a user."""
    ctx.authorize(policy.LIST_ACCESS_RULES, access.of_user(user_id))
    wanted = [Filter("user_id", "eq", user_id), *filters(query, ("service", "path", "method"))]
    rules = await ACCESS_RULES.page(ctx, wanted)
    return whole(ctx, request, "access_rules", [rule_view(ctx, each) for each in rules])


@routes.get(
    _RULES + "/{access_rule_id}",
    policy=policy.GET_ACCESS_RULE,
    answer=answers.OneAccessRule,
    errors=(errors.ThingNotFound,),
)
async def show_access_rule(ctx: Context, user_id: str, access_rule_id: str) -> dict[str, Any]:
    """Show an access rule."""
    ctx.authorize(policy.GET_ACCESS_RULE, access.of_user(user_id))
    rule = await ACCESS_RULES.first(ctx, id=access_rule_id, user_id=user_id)
    return {"access_rule": rule_view(ctx, access.existing(rule, "Access Rule", access_rule_id))}


@routes.delete(_RULES + "/{access_rule_id}", policy=policy.DELETE_ACCESS_RULE, errors=(errors.ThingNotFound,))
async def delete_access_rule(ctx: Context, user_id: str, access_rule_id: str) -> None:
    """Delete an access rule that no application credential has."""
    ctx.authorize(policy.DELETE_ACCESS_RULE, access.of_user(user_id))
    await application_credentials.delete_rule(ctx, user_id, access_rule_id)

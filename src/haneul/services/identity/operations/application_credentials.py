"""Application credentials, and the access rules that restrict some of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.ids import new_hex, new_secret
from haneul.kernel.policy import Rule
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.errors import Invalid, ThingNotFound
from haneul.services.identity.model.credentials import AccessRule, ApplicationCredential
from haneul.services.identity.model.revocations import of_application_credential, time_text
from haneul.services.identity.model.roles import Role
from haneul.services.identity.operations import access, collections, passwords, scoping
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.credentials import ACCESS_RULES, APPLICATION_CREDENTIALS
from haneul.services.identity.store.roles import ROLES


class WantedRule(msgspec.Struct):
    """An access rule as it is asked for: by the id of one that is there, or by what it says."""

    id: str | None
    service: str
    path: str
    method: str


class Wanted(msgspec.Struct):
    """An application credential as it is asked for; `roles` are (id, name) pairs of which one is there."""

    name: str
    description: str | None
    secret: str | None
    expires_at: datetime | None
    roles: list[tuple[str | None, str | None]] | None
    unrestricted: bool
    access_rules: list[WantedRule]


async def create(ctx: Context, rule: Rule, user_id: str, wanted: Wanted) -> tuple[ApplicationCredential, str]:
    """The new credential and its secret, which nobody can read later. No transaction may be open."""
    ctx.authorize(rule, access.of_user(user_id))
    project_id = ctx.project_id
    async with ctx.in_reading() as c:
        await require_unrestricted(c)
    if wanted.expires_at is not None and wanted.expires_at <= ctx.now():
        raise Invalid(why="The 'expires_at' must not be before now.")
    secret = wanted.secret or new_secret(86)
    hashed = await passwords.hashed(ctx.platform, secret)
    most = ctx.options(IdentityOptions).application_credential.user_limit

    async def made(c: Context) -> ApplicationCredential:
        await access.require_fewer(
            c, collections.APPLICATION_CREDENTIALS, most, "application credentials", user_id=user_id
        )
        role_ids = await _chosen(c, wanted.roles)
        new = ApplicationCredential(
            new_hex(),
            user_id,
            project_id,
            wanted.name,
            wanted.description,
            hashed,
            role_ids,
            wanted.expires_at,
            wanted.unrestricted,
            access_rules=[_shown(await _rule(c, user_id, each)) for each in wanted.access_rules] or None,
        )
        return await access.add(c, collections.APPLICATION_CREDENTIALS, new)

    return await ctx.transact(made), secret


async def require_unrestricted(
    ctx: Context, doing: str = "managing additional application credentials"
) -> None:
    """Raise if one's token was lent to a program, unless it is trusted with all that its owner may."""
    if ctx.auth.trust_id or ctx.auth.access_token_id:
        raise Forbidden("You are not authorized to perform the requested action.")
    if ctx.auth.app_credential_id is None:
        return
    used = await APPLICATION_CREDENTIALS.get(ctx.tx, ctx.auth.app_credential_id)
    if used is None or not used.unrestricted:
        raise Forbidden(action=f"Using method 'application_credential' is not allowed for {doing}.")


async def _chosen(ctx: Context, wanted: list[tuple[str | None, str | None]] | None) -> list[str]:
    """The ids of the roles wanted, which the asker must have in the project now; by default the token's."""
    if not wanted:
        return list(ctx.auth.role_ids)
    held = {role.id: role for role in await _held(ctx)}
    by_name = {role.name: role for role in held.values()}
    chosen = []
    for id, name in wanted:
        role_held = held.get(id) if id else by_name.get(name or "")
        if role_held is None:
            if name and not id and await ROLES.first(ctx.tx, domain_id="", name=name) is None:
                raise ThingNotFound(f"Role {name} is not defined")
            raise Invalid(
                why="Invalid application credential: Could not find role assignment with role: "
                f"{id or name}, user or group: {ctx.user_id}, project, domain, or system: "
                f"{ctx.auth.project_id}."
            )
        chosen.append(role_held.id)
    return list(dict.fromkeys(chosen))


async def _held(ctx: Context) -> list[Role]:
    """The roles that may be given on: those of the token and, unless it was lent, what was given since."""
    carried = await ROLES.among(ctx.tx, "id", ctx.auth.role_ids)
    if ctx.auth.is_delegated:
        return carried
    project = await access.exists(ctx, collections.PROJECTS, ctx.project_id)
    return [*carried, *await scoping.roles_in(ctx.tx, ctx.user_id, project, time_text(ctx.now()))]


async def delete(ctx: Context, credential: ApplicationCredential) -> None:
    """The application credential is gone, and its tokens end."""
    await require_unrestricted(ctx)
    await revoke(ctx, of_application_credential(credential.id))
    await APPLICATION_CREDENTIALS.remove(ctx.tx, id=credential.id)


async def roles_of(ctx: Context, credentials: list[ApplicationCredential]) -> dict[str, Role]:
    """Every role that any of these carries, by id."""
    ids = {id for credential in credentials for id in credential.role_ids}
    return {role.id: role for role in await ROLES.among(ctx.tx, "id", ids)}


async def _rule(ctx: Context, user_id: str, wanted: WantedRule) -> AccessRule:
    """The user's rule that says just this; from now on there is one."""
    if wanted.id is not None:
        rule = await ACCESS_RULES.first(ctx.tx, id=wanted.id, user_id=user_id)
        return access.existing(rule, "Access Rule", wanted.id)
    parts = {"service": wanted.service, "path": wanted.path, "method": wanted.method}
    if rule := await ACCESS_RULES.first(ctx.tx, user_id=user_id, **parts):
        return rule
    most = ctx.options(IdentityOptions).application_credential.access_rule_limit
    await access.require_fewer(ctx, collections.ACCESS_RULES, most, "access rules", user_id=user_id)
    return await ACCESS_RULES.add(ctx.tx, AccessRule(new_hex(), user_id, **parts))


def _shown(rule: AccessRule) -> dict[str, Any]:
    return {"id": rule.id, "service": rule.service, "path": rule.path, "method": rule.method}


async def delete_rule(ctx: Context, user_id: str, id: str) -> None:
    """The access rule is gone; 403 while an application credential has it."""
    await require_unrestricted(ctx)
    if await ACCESS_RULES.first(ctx.tx, id=id, user_id=user_id) is None:
        raise ThingNotFound(kind="Access Rule", id=id)
    for credential in await APPLICATION_CREDENTIALS.find(ctx.tx, user_id=user_id):
        if any(rule["id"] == id for rule in credential.access_rules or ()):
            raise Forbidden("May not delete access rule in use")
    await ACCESS_RULES.remove(ctx.tx, id=id)

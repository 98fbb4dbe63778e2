"""Lending roles, lending on what was lent, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import policy
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.errors import DuplicateThing, Invalid, ThingNotFound
from haneul.services.identity.model.revocations import of_trust, time_text
from haneul.services.identity.model.roles import Role
from haneul.services.identity.model.trusts import MOST_REDELEGATIONS, Trust
from haneul.services.identity.operations import access, collections, scoping
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import trusts
from haneul.services.identity.store.roles import ROLES
from haneul.services.identity.store.trusts import TRUSTS

REFUSED = "You are not authorized to perform the requested action."


class Wanted(NamedTuple):
    """A trust as it is asked for; `roles` are (id, name) pairs of which one is there."""

    trustor_user_id: str
    trustee_user_id: str
    impersonation: bool
    project_id: str | None
    roles: Sequence[tuple[str | None, str | None]]
    expires_at: datetime | None
    remaining_uses: int | None
    allow_redelegation: bool
    redelegation_count: int | None


async def create(ctx: Context, rule: Rule, wanted: Wanted) -> Trust:
    """The new trust: of one's own roles, or of what a trust gave one if that may be lent on."""
    ctx.authorize(rule, access.target(trust={"trustor_user_id": wanted.trustor_user_id}))
    _refuse_delegated(ctx)
    await access.exists(ctx, collections.USERS, wanted.trustee_user_id)
    role_ids = await _role_ids(ctx, wanted.roles)
    await _require_held(ctx, wanted, role_ids)
    _require_fitting(ctx, wanted)
    parent = await TRUSTS.get(ctx.tx, ctx.auth.trust_id) if ctx.auth.trust_id else None
    trust = Trust(
        new_hex(),
        wanted.trustor_user_id,
        wanted.trustee_user_id,
        wanted.impersonation,
        wanted.project_id,
        role_ids,
        wanted.expires_at or (parent.expires_at if parent else None),
        wanted.remaining_uses,
        _redelegation_count(wanted, parent),
        parent.id if parent else None,
    )
    if ctx.auth.trust_id and not (parent and _may_be_lent_on(parent, trust)):
        raise Forbidden(REFUSED)
    most = ctx.options(IdentityOptions).trust.user_limit
    await access.require_fewer(ctx, collections.TRUSTS, most, "trusts", trustor_user_id=trust.trustor_user_id)
    await _require_new(ctx, trust)
    return await TRUSTS.add(ctx.tx, trust)


async def _role_ids(ctx: Context, roles: Sequence[tuple[str | None, str | None]]) -> list[str]:
    ids: list[str] = []
    for id, name in roles:
        if id:
            role = await access.exists(ctx, collections.ROLES, id)
        else:
            named = await ROLES.first(ctx.tx, domain_id="", name=name)
            if named is None:
                raise ThingNotFound(f"Role {name} is not defined")
            role = named
        ids.append(role.id)
    return list(dict.fromkeys(ids))


async def _require_held(ctx: Context, wanted: Wanted, role_ids: list[str]) -> None:
    """Raise unless the trustor has all those roles on the project."""
    held: set[str] = set()
    if wanted.project_id is not None:
        if not role_ids:
            raise Forbidden(action="At least one role should be specified")
        project = await access.exists(ctx, collections.PROJECTS, wanted.project_id)
        now = time_text(ctx.now())
        held = {role.id for role in await scoping.roles_in(ctx.tx, wanted.trustor_user_id, project, now)}
    for id in role_ids:
        if id not in held:
            raise ThingNotFound(kind="role", id=id)


def _require_fitting(ctx: Context, wanted: Wanted) -> None:
    if wanted.expires_at is not None and wanted.expires_at <= ctx.now():
        raise Invalid(
            why="The 'expires_at' must not be before now. The server could not comply with the request since "
            "it is either malformed or otherwise incorrect. The client is assumed to be in error."
        )
    if wanted.allow_redelegation and wanted.remaining_uses is not None:
        raise Invalid(why="remaining_uses must not be set if redelegation is allowed")


def _redelegation_count(wanted: Wanted, parent: Trust | None) -> int:
    """How many times the new trust may be lent on; 403 if that is more than it can be."""
    if not wanted.allow_redelegation:
        return 0
    most = MOST_REDELEGATIONS if parent is None else parent.redelegation_count - 1
    count = most if wanted.redelegation_count is None else wanted.redelegation_count
    if count > most:
        raise Forbidden(REFUSED)
    return count


def _may_be_lent_on(parent: Trust, new: Trust) -> bool:
    return (
        parent.redelegation_count > 0
        and new.remaining_uses is None
        and (parent.impersonation or not new.impersonation)
        and parent.project_id == new.project_id
        and set(new.role_ids) <= set(parent.role_ids)
        and (parent.expires_at is None or (new.expires_at or parent.expires_at) <= parent.expires_at)
    )


async def _require_new(ctx: Context, trust: Trust) -> None:
    """Raise if there is a trust that ends at the same time and lends the same to the same."""
    if trust.expires_at is None:
        return
    same: dict[str, Any] = {
        name: getattr(trust, name)
        for name in ("trustor_user_id", "trustee_user_id", "impersonation", "expires_at")
    }
    for each in await TRUSTS.find(ctx.tx, **same):
        if each.project_id == trust.project_id:
            raise DuplicateThing(kind="trust", details=f"Duplicate entry found with ID {trust.id}")


def _refuse_delegated(ctx: Context) -> None:
    """Who was lent rights neither sees nor changes what else is lent."""
    if ctx.auth.app_credential_id or ctx.auth.access_token_id:
        raise Forbidden(action="Delegated tokens cannot manage trusts.")


async def find(ctx: Context, rule: Rule, id: str) -> Trust:
    """The trust, if it still holds and the asker may see it."""
    _refuse_delegated(ctx)
    trust = await TRUSTS.get(ctx.tx, id)
    if trust is None or trust.is_over(ctx.now()):
        raise ThingNotFound(kind="trust", id=id)
    ctx.authorize(rule, access.target(trust=trust))
    return trust


async def listed(ctx: Context, trustor_user_id: str | None, trustee_user_id: str | None) -> list[Trust]:
    """The trusts of those people."""
    _refuse_delegated(ctx)
    parties = {"trustor_user_id": trustor_user_id, "trustee_user_id": trustee_user_id}
    filters = {name: value for name, value in parties.items() if value is not None}
    if trustor_user_id is not None:
        ctx.authorize(policy.LIST_TRUSTS_FOR_TRUSTOR, access.target(trust=filters))
    elif trustee_user_id is not None:
        ctx.authorize(policy.LIST_TRUSTS_FOR_TRUSTEE, access.target(trust=filters))
    else:
        ctx.authorize(policy.LIST_TRUSTS, {})
        return await TRUSTS.page(ctx.tx)
    return await TRUSTS.find(ctx.tx, **filters)


async def roles_of(ctx: Context, trust: Trust) -> list[Role]:
    """The roles that are lent; those that are gone by now are left out."""
    return await ROLES.among(ctx.tx, "id", trust.role_ids)


async def delete(ctx: Context, trust: Trust) -> None:
    """The trust is ended, with all that was lent on from it, and its tokens hold no longer."""
    await end(ctx, [trust])


async def end(ctx: Context, ending: list[Trust]) -> None:
    """These trusts and all made from them are gone, and so are their tokens."""
    for trust in await trusts.made_from(ctx.tx, ending):
        await revoke(ctx, of_trust(trust.id))
        await TRUSTS.remove(ctx.tx, id=trust.id)


async def end_of_user(ctx: Context, user_id: str) -> None:
    """Nothing is lent by or to that user any more."""
    await end(ctx, await TRUSTS.find(ctx.tx, trustor_user_id=user_id))
    await end(ctx, await TRUSTS.find(ctx.tx, trustee_user_id=user_id))

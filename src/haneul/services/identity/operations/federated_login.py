"""Logging in with what an identity provider asserts: from the assertion to a user, groups and roles here.

One transaction finds out whom the mapping means, makes them known here, and gives the roles that it
names; it takes back what this provider gave before and asserts no longer. The groups of the assertion
travel in the token; they count beyond it for as long as the provider's `authorization_ttl` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from msgspec.structs import replace

from haneul.kernel import races
from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.services.identity.errors import CannotMap
from haneul.services.identity.model import federation
from haneul.services.identity.model.federation import (
    ExpiringMembership,
    FederatedUser,
    IdentityProvider,
    Protocol,
)
from haneul.services.identity.model.mappings import Assertion, Mapped, MappedUser, apply
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.proofs import Proof
from haneul.services.identity.model.revocations import of_user
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import access, collections, identity_providers, mapped_projects
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import users
from haneul.services.identity.store.federation import EXPIRING_MEMBERSHIPS, FEDERATED_USERS
from haneul.services.identity.store.users import GROUPS, USERS


class Asserted(NamedTuple):
    """What a provider says of somebody, once it is certain that it was this provider.

    `remote_id` is what the provider calls itself, where that is known otherwise than by an attribute;
    `remote_user` is the name that a web server has found; `sessions` names what the provider may end.
    """

    idp_id: str
    protocol_id: str
    attributes: Assertion
    remote_id: str | None = None
    remote_user: str | None = None
    sessions: tuple[str, ...] = ()


async def allowed(ctx: Context, idp_id: str, protocol_id: str) -> tuple[IdentityProvider, Protocol]:
    """The provider and its protocol; 404 if they are not known, 403 if the provider is disabled."""
    idp = await identity_providers.get(ctx, idp_id)
    if not idp.enabled:
        raise Forbidden(f"Identity Provider {idp_id} is disabled")
    return idp, await identity_providers.protocol(ctx, idp_id, protocol_id)


async def prove(ctx: Context, asserted: Asserted) -> Proof:
    """Who it is. Users that the provider brings are known here from their first login on."""
    # a duplicate: they log in twice at once
    return await races.won(lambda: ctx.transact(_prove, asserted), lost=(Duplicate,))


async def _prove(ctx: Context, asserted: Asserted) -> Proof:
    idp, protocol = await allowed(ctx, asserted.idp_id, asserted.protocol_id)
    _require_remote_id(idp, protocol, asserted)
    mapping = await access.exists(ctx, collections.MAPPINGS, protocol.mapping_id)
    mapped = apply(mapping, asserted.attributes)
    group_ids = await _group_ids(ctx, mapped)
    sessions = {"provider_sessions": asserted.sessions} if asserted.sessions else {}
    if mapped.user.is_local:
        return Proof(*await _local(ctx, mapped.user), methods=(protocol.id,), marks=sessions)
    user, domain = await _shadow(ctx, idp, protocol, mapped.user, asserted.remote_user)
    await _remember_groups(ctx, idp, user, group_ids)
    await mapped_projects.give(ctx, idp, user, mapped.projects, takes_roles_away=mapping.takes_roles_away)
    marks = {"identity_provider_id": idp.id, "protocol_id": protocol.id, "group_ids": tuple(group_ids)}
    return Proof(user, domain, methods=(protocol.id,), marks={**marks, **sessions})


def _require_remote_id(idp: IdentityProvider, protocol: Protocol, asserted: Asserted) -> None:
    """Raise if the assertion is from another provider than the one asked for."""
    if not idp.remote_ids:
        return
    remote_ids = [asserted.remote_id] if asserted.remote_id is not None else []
    if protocol.remote_id_attribute:
        remote_ids = list(asserted.attributes.get(protocol.remote_id_attribute, ()))
        if not remote_ids:
            raise Unauthorized("Could not find Identity Provider identifier in environment")
    if any(each not in idp.remote_ids for each in remote_ids):
        raise Forbidden("Incoming identity provider identifier not included among the accepted identifiers.")


async def _group_ids(ctx: Context, mapped: Mapped) -> list[str]:
    """The groups that are meant; those given by id must exist, of those given by name some may not."""
    known = {group.id for group in await GROUPS.among(ctx.tx, "id", mapped.group_ids)}
    if missing := [id for id in mapped.group_ids if id not in known]:
        raise CannotMap(f"Group {missing[0]} returned by mapping was not found in the backend.")
    ids = list(mapped.group_ids)
    for group in mapped.groups:
        domain = await identity_providers.domain_at(ctx, group.domain)
        there = await GROUPS.first(ctx.tx, domain_id=domain.id, name=group.name)
        if there is not None:
            ids.append(there.id)
    return list(dict.fromkeys(ids))


async def _local(ctx: Context, user: MappedUser) -> tuple[User, Domain]:
    """The user that is here already."""
    if user.id:
        local = await users.with_domain(ctx.tx, user.id)
    else:
        local = await users.named(
            ctx.tx, user.name or "", domain_id=user.domain.id, domain_name=user.domain.name
        )
    if local is None:
        raise Unauthorized
    return local


async def _shadow(
    ctx: Context, idp: IdentityProvider, protocol: Protocol, mapped: MappedUser, remote_user: str | None
) -> tuple[User, Domain]:
    """The user here who is the provider's, made or brought up to date."""
    name = mapped.name or remote_user or mapped.id
    if not name:
        raise CannotMap(
            "Could not map user while setting ephemeral user identity. Either mapping rules must specify user "
            "id/name or REMOTE_USER environment variable must be set."
        )
    unique_id = quote(mapped.id or name)
    link = await FEDERATED_USERS.get(ctx.tx, idp.id, protocol.id, unique_id)
    id = link.user_id if link else federation.user_id(idp.id, protocol.id, unique_id)
    shadow = await users.with_domain(ctx.tx, id)
    if link is None:
        await FEDERATED_USERS.add(ctx.tx, FederatedUser(idp.id, protocol.id, unique_id, id))
    if shadow is not None:
        return await _brought_up_to_date(ctx, shadow[0], name, mapped.email), shadow[1]
    domain = await identity_providers.domain_at(ctx, mapped.domain, idp.domain_id)
    extra = {"email": mapped.email} if mapped.email else {}
    return await USERS.add(ctx.tx, User(id, name, domain.id, extra=extra, origin=id)), domain


async def _brought_up_to_date(ctx: Context, user: User, name: str, email: str | None) -> User:
    """The user as the provider calls them now; who is known here otherwise keeps their name."""
    if not user.origin:
        return user
    extra = {**user.extra, "email": email} if email else user.extra
    now = replace(user, name=name, extra=extra)
    return user if now == user else await USERS.update(ctx.tx, now)


async def _remember_groups(ctx: Context, idp: IdentityProvider, user: User, group_ids: Sequence[str]) -> None:
    """The user is in these groups by this provider, from now on; tokens end if one was lost."""
    before = await EXPIRING_MEMBERSHIPS.find(ctx.tx, user_id=user.id, idp_id=idp.id)
    if any(each.group_id not in group_ids for each in before):
        await revoke(ctx, of_user(user.id))
    await EXPIRING_MEMBERSHIPS.remove(ctx.tx, user_id=user.id, idp_id=idp.id)
    now = ctx.now()
    ends = now + identity_providers.lifetime(ctx, idp)
    for group_id in group_ids:
        new = ExpiringMembership(user.id, group_id, idp.id, now, ends)
        await EXPIRING_MEMBERSHIPS.add(ctx.tx, new)

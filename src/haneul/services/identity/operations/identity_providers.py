"""Identity providers, their protocols and mappings: what must hold between them, and what ends with them."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.kernel.ids import new_hex
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.errors import DuplicateThing, Invalid, ThingNotFound
from haneul.services.identity.model.federation import IdentityProvider, Protocol, RemoteId
from haneul.services.identity.model.mappings import Place
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.revocations import of_identity_provider, of_protocol
from haneul.services.identity.operations import access, collections
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store import projects
from haneul.services.identity.store.federation import (
    EXPIRING_MEMBERSHIPS,
    FEDERATED_USERS,
    IDENTITY_PROVIDERS,
    MAPPINGS,
    PROTOCOLS,
    REMOTE_IDS,
)
from haneul.services.identity.store.projects import DOMAINS


async def get(ctx: Context, id: str) -> IdentityProvider:
    """The provider; ThingNotFound if there is none of that id."""
    return await access.exists(ctx, collections.IDENTITY_PROVIDERS, id)


async def create(ctx: Context, new: IdentityProvider) -> IdentityProvider:
    """The new provider, in the domain named or else in one of its own."""
    if await IDENTITY_PROVIDERS.get(ctx.tx, new.id) is not None:
        raise DuplicateThing(kind="identity_provider", details=f"Duplicate entry: {new.id}")
    if new.domain_id:
        await access.exists(ctx, collections.DOMAINS, new.domain_id)
    else:
        id = new_hex()
        described = f"Auto generated federated domain for Identity Provider: {new.id}"
        await DOMAINS.add(ctx.tx, Domain(id, id, described))
        new = replace(new, domain_id=id)
    await _take_remote_ids(ctx, new)
    return await IDENTITY_PROVIDERS.add(ctx.tx, new)


async def update(ctx: Context, old: IdentityProvider, new: IdentityProvider) -> IdentityProvider:
    """The provider as changed; disabling it ends the tokens that it gave rise to."""
    if new.remote_ids != old.remote_ids:
        await REMOTE_IDS.remove(ctx.tx, idp_id=new.id)
        await _take_remote_ids(ctx, new)
    if old.enabled and not new.enabled:
        await revoke(ctx, of_identity_provider(new.id))
    if new.authorization_ttl != old.authorization_ttl:
        await _restate_memberships(ctx, new)
    return await IDENTITY_PROVIDERS.update(ctx.tx, new)


async def delete(ctx: Context, idp: IdentityProvider) -> None:
    """The provider is gone, with its protocols, and nobody can log in with it again.

    The users that it brought stay, with their roles; they lose what made them the provider's.
    """
    await revoke(ctx, of_identity_provider(idp.id))
    await FEDERATED_USERS.remove(ctx.tx, idp_id=idp.id)
    await EXPIRING_MEMBERSHIPS.remove(ctx.tx, idp_id=idp.id)
    await PROTOCOLS.remove(ctx.tx, idp_id=idp.id)
    await REMOTE_IDS.remove(ctx.tx, idp_id=idp.id)
    await IDENTITY_PROVIDERS.remove(ctx.tx, id=idp.id)


async def delete_in_domain(ctx: Context, domain_id: str) -> None:
    """The domain has no identity providers: it goes away itself."""
    for each in await IDENTITY_PROVIDERS.find(ctx.tx, domain_id=domain_id):
        await delete(ctx, each)


async def _take_remote_ids(ctx: Context, idp: IdentityProvider) -> None:
    for each in idp.remote_ids:
        try:
            await REMOTE_IDS.add(ctx.tx, RemoteId(each, idp.id))
        except Duplicate:
            raise DuplicateThing(kind="identity_provider", details=f"Duplicate remote ID: {each}") from None


def lifetime(ctx: Context, idp: IdentityProvider) -> timedelta:
    """For how long the groups of a login count beyond its tokens."""
    minutes = idp.authorization_ttl
    if minutes is None:
        minutes = ctx.options(IdentityOptions).federation.default_authorization_ttl
    return timedelta(minutes=minutes)


async def _restate_memberships(ctx: Context, idp: IdentityProvider) -> None:
    """What was said before lasts as long as what is said from now on."""
    for each in await EXPIRING_MEMBERSHIPS.find(ctx.tx, idp_id=idp.id):
        ends = each.verified_at + lifetime(ctx, idp)
        await EXPIRING_MEMBERSHIPS.update(ctx.tx, replace(each, expires_at=ends))


async def protocol(ctx: Context, idp_id: str, id: str) -> Protocol:
    """A protocol of the provider; ThingNotFound names both."""
    protocol = await PROTOCOLS.get(ctx.tx, idp_id, id)
    if protocol is None:
        raise ThingNotFound(f"Could not find federated protocol {id} for Identity Provider: {idp_id}.")
    return protocol


async def protocols(ctx: Context, idp_id: str) -> list[Protocol]:
    """The protocols of that provider; none if there is no such provider."""
    return await PROTOCOLS.find(ctx.tx, idp_id=idp_id)


async def offering(ctx: Context, protocol_id: str) -> list[str]:
    """The ids of the enabled providers that have the protocol."""
    protocols = await PROTOCOLS.find(ctx.tx, id=protocol_id)
    enabled = {idp.id for idp in await IDENTITY_PROVIDERS.find(ctx.tx, enabled=True)}
    return [each.idp_id for each in protocols if each.idp_id in enabled]


async def create_protocol(ctx: Context, new: Protocol) -> Protocol:
    """Users can log in by the protocol. Invalid without its mapping, DuplicateThing if the provider has it."""
    await require_mapping(ctx, new.mapping_id)
    await get(ctx, new.idp_id)
    if await PROTOCOLS.get(ctx.tx, new.idp_id, new.id) is not None:
        raise DuplicateThing(kind="federation_protocol", details=f"Duplicate entry found with ID {new.id}")
    return await PROTOCOLS.add(ctx.tx, new)


async def update_protocol(ctx: Context, changed: Protocol) -> Protocol:
    """Logins go by the other mapping from now on; Invalid if it is not there."""
    await require_mapping(ctx, changed.mapping_id)
    return await PROTOCOLS.update(ctx.tx, changed)


async def delete_protocol(ctx: Context, gone: Protocol) -> None:
    """Nobody can log in by the protocol, and the tokens of who did hold no longer."""
    await revoke(ctx, of_protocol(gone.idp_id, gone.id))
    await PROTOCOLS.remove(ctx.tx, idp_id=gone.idp_id, id=gone.id)


async def require_mapping(ctx: Context, id: str) -> None:
    """Invalid unless there is such a mapping."""
    if await MAPPINGS.get(ctx.tx, id) is None:
        raise Invalid(why=f"Invalid mapping id: {id}")


async def domain_at(ctx: Context, place: Place, default: str = "") -> Domain:
    """The domain meant; the default one (by id) if none is named."""
    named = place.id or place.name
    id = place.id if named else default
    domain = await projects.domain(ctx.tx, id=id, name=place.name)
    if domain is None:
        raise ThingNotFound(kind="domain", id=place.name if id is None else id)
    return domain

"""/OS-FEDERATION/identity_providers, and their protocols"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType, field
from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import MANY
from haneul.kernel.http.routes import Query, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.services.identity import errors, policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.bodies import Text, sent
from haneul.services.identity.api.lists import links, listing, whole
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.federation import IdentityProvider, Protocol
from haneul.services.identity.operations import identity_providers
from haneul.services.identity.operations.collections import IDENTITY_PROVIDERS

routes = Routes("/v3")
PATH = "OS-FEDERATION/identity_providers"
LONGEST_ID = 64

RemoteId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00]*$")]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
ThingId = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00]*$")]
AttributeName = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00]*$")]


class NewIdentityProvider(Strict):
    enabled: bool = False
    description: Text | None = None
    authorization_ttl: Minutes | None = None
    remote_ids: Annotated[list[RemoteId], MANY] | None = None
    domain_id: Text | None = None


class ChangedIdentityProvider(Strict):
    enabled: bool | UnsetType = UNSET
    description: Text | UnsetType | None = UNSET
    authorization_ttl: Minutes | UnsetType | None = UNSET
    remote_ids: Annotated[list[RemoteId], MANY] | UnsetType | None = UNSET


class CreateIdentityProvider(Strict):
    identity_provider: NewIdentityProvider = field(default_factory=NewIdentityProvider)


class UpdateIdentityProvider(Schema):
    identity_provider: ChangedIdentityProvider


class NewProtocol(Strict):
    mapping_id: ThingId
    remote_id_attribute: AttributeName | None = None


class ChangedProtocol(Strict):
    mapping_id: ThingId
    remote_id_attribute: AttributeName | UnsetType = UNSET


class CreateProtocol(Strict):
    protocol: NewProtocol


class UpdateProtocol(Strict):
    protocol: ChangedProtocol


def require_short(id: str) -> None:
    """Raise if the id, which the caller chose, is too long to be kept."""
    if len(id) > LONGEST_ID or "\x00" in id:
        raise Invalid(why=f"An id has at most {LONGEST_ID} characters.")


def view(ctx: Context, idp: IdentityProvider) -> dict[str, Any]:
    here = f"{PATH}/{idp.id}"
    return {
        "id": idp.id,
        "domain_id": idp.domain_id,
        "enabled": idp.enabled,
        "description": idp.description,
        "remote_ids": idp.remote_ids,
        "authorization_ttl": idp.authorization_ttl,
        "links": {**links(ctx, here), "protocols": links(ctx, f"{here}/protocols")["self"]},
    }


def protocol_view(ctx: Context, protocol: Protocol) -> dict[str, Any]:
    idp = f"{PATH}/{protocol.idp_id}"
    return {
        "id": protocol.id,
        "mapping_id": protocol.mapping_id,
        "links": {
            **links(ctx, f"{idp}/protocols/{protocol.id}"),
            "identity_provider": links(ctx, idp)["self"],
        },
    }


def _distinct(remote_ids: list[str] | None) -> list[str]:
    distinct = remote_ids or []
    if len(set(distinct)) < len(distinct):
        raise Invalid(why=f"Invalid input for field/attribute remote_ids. {distinct} has non-unique elements")
    return distinct


@routes.get(
    "/OS-FEDERATION/identity_providers",
    policy=policy.LIST_IDENTITY_PROVIDERS,
    answer=catalog_answers.IdentityProviders,
    errors=(NotFound,),
)
async def list_identity_providers(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List identity providers."""
    return await listing(
        ctx, request, query, IDENTITY_PROVIDERS, "identity_providers", view,
        texts=("id",), truths=("enabled",),
    )  # fmt: skip


@routes.put(
    "/OS-FEDERATION/identity_providers/{idp_id}",
    status=201,
    policy=policy.CREATE_IDENTITY_PROVIDER,
    answer=catalog_answers.OneIdentityProvider,
    errors=(errors.DuplicateThing, errors.Invalid, errors.ThingNotFound),
)
async def create_identity_provider(ctx: Context, idp_id: str, body: CreateIdentityProvider) -> dict[str, Any]:
    """Register an identity provider, in a domain of its own unless one is given."""
    require_short(idp_id)
    new = body.identity_provider
    idp = IdentityProvider(
        idp_id,
        new.domain_id or "",
        new.enabled,
        new.description,
        new.authorization_ttl,
        _distinct(new.remote_ids),
    )
    return {"identity_provider": view(ctx, await identity_providers.create(ctx, idp))}


@routes.get(
    "/OS-FEDERATION/identity_providers/{idp_id}",
    policy=policy.GET_IDENTITY_PROVIDER,
    answer=catalog_answers.OneIdentityProvider,
    errors=(errors.ThingNotFound,),
)
async def show_identity_provider(ctx: Context, idp_id: str) -> dict[str, Any]:
    """Show an identity provider."""
    return {"identity_provider": view(ctx, await identity_providers.get(ctx, idp_id))}


@routes.patch(
    "/OS-FEDERATION/identity_providers/{idp_id}",
    policy=policy.UPDATE_IDENTITY_PROVIDER,
    answer=catalog_answers.OneIdentityProvider,
    errors=(errors.DuplicateThing, errors.Invalid, errors.ThingNotFound),
)
async def update_identity_provider(ctx: Context, idp_id: str, body: UpdateIdentityProvider) -> dict[str, Any]:
    """Change an identity provider; disabling it ends every token that it gave rise to."""
    idp = await identity_providers.get(ctx, idp_id)
    changes = sent(body.identity_provider)
    if not changes:
        raise Invalid(why="Invalid input for field/attribute identity_provider. {} should be non-empty")
    if "remote_ids" in changes:
        changes["remote_ids"] = _distinct(changes["remote_ids"])
    changed = await identity_providers.update(ctx, idp, replace(idp, **changes))
    return {"identity_provider": view(ctx, changed)}


@routes.delete(
    "/OS-FEDERATION/identity_providers/{idp_id}",
    policy=policy.DELETE_IDENTITY_PROVIDER,
    errors=(errors.ThingNotFound,),
)
async def delete_identity_provider(ctx: Context, idp_id: str) -> None:
    """Remove an identity provider; nobody can log in with it any more."""
    await identity_providers.delete(ctx, await identity_providers.get(ctx, idp_id))


@routes.get(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols",
    policy=policy.LIST_PROTOCOLS,
    answer=catalog_answers.Protocols,
    errors=(errors.ThingNotFound,),
)
async def list_protocols(ctx: Context, idp_id: str, request: Request) -> dict[str, Any]:
    """List the protocols of an identity provider."""
    views = [
        {**protocol_view(ctx, p), "idp_id": idp_id, "remote_id_attribute": p.remote_id_attribute}
        for p in await identity_providers.protocols(ctx, idp_id)
    ]
    return whole(ctx, request, "protocols", views)


@routes.put(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
    status=201,
    policy=policy.CREATE_PROTOCOL,
    answer=catalog_answers.OneProtocol,
    errors=(errors.DuplicateThing, errors.Invalid, errors.ThingNotFound),
)
async def create_protocol(
    ctx: Context, idp_id: str, protocol_id: str, body: CreateProtocol
) -> dict[str, Any]:
    """Add a protocol to an identity provider."""
    require_short(protocol_id)
    new = Protocol(idp_id, protocol_id, body.protocol.mapping_id, body.protocol.remote_id_attribute)
    return {"protocol": protocol_view(ctx, await identity_providers.create_protocol(ctx, new))}


@routes.get(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
    policy=policy.GET_PROTOCOL,
    answer=catalog_answers.OneProtocol,
    errors=(errors.ThingNotFound,),
)
async def show_protocol(ctx: Context, idp_id: str, protocol_id: str) -> dict[str, Any]:
    """Show a protocol of an identity provider."""
    return {"protocol": protocol_view(ctx, await identity_providers.protocol(ctx, idp_id, protocol_id))}


@routes.patch(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
    policy=policy.UPDATE_PROTOCOL,
    answer=catalog_answers.OneProtocol,
    errors=(errors.Invalid, errors.ThingNotFound),
)
async def update_protocol(
    ctx: Context, idp_id: str, protocol_id: str, body: UpdateProtocol
) -> dict[str, Any]:
    """Give a protocol another mapping."""
    protocol = await identity_providers.protocol(ctx, idp_id, protocol_id)
    changed = replace(protocol, **sent(body.protocol))
    return {"protocol": protocol_view(ctx, await identity_providers.update_protocol(ctx, changed))}


@routes.delete(
    "/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}",
    policy=policy.DELETE_PROTOCOL,
    errors=(errors.ThingNotFound,),
)
async def delete_protocol(ctx: Context, idp_id: str, protocol_id: str) -> None:
    """Remove a protocol; tokens that came by it end."""
    protocol = await identity_providers.protocol(ctx, idp_id, protocol_id)
    await identity_providers.delete_protocol(ctx, protocol)

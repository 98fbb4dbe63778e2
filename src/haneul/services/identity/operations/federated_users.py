"""Users and what identity providers call them: said by an admin, or found out at a login."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote, unquote

from haneul.kernel.context import Context
from haneul.kernel.db import Duplicate
from haneul.services.identity.errors import DuplicateThing, Invalid
from haneul.services.identity.model.federation import FederatedUser
from haneul.services.identity.store.federation import FEDERATED_USERS, IDENTITY_PROVIDERS, PROTOCOLS

Link = tuple[str, str, str]
"""(identity provider, protocol, what they are called there)."""


async def write(ctx: Context, user_id: str, links: Sequence[Link]) -> None:
    """The user is known to providers as these links say, and not otherwise."""
    await FEDERATED_USERS.remove(ctx.tx, user_id=user_id)
    for idp_id, protocol_id, unique_id in links:
        if await IDENTITY_PROVIDERS.get(ctx.tx, idp_id) is None:
            raise Invalid(why=f"Could not find Identity Provider: {idp_id}")
        if await PROTOCOLS.get(ctx.tx, idp_id, protocol_id) is None:
            raise Invalid(
                why=f"Could not find federated protocol {protocol_id} for Identity Provider: {idp_id}."
            )
        try:
            await FEDERATED_USERS.add(ctx.tx, FederatedUser(idp_id, protocol_id, quote(unique_id), user_id))
        except Duplicate:
            raise DuplicateThing(kind="federated_user", details="Duplicate entry") from None


async def links_of(ctx: Context, user_id: str) -> list[Link]:
    """What providers call the user, and by which protocol."""
    links = await FEDERATED_USERS.find(ctx.tx, user_id=user_id)
    return [(each.idp_id, each.protocol_id, unquote(each.unique_id)) for each in links]

"""`federated` in users: what identity providers call them"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import MANY, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.services.identity.api.bodies import Name
from haneul.services.identity.operations.federated_users import Link, links_of


class FederatedProtocol(Strict):
    protocol_id: Text
    unique_id: Name


class FederatedObject(Strict):
    idp_id: Text
    protocols: Annotated[list[FederatedProtocol], MANY]


def links(objects: Sequence[FederatedObject]) -> list[Link]:
    return [(each.idp_id, p.protocol_id, p.unique_id) for each in objects for p in each.protocols]


async def shown(ctx: Context, user_id: str) -> dict[str, Any]:
    """What the user's view has beside the usual; nothing if no provider knows them."""
    protocols: dict[str, list[dict[str, str]]] = {}
    for idp_id, protocol_id, unique_id in await links_of(ctx, user_id):
        protocols.setdefault(idp_id, []).append({"protocol_id": protocol_id, "unique_id": unique_id})
    if not protocols:
        return {}
    return {"federated": [{"idp_id": idp_id, "protocols": each} for idp_id, each in protocols.items()]}


def filters(query: Query) -> dict[str, dict[str, str]]:
    """What lists of users are narrowed by `idp_id`, `protocol_id` and `unique_id` in a query string."""
    wanted = {name: value for name in ("idp_id", "protocol_id", "unique_id") if (value := query.get(name))}
    return {"known_as": wanted} if wanted else {}

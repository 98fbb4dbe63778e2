"""By what an identity provider asserts, by whatever protocol; or by a token that came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import LongText, Text
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.model.proofs import Method, Proof
from haneul.services.identity.operations import assertions, federated_login
from haneul.services.identity.operations.methods import token


class Federated(Schema):
    identity_provider: Text | None = None
    protocol: Text | None = None
    id: LongText | None = None


def proving(name: str) -> Callable[[Context, Federated, Request], Awaitable[Proof]]:
    """Prove it, and have tokens say that it was by the method of that name."""

    async def prove(ctx: Context, wish: Federated, request: Request) -> Proof:
        if wish.id is not None:
            proof = await token.prove(ctx, token.Token(wish.id), request)
            earlier = proof.earlier.methods if proof.earlier else ()
            return replace(proof, methods=(name, *earlier))
        if wish.identity_provider is None or wish.protocol is None:
            raise BadRequest(f"Expecting to find identity_provider and protocol in {name}.")
        identity = await assertions.asserted(ctx, wish.identity_provider, wish.protocol, request)
        return replace(await federated_login.prove(ctx, identity), methods=(name,))

    return prove


METHOD = Method("mapped", Federated, proving("mapped"))

"""The walk of OAuth 1.0a: a consumer asks, a user agrees, the consumer gets what lets it log in."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.kernel.guesses import guarded
from haneul.kernel.http.routes import Request
from haneul.kernel.ids import new_hex
from haneul.services.identity.errors import Invalid, ThingNotFound
from haneul.services.identity.model.oauth1 import (
    ACCESS_LIFETIME,
    REQUEST_LIFETIME,
    AccessToken,
    Consumer,
    RequestToken,
)
from haneul.services.identity.model.revocations import of_access_token, time_text
from haneul.services.identity.operations import access, collections, credentials, scoping, used_once
from haneul.services.identity.operations.keys import SEALING
from haneul.services.identity.operations.oauth1_signatures import AGE_S, Signed, is_signed
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.store.oauth1 import (
    ACCESS_TOKENS,
    CONSUMERS,
    REQUEST_TOKENS,
    not_sealed_by,
    seal,
)
from haneul.services.identity.store.roles import ROLES

_LETTERS = string.ascii_letters + string.digits
VERIFIER_LENGTH = 8
Secretive = TypeVar("Secretive", Consumer, RequestToken, AccessToken)


def require_own_token(ctx: Context) -> None:
    """Forbidden for who acts on somebody else's behalf: what was lent cannot lend on."""
    if ctx.auth.is_delegated:
        raise Forbidden(action="Cannot manage OAuth tokens with a token issued via delegation.")


async def ask(ctx: Context, request: Request, signed: Signed, project_id: str) -> RequestToken:
    """A consumer's wish to act in the project, to be shown to somebody who may agree."""
    with guarded(ctx.platform, f"consumer {signed.consumer_key}", request.address):
        consumer = await _consumer(ctx, signed)
        if not is_signed(ctx, request, signed, _secret(ctx, consumer), ""):
            raise Unauthorized
    await access.exists(ctx, collections.PROJECTS, project_id)
    wish = RequestToken(new_hex(), new_hex(), consumer.id, project_id, ctx.now() + REQUEST_LIFETIME)
    await REQUEST_TOKENS.add(ctx.tx, _kept(ctx, wish))
    return wish


async def agree(ctx: Context, id: str, roles: Sequence[tuple[str | None, str | None]]) -> str:
    """The user lets the consumer act with those of their roles; the verifier, for the consumer."""
    require_own_token(ctx)
    wish = await _wish(ctx, id)
    if wish.expires_at <= ctx.now():
        raise Unauthorized("Request token is expired")
    project = await access.exists(ctx, collections.PROJECTS, wish.project_id)
    now = time_text(ctx.now())
    held = {role.id: role for role in await scoping.roles_in(ctx.tx, ctx.user_id, project, now)}
    by_name = {role.name: role for role in held.values()}
    chosen = [held.get(id) if id else by_name.get(name or "") for id, name in roles]
    if None in chosen:
        raise Unauthorized("authorizing user does not have role required")
    verifier = "".join(secrets.choice(_LETTERS) for _ in range(VERIFIER_LENGTH))
    role_ids = list(dict.fromkeys(role.id for role in chosen if role))
    await REQUEST_TOKENS.update(
        ctx.tx, replace(wish, verifier=_digest(verifier), user_id=ctx.user_id, role_ids=role_ids)
    )
    return verifier


async def redeem(ctx: Context, request: Request, signed: Signed) -> AccessToken:
    """The access token for a wish that somebody agreed to; the wish is gone."""
    with guarded(ctx.platform, f"request token {signed.token}", request.address):
        consumer, wish = await _agreed(ctx, request, signed)
    await REQUEST_TOKENS.remove(ctx.tx, id=wish.id)
    expires_at = ctx.now() + ACCESS_LIFETIME
    token = AccessToken(
        new_hex(), new_hex(), consumer.id, wish.project_id, wish.user_id or "", wish.role_ids, expires_at
    )
    await ACCESS_TOKENS.add(ctx.tx, _kept(ctx, token))
    return token


async def _agreed(ctx: Context, request: Request, signed: Signed) -> tuple[Consumer, RequestToken]:
    """The wish that the request names, if it is the consumer's, who knows its verifier and secrets."""
    consumer = await _consumer(ctx, signed)
    wish = await _wish(ctx, signed.token)
    if wish.consumer_id != consumer.id or wish.expires_at <= ctx.now():
        raise Unauthorized
    if len(signed.verifier) != VERIFIER_LENGTH or not set(signed.verifier) <= set(_LETTERS):
        raise Invalid(why="Validation failed with errors: Invalid verifier format.")
    if wish.user_id is None or wish.verifier is None:
        raise Unauthorized
    if not secrets.compare_digest(wish.verifier, _digest(signed.verifier)):
        raise Unauthorized
    if not is_signed(ctx, request, signed, _secret(ctx, consumer), _secret(ctx, wish)):
        raise Unauthorized
    return consumer, wish


async def proved(ctx: Context, request: Request, signed: Signed) -> AccessToken:
    """The access token that this request was signed with; 401 if it was not."""
    with guarded(ctx.platform, f"access token {signed.token}", request.address):
        return await _proved(ctx, request, signed)


async def _proved(ctx: Context, request: Request, signed: Signed) -> AccessToken:
    token = await ACCESS_TOKENS.get(ctx.tx, signed.token)
    if token is None:
        raise ThingNotFound("Access token not found")
    consumer = await _consumer(ctx, signed)
    if token.consumer_id != consumer.id or token.expires_at <= ctx.now():
        raise Unauthorized
    if not is_signed(ctx, request, signed, _secret(ctx, consumer), _secret(ctx, token)):
        raise Unauthorized
    return token


async def use_nonce(ctx: Context, request: Signed) -> None:
    """Nobody logs in with the same signed request again; 401 if somebody did. No transaction may be open."""
    once = "\0".join(
        request.parameters.get(name, "") for name in ("consumer_key", "token", "timestamp", "nonce")
    )
    id = f"nonce {sha256(once.encode()).hexdigest()}"
    if not await used_once.use(ctx, id, ctx.now() + timedelta(seconds=2 * AGE_S)):
        raise Unauthorized


async def find_access_token(ctx: Context, user_id: str, id: str) -> AccessToken:
    """The user's access token; ThingNotFound for another's, Forbidden with a delegated token."""
    require_own_token(ctx)
    token = await ACCESS_TOKENS.first(ctx.tx, id=id, user_id=user_id)
    if token is None:
        raise ThingNotFound("Access token not found")
    return token


async def create_consumer(ctx: Context, description: str | None, extra: dict[str, Any]) -> Consumer:
    """A new consumer, with its secret in clear; it is kept sealed."""
    consumer = Consumer(new_hex(), new_hex(), description, extra)
    await CONSUMERS.add(ctx.tx, _kept(ctx, consumer))
    return consumer


async def find_consumer(ctx: Context, id: str) -> Consumer:
    """The consumer; ThingNotFound if there is none of that id."""
    consumer = await CONSUMERS.get(ctx.tx, id)
    if consumer is None:
        raise ThingNotFound("Consumer not found")
    return consumer


async def update_consumer(ctx: Context, consumer: Consumer) -> Consumer:
    """The consumer as changed; its secret stays."""
    return await CONSUMERS.update(ctx.tx, consumer)


async def delete_consumer(ctx: Context, id: str) -> None:
    """The consumer is gone, and all that it was let."""
    await find_consumer(ctx, id)
    await REQUEST_TOKENS.remove(ctx.tx, consumer_id=id)
    await end(ctx, consumer_id=id)
    await CONSUMERS.remove(ctx.tx, id=id)


async def end(ctx: Context, **equal: Any) -> None:
    """These access tokens are gone, and so are the tokens made by them."""
    for token in await ACCESS_TOKENS.find(ctx.tx, **equal):
        await revoke(ctx, of_access_token(token.id))
        await ACCESS_TOKENS.remove(ctx.tx, id=token.id)


async def roles_of(ctx: Context, token: AccessToken) -> list[Any]:
    """The roles that the user agreed to lend; those that are gone by now are left out."""
    return await ROLES.among(ctx.tx, "id", token.role_ids)


def _digest(verifier: str) -> str:
    """As it is kept: nobody who reads the store can redeem a wish."""
    return sha256(verifier.encode()).hexdigest()


def _kept(ctx: Context, thing: Secretive) -> Secretive:
    """The thing as it is stored."""
    return replace(thing, secret=credentials.sealed(ctx, thing.secret))


def _secret(ctx: Context, thing: Consumer | RequestToken | AccessToken) -> str:
    """Its secret in clear; clouds of before kept them so."""
    return credentials.unsealed(ctx, thing.secret) if _is_sealed(thing.secret) else thing.secret


def _is_sealed(secret: str) -> bool:
    return ":" in secret


async def seal_anew(ctx: Context) -> int:
    """Some of the secrets that are not sealed with the newest key are so now; how many."""
    name, _ = SEALING.newest(ctx.platform.folder)
    count = 0
    for rows in (CONSUMERS, REQUEST_TOKENS, ACCESS_TOKENS):
        for id, secret in await not_sealed_by(ctx.tx, rows, name, limit=credentials.BATCH):
            clear = credentials.unsealed(ctx, secret) if _is_sealed(secret) else secret
            await seal(ctx.tx, rows, id, old=secret, new=credentials.sealed(ctx, clear))
            count += 1
    return count


async def _consumer(ctx: Context, request: Signed) -> Consumer:
    return await find_consumer(ctx, request.consumer_key)


async def _wish(ctx: Context, id: str) -> RequestToken:
    request_token = await REQUEST_TOKENS.get(ctx.tx, id)
    if request_token is None:
        raise ThingNotFound("Request token not found")
    return request_token

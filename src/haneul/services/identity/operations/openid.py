"""OpenID Connect providers: what they say of themselves, their keys, and whether a token is really theirs.

What a provider says of itself is kept for a while; its keys too, but a token that names a key which is not
among them makes us ask again, at most every few seconds. Nothing is believed of a token, not even how it
is signed, beyond what the options allow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized, Unavailable
from haneul.kernel.outside import authorities
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.config.federation import OpenIdProvider

if TYPE_CHECKING:
    import jwt

logger = structlog.get_logger(__name__)
T = TypeVar("T")
KEPT_S = 3600.0
ASKED_AGAIN_S = 5.0
LARGEST_ANSWER = 1 << 20


class Metadata(msgspec.Struct):
    """What we need of a provider's discovery document."""

    issuer: str
    jwks_uri: str | None = None
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    userinfo_endpoint: str | None = None
    introspection_endpoint: str | None = None


class _Known:
    """What this process knows of one provider; times are of the event loop's clock."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.metadata: Metadata | None = None
        self.metadata_at = 0.0
        self.keys: dict[str, dict[str, Any]] = {}
        self.keys_at: float | None = None
        self.failed_at: float | None = None


class _Providers(dict[tuple[str, str], _Known]):
    """What is known of each identity provider, by its id and issuer."""


def provider(ctx: Context, idp_id: str) -> OpenIdProvider | None:
    """How to talk to the identity provider, if it is one of OpenID Connect."""
    return ctx.options(IdentityOptions).federation.openid.get(idp_id)


async def claims_of(ctx: Context, idp_id: str, options: OpenIdProvider, token: str) -> dict[str, Any]:
    """What the provider claims in a bearer token; 401 unless it is its own, for us, and holds now."""
    if token.count(".") == 2:
        audiences = options.audiences or (options.client_id,)
        return await verified(ctx, idp_id, options, token, audiences)
    if options.introspect:
        return await _introspected(ctx, idp_id, options, token)
    raise Unauthorized


async def verified(
    ctx: Context, idp_id: str, options: OpenIdProvider, token: str, audiences: Sequence[str]
) -> dict[str, Any]:
    """The claims of a JWT; 401 unless provider, audience, time, key and algorithm are as they must be."""
    import jwt

    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in options.algorithms:
            raise jwt.InvalidAlgorithmError(f"signed with {algorithm!r}")
        key = await _key(ctx, idp_id, options, header.get("kid"), algorithm)
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[algorithm],
            audience=list(audiences),
            issuer=options.issuer,
            leeway=options.leeway_s,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as problem:
        logger.info("token refused", idp_id=idp_id, why=f"{type(problem).__name__}: {problem}")
        raise Unauthorized from None
    return claims


async def _key(ctx: Context, idp_id: str, options: OpenIdProvider, kid: Any, algorithm: str) -> jwt.PyJWK:
    """The provider's key of that id, for that algorithm."""
    import jwt

    known = _of(ctx, idp_id, options)
    now = asyncio.get_running_loop().time()
    wanted = kid if isinstance(kid, str) else ""
    async with known.lock:
        age = None if known.keys_at is None else now - known.keys_at
        is_missing = wanted not in known.keys and bool(wanted or not known.keys)
        if age is None or age > KEPT_S or (is_missing and age > ASKED_AGAIN_S):
            known.keys = await _patiently(known, now, idp_id, _fetched_keys(ctx, idp_id, options))
            known.keys_at = now
    key = known.keys.get(wanted)
    if key is None and kid is None and len(known.keys) == 1:
        [key] = known.keys.values()
    if key is None:
        raise jwt.InvalidKeyError(f"no key {kid!r}")
    if (key.get("alg", algorithm), key.get("use", "sig")) != (algorithm, "sig"):
        raise jwt.InvalidKeyError(f"the key {kid!r} is not for signatures with {algorithm}")
    return jwt.PyJWK(key, algorithm)


async def _patiently(known: _Known, now: float, idp_id: str, asking: Coroutine[Any, Any, T]) -> T:
    """What asking gives; a provider that did not answer just now is not asked again at once."""
    if known.failed_at is not None and now - known.failed_at < ASKED_AGAIN_S:
        asking.close()
        raise Unavailable(f"Identity Provider {idp_id} does not answer.")
    try:
        return await asking
    except (Unavailable, Unauthorized):
        known.failed_at = now
        raise


async def _fetched_keys(ctx: Context, idp_id: str, options: OpenIdProvider) -> dict[str, dict[str, Any]]:
    """The keys that the provider publishes and that can sign, by id."""
    url = options.jwks_uri or (await metadata(ctx, idp_id, options)).jwks_uri
    if not url:
        raise Unavailable(f"Identity Provider {idp_id} does not say where its keys are.")
    keys = (await fetch(idp_id, options, "GET", url)).get("keys")
    return {
        str(each.get("kid") or ""): each
        for each in (keys if isinstance(keys, list) else ())
        if isinstance(each, dict) and each.get("kty") in ("RSA", "EC", "OKP")
    }


async def metadata(ctx: Context, idp_id: str, options: OpenIdProvider) -> Metadata:
    """What the provider says of itself; 503 if it cannot be asked or is not who it should be."""
    known = _of(ctx, idp_id, options)
    now = asyncio.get_running_loop().time()
    if known.metadata is None or now - known.metadata_at > KEPT_S:
        url = f"{options.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            metadata_ = msgspec.convert(await fetch(idp_id, options, "GET", url), Metadata)
        except msgspec.ValidationError as problem:
            raise Unavailable(f"Identity Provider {idp_id} says nonsense of itself: {problem}.") from None
        if metadata_.issuer != options.issuer:
            raise Unavailable(f"Identity Provider {idp_id} calls itself {metadata_.issuer}.")
        known.metadata, known.metadata_at = metadata_, now
    return known.metadata


def _of(ctx: Context, idp_id: str, options: OpenIdProvider) -> _Known:
    providers = ctx.platform.keep(_Providers)
    return providers.setdefault((idp_id, options.issuer), _Known())


async def _introspected(ctx: Context, idp_id: str, options: OpenIdProvider, token: str) -> dict[str, Any]:
    """What the provider says of a token that only it can read."""
    url = (await metadata(ctx, idp_id, options)).introspection_endpoint
    if not url:
        raise Unauthorized
    claims = await fetch(idp_id, options, "POST", url, {"token": token}, is_confidential=True)
    audience = claims.get("aud", claims.get("client_id"))
    names = audience if isinstance(audience, list) else [audience]
    is_for_us = bool(set(options.audiences or (options.client_id,)) & {str(name) for name in names})
    expires_at = claims.get("exp")
    is_over = isinstance(expires_at, int | float) and expires_at <= ctx.now().timestamp()
    is_theirs = claims.get("iss", options.issuer) == options.issuer
    if claims.get("active") is not True or not is_for_us or is_over or not is_theirs:
        raise Unauthorized
    return claims


async def fetch(
    idp_id: str,
    options: OpenIdProvider,
    method: str,
    url: str,
    form: dict[str, str] | None = None,
    *,
    is_confidential: bool = False,
    bearer: str | None = None,
) -> dict[str, Any]:
    """The JSON object at a URL of the provider: 401 if it refuses what was asked, 503 if it is not well.

    Redirections are not followed: nobody but the provider that the options name is asked anything.
    """
    import httpx

    headers = {"Accept": "application/json"}
    if bearer is not None:
        headers["Authorization"] = f"Bearer {bearer}"
    auth = (options.client_id, options.client_secret) if is_confidential and options.client_secret else None
    try:
        async with (
            httpx.AsyncClient(verify=authorities(), timeout=options.timeout_s, trust_env=False) as client,
            client.stream(method, url, data=form, headers=headers, auth=auth) as answer,
        ):
            content = b""
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > LARGEST_ANSWER:
                    raise Unavailable(f"Identity Provider {idp_id} answers too much.")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        logger.warning("identity provider does not answer", idp_id=idp_id, why=type(problem).__name__)
        raise Unavailable(f"Identity Provider {idp_id} does not answer.") from None
    if answer.status_code in (400, 401, 403):
        raise Unauthorized
    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError:
        document = None
    if answer.status_code != 200 or not isinstance(document, dict):
        raise Unavailable(f"Identity Provider {idp_id} answers with {answer.status_code}.")
    return document

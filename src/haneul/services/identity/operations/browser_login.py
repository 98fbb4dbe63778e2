"""Logging in with a browser, to go back to a dashboard: OpenID Connect's code flow (RFC 6749, 7636), and SAML.

    dashboard ─► begin ─► provider, where they log in ─► complete ─► dashboard, with a token

What must be remembered between the two steps is in a sealed cookie of that browser: the state that the
provider must give back, the nonce that its token must name, the secret that our code is worth nothing
without, and where to go then. Nothing is stored here. A login that was begun in one browser cannot be
completed in another, and neither somebody else's code nor an old one is of use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import msgspec
from cryptography.fernet import InvalidToken

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized, Unavailable
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.config.federation import OpenIdProvider, SamlProvider
from haneul.services.identity.errors import Invalid
from haneul.services.identity.model.claims import attributes
from haneul.services.identity.operations import openid, saml
from haneul.services.identity.operations.federated_login import Asserted
from haneul.services.identity.operations.keys import SEALING
from haneul.services.identity.operations.saml import Addresses

PATIENCE_S = 600
COOKIE = "haneul-login-"


class Login(msgspec.Struct, frozen=True):
    """A login that was begun; the `nonce` of one by SAML is the id of our request."""

    idp_id: str
    protocol_id: str
    origin: str
    redirect_uri: str
    state: str
    nonce: str
    verifier: str = ""


class Begun(NamedTuple):
    """Where to send the browser, and the cookie to give it."""

    location: str
    cookie: str
    value: str


def require_trusted(ctx: Context, origin: str | None) -> str:
    """The dashboard to go back to: 400 if none is named, 401 if it is not one of ours."""
    if not origin:
        raise Invalid(why="Request must have an origin query parameter")
    if origin not in ctx.options(IdentityOptions).federation.trusted_dashboards:
        raise Unauthorized(f"{origin} is not a trusted dashboard host")
    return origin


async def begin(
    ctx: Context, options: OpenIdProvider, idp_id: str, protocol_id: str, origin: str, redirect_uri: str
) -> Begun:
    """Somebody is sent to the provider, to come back to `redirect_uri`."""
    endpoint = (await openid.metadata(ctx, idp_id, options)).authorization_endpoint
    if not endpoint:
        raise Unavailable(f"Identity Provider {idp_id} has no logins for browsers.")
    login = Login(
        idp_id,
        protocol_id,
        origin,
        redirect_uri,
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(32),
        secrets.token_urlsafe(48),
    )
    parameters = {
        "response_type": "code",
        "client_id": options.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(options.scopes),
        "state": login.state,
        "nonce": login.nonce,
        "code_challenge": _digest(login.verifier),
        "code_challenge_method": "S256",
    }
    joint = "&" if urlsplit(endpoint).query else "?"
    return _sent(ctx, f"{endpoint}{joint}{urlencode(parameters)}", login)


async def begin_saml(
    ctx: Context, options: SamlProvider, idp_id: str, protocol_id: str, origin: str, at: Addresses
) -> Begun:
    """Somebody is sent to the provider; their browser will post its response to `at.consumer`."""
    state = secrets.token_urlsafe(32)
    request, location = await saml.request(options, at, state)
    return _sent(ctx, location, Login(idp_id, protocol_id, origin, at.consumer, state, request))


def _sent(ctx: Context, location: str, login: Login) -> Begun:
    _, seal = SEALING.newest(ctx.platform.folder)
    value = seal.encrypt(msgspec.json.encode(login)).decode()
    return Begun(location, _cookie_of(login.state), value)


def begun(ctx: Context, idp_id: str, protocol_id: str, state: str, cookies: dict[str, str]) -> Login:
    """The login that this state belongs to; 401 unless this browser began it, with this provider, just now."""
    value = cookies.get(_cookie_of(state), "").encode("ascii", "replace")
    for seal in SEALING.keys(ctx.platform.folder).values():
        try:
            login = msgspec.json.decode(seal.decrypt(value, ttl=PATIENCE_S), type=Login)
        except (InvalidToken, msgspec.MsgspecError):
            continue
        is_theirs = (login.idp_id, login.protocol_id) == (idp_id, protocol_id)
        if is_theirs and hmac.compare_digest(login.state.encode(), state.encode()):
            return login
    raise Unauthorized


async def complete(ctx: Context, options: OpenIdProvider, login: Login, code: str) -> Asserted:
    """What the provider says of whoever has just logged in there."""
    endpoints = await openid.metadata(ctx, login.idp_id, options)
    if not endpoints.token_endpoint:
        raise Unavailable(f"Identity Provider {login.idp_id} has no tokens for us.")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": login.redirect_uri,
        "code_verifier": login.verifier,
        "client_id": options.client_id,
    }
    tokens = await openid.fetch(
        login.idp_id, options, "POST", endpoints.token_endpoint, form, is_confidential=True
    )
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise Unauthorized
    claims = await openid.verified(ctx, login.idp_id, options, token, (options.client_id,))
    is_for_us = claims.get("azp", options.client_id) == options.client_id
    if claims.get("nonce") != login.nonce or not is_for_us:
        raise Unauthorized
    more = await _userinfo(options, login, endpoints.userinfo_endpoint, tokens.get("access_token"))
    if more.get("sub", claims["sub"]) != claims["sub"]:
        raise Unauthorized
    attributes_ = attributes({**more, **claims})
    return Asserted(login.idp_id, login.protocol_id, attributes_, remote_id=options.issuer)


async def _userinfo(
    options: OpenIdProvider, login: Login, url: str | None, access_token: Any
) -> dict[str, Any]:
    """What the provider says beyond its token; nothing if it does not say more."""
    if not url or not isinstance(access_token, str):
        return {}
    return await openid.fetch(login.idp_id, options, "GET", url, bearer=access_token)


def _cookie_of(state: str) -> str:
    """Each login has its own, so that several may be under way."""
    return COOKIE + hashlib.sha256(state.encode()).hexdigest()[:16]


def _digest(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

"""/auth/OS-FEDERATION/websso: logging in with a browser, and going back to a dashboard with a token"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http import Content
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.identity import errors
from haneul.services.identity.api.forms import fields
from haneul.services.identity.api.lists import base
from haneul.services.identity.api.saml import addresses
from haneul.services.identity.errors import ThingNotFound
from haneul.services.identity.model.proofs import Scope
from haneul.services.identity.operations import (
    assertions,
    authentication,
    browser_login,
    federated_login,
    identity_providers,
    openid,
    saml,
    tokens,
)
from haneul.services.identity.operations.browser_login import Begun
from haneul.services.identity.operations.federated_login import Asserted

routes = Routes("/v3")
LARGEST_FORM = 1 << 20
_HERE = "/auth/OS-FEDERATION/identity_providers/{idp_id}"
NOT_LOGGED_IN = (errors.CannotMap, errors.Invalid, errors.InvalidRules, errors.ThingNotFound)
"""What a log-in by way of another provider can fail with."""
LOG_IN: dict[str, Any] = {
    "auth": False,
    "transaction": False,
    "answer": Content(("text/html",)),
    "other_answers": {302: None},
    "errors": NOT_LOGGED_IN,
}
"""Who comes has no token yet; a page sends them to the dashboard with one, or they are sent to their provider."""
_SUBMIT = "document.forms[0].submit()"
_SUBMIT_HASH = base64.b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()


@routes.get("/auth/OS-FEDERATION/websso/{protocol_id}", **LOG_IN)
@routes.post("/auth/OS-FEDERATION/websso/{protocol_id}", **LOG_IN)
async def log_in(ctx: Context, protocol_id: str, request: Request, query: Query) -> Reply:
    """Log in with the only identity provider that this can mean, and go back to `origin`."""
    async with ctx.in_reading() as c:
        offering = await identity_providers.offering(c, protocol_id)
    idp_ids = [id for id in offering if _is_native(ctx, id) or _by_proxy(ctx, id, protocol_id, request)]
    if len(idp_ids) != 1:
        raise Unauthorized
    return await _log_in(ctx, idp_ids[0], protocol_id, request, query)


@routes.get(f"{_HERE}/protocols/{{protocol_id}}/websso", **LOG_IN)
@routes.get(f"{_HERE}/protocol/{{protocol_id}}/websso", **LOG_IN)
async def log_in_with(ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query) -> Reply:
    """Log in with this identity provider, and go back to `origin`. OpenID providers send people back here."""
    state = query.get("state")
    if state is None:
        return await _log_in(ctx, idp_id, protocol_id, request, query)
    login = browser_login.begun(ctx, idp_id, protocol_id, state, _cookies(request))
    options, code = openid.provider(ctx, idp_id), query.get("code")
    if options is None or code is None:
        raise Unauthorized
    await _require_allowed(ctx, idp_id, protocol_id)
    return await _back(ctx, login.origin, await browser_login.complete(ctx, options, login, code))


@routes.post(f"{_HERE}/protocols/{{protocol_id}}/websso", **LOG_IN)
async def log_in_with_form(
    ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query
) -> Reply:
    """The same; SAML providers send people back here, with a form."""
    form = await fields(request, LARGEST_FORM)
    response = form.get("SAMLResponse")
    if response is None:
        return await _log_in(ctx, idp_id, protocol_id, request, query)
    state = form.get("RelayState") or ""
    login = browser_login.begun(ctx, idp_id, protocol_id, state, _cookies(request))
    options = saml.provider(ctx, idp_id)
    if options is None:
        raise Unauthorized
    await _require_allowed(ctx, idp_id, protocol_id)
    at = addresses(ctx, idp_id, protocol_id)
    identity = await saml.complete(
        ctx, options, at, idp_id, protocol_id, request_id=login.nonce, text=response
    )
    return await _back(ctx, login.origin, identity)


@routes.get(
    f"{_HERE}/protocols/{{protocol_id}}/saml2/metadata",
    auth=False,
    transaction=False,
    answer=Content(("application/samlmetadata+xml",)),
    errors=(errors.ThingNotFound,),
)
async def show_saml_metadata(ctx: Context, idp_id: str, protocol_id: str) -> Reply:
    """What a SAML identity provider must know of this cloud, as XML. Its URL is our entity id."""
    options = saml.provider(ctx, idp_id)
    if options is None:
        raise ThingNotFound(kind="SAML Identity Provider", id=idp_id)
    content = await saml.metadata(options, addresses(ctx, idp_id, protocol_id))
    return Reply(content, content_type="application/samlmetadata+xml")


def _is_native(ctx: Context, idp_id: str) -> bool:
    return openid.provider(ctx, idp_id) is not None or saml.provider(ctx, idp_id) is not None


async def _log_in(ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query) -> Reply:
    """Back to the dashboard at once if a web server knows who it is; to the provider otherwise."""
    origin = browser_login.require_trusted(ctx, query.get("origin"))
    await _require_allowed(ctx, idp_id, protocol_id)
    identity = _by_proxy(ctx, idp_id, protocol_id, request)
    if identity is not None:
        return await _back(ctx, origin, identity)
    at = addresses(ctx, idp_id, protocol_id)
    if (of_openid := openid.provider(ctx, idp_id)) is not None:
        begun = await browser_login.begin(ctx, of_openid, idp_id, protocol_id, origin, at.consumer)
        return _sent(ctx, begun, same_site="Lax")
    if (of_saml := saml.provider(ctx, idp_id)) is not None:
        begun = await browser_login.begin_saml(ctx, of_saml, idp_id, protocol_id, origin, at)
        return _sent(ctx, begun, same_site="None")  # its response is a form that another site posts
    raise Unauthorized


def _sent(ctx: Context, begun: Begun, *, same_site: str) -> Reply:
    """To the provider, with a cookie; browsers take one for other sites' forms over TLS only."""
    is_secure = base(ctx).startswith("https:")
    kept = f"Max-Age={browser_login.PATIENCE_S}; Path=/; HttpOnly"
    site = f"SameSite={same_site}; Secure" if is_secure else "SameSite=Lax"
    headers = {
        "Location": begun.location,
        "Set-Cookie": f"{begun.cookie}={begun.value}; {kept}; {site}",
        "Cache-Control": "no-store",
    }
    return Reply(status=302, headers=headers)


async def _require_allowed(ctx: Context, idp_id: str, protocol_id: str) -> None:
    async with ctx.in_reading() as c:
        await federated_login.allowed(c, idp_id, protocol_id)


def _by_proxy(ctx: Context, idp_id: str, protocol_id: str, request: Request) -> Asserted | None:
    return assertions.by_proxy(ctx, idp_id, protocol_id, request)


async def _back(ctx: Context, origin: str, identity: Asserted) -> Reply:
    """A page that sends a token without a scope to the dashboard."""
    proof = await federated_login.prove(ctx, identity)
    auth = await authentication.authorize(ctx, proof, Scope("unscoped"))
    token = escape(tokens.mint(ctx.platform, auth))
    page = (
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>Single sign-on</title></head><body>"
        f"<form action='{escape(origin)}' method='post'>"
        f"<input type='hidden' name='token' value='{token}'>"
        "<noscript><p>You are logged in.</p><button>Go on</button></noscript>"
        f"</form><script>{_SUBMIT}</script></body></html>"
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"default-src 'none'; script-src 'sha256-{_SUBMIT_HASH}'; "
        "frame-ancestors 'none'; base-uri 'none'",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Reply(page.encode(), headers=headers, content_type="text/html; charset=utf-8")


def _cookies(request: Request) -> dict[str, str]:
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(request.header("Cookie") or "")
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in cookies.items()}

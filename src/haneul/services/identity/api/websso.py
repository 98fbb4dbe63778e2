"""/auth/OS-FEDERATION/websso: logging in with a browser, and going back to a dashboard with a token"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from http.cookies import CookieError, SimpleCookie

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.services.identity.api.lists import base
from haneul.services.identity.model.proofs import Scope
from haneul.services.identity.operations import (
    assertions,
    authentication,
    browser_login,
    federated_login,
    openid,
    tokens,
)
from haneul.services.identity.operations.federated_login import Asserted
from haneul.services.identity.store.federation import IDENTITY_PROVIDERS, PROTOCOLS

routes = Routes("/v3")
_SUBMIT = "document.forms[0].submit()"
_SUBMIT_HASH = base64.b64encode(hashlib.sha256(_SUBMIT.encode()).digest()).decode()


@routes.get("/auth/OS-FEDERATION/websso/{protocol_id}", auth=False, transaction=False)
@routes.post("/auth/OS-FEDERATION/websso/{protocol_id}", auth=False, transaction=False)
async def log_in(ctx: Context, protocol_id: str, request: Request, query: Query) -> Reply:
    """Log in with the only identity provider that this can mean, and go back to `origin`."""
    async with ctx.in_reading() as c:
        found = await PROTOCOLS.find(c.tx, id=protocol_id)
        enabled = {idp.id for idp in await IDENTITY_PROVIDERS.find(c.tx, enabled=True)}
    idp_ids = [
        each.idp_id
        for each in found
        if each.idp_id in enabled
        and (openid.provider(ctx, each.idp_id) or _by_proxy(ctx, each.idp_id, protocol_id, request))
    ]
    if len(idp_ids) != 1:
        raise Unauthorized
    return await _log_in(ctx, idp_ids[0], protocol_id, request, query)


@routes.get(
    "/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
    auth=False,
    transaction=False,
)
@routes.post(
    "/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso",
    auth=False,
    transaction=False,
)
@routes.get(
    "/auth/OS-FEDERATION/identity_providers/{idp_id}/protocol/{protocol_id}/websso",
    auth=False,
    transaction=False,
)
async def log_in_with(ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query) -> Reply:
    """Log in with this identity provider, and go back to `origin`. The provider sends people back here too."""
    state = query.get("state")
    if state is None:
        return await _log_in(ctx, idp_id, protocol_id, request, query)
    login = browser_login.begun(ctx, idp_id, protocol_id, state, _cookies(request))
    options, code = openid.provider(ctx, idp_id), query.get("code")
    if options is None or code is None:
        raise Unauthorized
    await _require_allowed(ctx, idp_id, protocol_id)
    return await _back(ctx, login.origin, await browser_login.complete(ctx, options, login, code))


async def _log_in(ctx: Context, idp_id: str, protocol_id: str, request: Request, query: Query) -> Reply:
    """Back to the dashboard at once if a web server knows who it is; to the provider otherwise."""
    origin = browser_login.require_trusted(ctx, query.get("origin"))
    await _require_allowed(ctx, idp_id, protocol_id)
    said = _by_proxy(ctx, idp_id, protocol_id, request)
    if said is not None:
        return await _back(ctx, origin, said)
    options = openid.provider(ctx, idp_id)
    if options is None:
        raise Unauthorized
    path = f"/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/websso"
    begun = await browser_login.begin(ctx, options, idp_id, protocol_id, origin, base(ctx) + path)
    secure = "; Secure" if base(ctx).startswith("https:") else ""
    cookie = (
        f"{begun.cookie}={begun.value}; Max-Age={browser_login.PATIENCE_S}; Path=/; HttpOnly; SameSite=Lax"
    )
    headers = {"Location": begun.location, "Set-Cookie": cookie + secure, "Cache-Control": "no-store"}
    return Reply(status=302, headers=headers)


async def _require_allowed(ctx: Context, idp_id: str, protocol_id: str) -> None:
    async with ctx.in_reading() as c:
        await federated_login.allowed(c, idp_id, protocol_id)


def _by_proxy(ctx: Context, idp_id: str, protocol_id: str, request: Request) -> Asserted | None:
    return assertions.by_proxy(ctx, idp_id, protocol_id, request)


async def _back(ctx: Context, origin: str, said: Asserted) -> Reply:
    """A page that sends a token without a scope to the dashboard."""
    proof = await federated_login.prove(ctx, said)
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
    found: SimpleCookie = SimpleCookie()
    try:
        found.load(request.header("Cookie") or "")
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}

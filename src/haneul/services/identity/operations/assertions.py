"""From where it is known what an identity provider says of whoever sends a request.

From a token of an OpenID provider, sent as a bearer token; or from the headers of a web server in front
of us that has checked it. Whoever comes with neither has proved nothing.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network

from haneul.kernel.context import Context, Platform
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Request
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.config.federation import TrustedProxy
from haneul.services.identity.model.claims import attributes
from haneul.services.identity.model.mappings import of_text
from haneul.services.identity.operations import federated_login, openid
from haneul.services.identity.operations.federated_login import Asserted


async def asserted(ctx: Context, idp_id: str, protocol_id: str, request: Request) -> Asserted:
    """What the provider says of the sender; 401 if it says nothing."""
    async with ctx.in_reading() as c:  # so that providers which are disabled are not asked
        await federated_login.allowed(c, idp_id, protocol_id)
    identity = by_proxy(ctx, idp_id, protocol_id, request)
    if identity is not None:
        return identity
    options, token = openid.provider(ctx, idp_id), _bearer(request)
    if options is None or token is None:
        raise Unauthorized
    claims = await openid.claims_of(ctx, idp_id, options, token)
    return Asserted(idp_id, protocol_id, attributes(claims), remote_id=options.issuer)


def by_proxy(ctx: Context, idp_id: str, protocol_id: str, request: Request) -> Asserted | None:
    """What a trusted web server says of the sender, if the request came through one."""
    for proxy in proxies(ctx.platform, request):
        if (proxy.idp_id, proxy.protocol_id) != (idp_id, protocol_id):
            continue
        values = {
            name: value for name, header in proxy.headers.items() if (value := _header(request, header))
        }
        user = _header(request, proxy.remote_user_header) if proxy.remote_user_header else None
        if values or user:
            return Asserted(idp_id, protocol_id, of_text(values), remote_user=user)
    return None


def remote_user(ctx: Context, request: Request) -> str | None:
    """The name that a trusted web server has found out."""
    for proxy in proxies(ctx.platform, request):
        if proxy.remote_user_header and (name := _header(request, proxy.remote_user_header)):
            return name
    return None


def proxies(platform: Platform, request: Request) -> list[TrustedProxy]:
    """The trusted web servers that the request may have come through."""
    return [
        each
        for each in platform.options(IdentityOptions).federation.proxies
        if _is_in(request.address, each.addresses)
    ]


@lru_cache(maxsize=1024)
def _is_in(address: str, networks: tuple[str, ...]) -> bool:
    try:
        sender = ip_address(address)
    except ValueError:
        return False
    return any(sender in ip_network(each, strict=False) for each in networks)


def _header(request: Request, name: str) -> str | None:
    """The header's text: providers write UTF-8, which HTTP gives us as Latin-1."""
    value = request.header(name)
    if value is None:
        return None
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _bearer(request: Request) -> str | None:
    kind, _, token = (request.header("Authorization") or "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None

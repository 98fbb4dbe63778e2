"""Clients of OAuth 2.0 that prove who they are by a certificate (RFC 8705), as a trusted web server saw it.

The client is a user, named in the request; the mapping that the options name must make just this user of the
names in the certificate. The token holds with that certificate only.
"""

from __future__ import annotations

import secrets

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context, Platform
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Request
from haneul.services.identity import config
from haneul.services.identity.errors import CannotMap
from haneul.services.identity.model import certificates
from haneul.services.identity.model.certificates import ClientCertificate
from haneul.services.identity.model.mappings import MappedUser, apply
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.proofs import Named, Proof, Scope
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import assertions, authentication
from haneul.services.identity.store import users
from haneul.services.identity.store.federation import MAPPINGS

METHOD = "oauth2_credential"


def is_shown(platform: Platform, request: Request) -> bool:
    """Whether the web server in front says that the client came with a certificate."""
    return _header(platform, request) is not None


def is_from_holder(platform: Platform, auth: Auth, request: Request) -> bool:
    """Whether the request came with the certificate that the token is bound to."""
    certificate = _of_request(platform, request)
    return certificate is not None and secrets.compare_digest(
        certificate.thumbprint, auth.certificate_thumbprint or ""
    )


async def authorize(ctx: Context, request: Request, user_id: str) -> Auth:
    """The authorisation of that user in their default project; 401 unless the certificate is theirs."""
    certificate = _of_request(ctx.platform, request)
    if certificate is None:
        raise Unauthorized
    mapping_id = ctx.options(config.IdentityOptions).oauth2.cert_dn_mapping_id
    async with ctx.in_reading() as c:
        mapping = await MAPPINGS.get(c.tx, mapping_id)
        holder = await users.with_domain(c.tx, user_id)
    if mapping is None or holder is None or holder[0].default_project_id is None:
        raise Unauthorized
    try:
        mapped = apply(mapping, certificate.attributes)
    except CannotMap:
        raise Unauthorized from None
    if not _is(mapped.user, *holder):
        raise Unauthorized
    marks = {"certificate_thumbprint": certificate.thumbprint}
    proof = Proof(*holder, methods=(METHOD,), marks=marks)
    return await authentication.authorize(
        ctx, proof, Scope("project", Named(id=holder[0].default_project_id))
    )


def _is(mapped: MappedUser, user: User, domain: Domain) -> bool:
    """Whether all that the mapping says is true of the user, and that is more than their domain."""
    pairs = (
        (mapped.name, user.name),
        (mapped.id, user.id),
        (mapped.email, user.extra.get("email")),
    )
    where = ((mapped.domain.id, domain.id), (mapped.domain.name, domain.name))
    return any(want for want, _ in pairs) and all(want == have for want, have in (*pairs, *where) if want)


def _of_request(platform: Platform, request: Request) -> ClientCertificate | None:
    text = _header(platform, request)
    return certificates.read(text) if text else None


def _header(platform: Platform, request: Request) -> str | None:
    for proxy in assertions.proxies(platform, request):
        if proxy.client_certificate_header and (text := request.header(proxy.client_certificate_header)):
            return text
    return None

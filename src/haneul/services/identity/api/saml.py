"""/OS-FEDERATION/saml2, /auth/OS-FEDERATION/saml2: this cloud tells other clouds who somebody is"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from haneul.kernel.context import Context
from haneul.kernel.http import Content
from haneul.kernel.http.bounds import MANY, Anything, LongText
from haneul.kernel.http.routes import Reply, Request, Routes
from haneul.kernel.http.schema import Schema, Strict
from haneul.services.identity import errors
from haneul.services.identity.api.lists import base
from haneul.services.identity.model import soap
from haneul.services.identity.model.federation import ServiceProvider
from haneul.services.identity.operations import saml_assertions, saml_logout
from haneul.services.identity.operations.enhanced_clients import LARGEST
from haneul.services.identity.operations.saml import Addresses

routes = Routes("/v3")
_URL_CHARACTERS = "%:/?#[]@!$&'()*+,;=~"


class Id(Strict):
    id: LongText


class ByToken(Strict):
    token: Id
    methods: Annotated[list[Anything], MANY] | None = None


class ForProvider(Strict):
    service_provider: Id


class AssertionAsked(Strict):
    identity: ByToken
    scope: ForProvider


class CreateAssertion(Schema):
    auth: AssertionAsked


@routes.get(
    "/OS-FEDERATION/saml2/metadata",
    auth=False,
    transaction=False,
    answer=Content(("text/xml",)),
    errors=(errors.NoIdentityProvider,),
)
async def show_metadata(ctx: Context) -> Reply:
    """What other clouds must know of this one as a SAML identity provider, as XML."""
    return Reply(await saml_assertions.metadata(ctx), content_type="text/xml")


@routes.post(
    "/auth/OS-FEDERATION/saml2",
    auth=False,
    transaction=False,
    answer=Content(("text/xml",)),
    errors=(errors.Invalid, errors.ThingNotFound, errors.TokenNotFound, errors.NoIdentityProvider),
)
async def create_assertion(ctx: Context, body: CreateAssertion) -> Reply:
    """An assertion about the holder of a token, for another cloud: a SAML response."""
    response, provider = await _asserted(ctx, body)
    return _reply(response, provider)


@routes.post(
    "/auth/OS-FEDERATION/saml2/ecp",
    auth=False,
    transaction=False,
    answer=Content(("text/xml",)),
    errors=(
        errors.Invalid,
        errors.NoIdentityProvider,
        errors.ThingNotFound,
        errors.TokenNotFound,
    ),
)
async def create_enveloped_assertion(ctx: Context, body: CreateAssertion) -> Reply:
    """The same in an envelope, as a program brings it to the other cloud."""
    response, provider = await _asserted(ctx, body)
    state = f"{provider.relay_state_prefix or ''}{ctx.new_id()}"
    return _reply(soap.with_response(response, state), provider)


async def _asserted(ctx: Context, body: CreateAssertion) -> tuple[str, ServiceProvider]:
    auth = body.auth
    return await saml_assertions.create(ctx, auth.identity.token.id, auth.scope.service_provider.id)


def _reply(content: str, provider: ServiceProvider) -> Reply:
    """The headers say where to bring it, and where to log in then."""
    headers = {
        "X-sp-url": quote(provider.sp_url, safe=_URL_CHARACTERS),
        "X-auth-url": quote(provider.auth_url, safe=_URL_CHARACTERS),
        "Vary": "X-Auth-Token",
        "Cache-Control": "no-store",
    }
    return Reply(content.encode(), headers=headers, content_type="text/xml")


@routes.post(
    "/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/saml2/logout",
    auth=False,
    transaction=False,
    answer=Content(("text/xml",)),
    errors=(errors.ThingNotFound,),
)
async def log_out(ctx: Context, idp_id: str, protocol_id: str, request: Request) -> Reply:
    """A SAML identity provider says that somebody has logged out there: what came of their login ends."""
    envelope = await request.body(LARGEST)
    at = addresses(ctx, idp_id, protocol_id)
    answer = await saml_logout.end(ctx, at, idp_id, protocol_id, envelope)
    return Reply(soap.with_answer(answer).encode(), content_type="text/xml")


def addresses(ctx: Context, idp_id: str, protocol_id: str) -> Addresses:
    """Where we are as a service provider, for an identity provider."""
    here = f"{base(ctx)}/auth/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}"
    login = f"{base(ctx)}/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth"
    return Addresses(f"{here}/saml2/metadata", f"{here}/websso", login, f"{here}/saml2/logout")

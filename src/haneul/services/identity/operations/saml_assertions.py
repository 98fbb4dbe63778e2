"""This cloud as a SAML 2.0 identity provider: it asserts to other clouds who holds a token of ours.

Whoever has a token for a project may have an assertion for a service provider that we know: signed, about the
user, the project and their roles there, good for that provider's address and for a while. It says what the token
says and no more: one that was lent to a program names no groups of whoever lent it, and one that is restricted
to certain requests, or to the holder of a certificate, gives none, for nobody there would hold it to that.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import structlog

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, Unauthorized, Unavailable
from haneul.kernel.ids import new_hex
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.config.federation import OurIdentityProvider
from haneul.services.identity.errors import Invalid, NoIdentityProvider, TokenNotFound
from haneul.services.identity.model import saml
from haneul.services.identity.model.federation import ServiceProvider
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import access, collections, tokens
from haneul.services.identity.store import users
from haneul.services.identity.store.projects import DOMAINS
from haneul.services.identity.store.roles import ROLES
from haneul.services.identity.store.users import GROUPS

if TYPE_CHECKING:
    from saml2.config import IdPConfig

logger = structlog.get_logger(__name__)
Facts = Mapping[str, Sequence[str]]


def options(ctx: Context) -> OurIdentityProvider:
    """How we are an identity provider; 404 if we are none."""
    ours = ctx.options(IdentityOptions).federation.identity_provider
    if ours is None:
        raise NoIdentityProvider
    return ours


async def metadata(ctx: Context) -> bytes:
    """What other clouds must know of us, as XML."""
    ours = options(ctx)

    def made() -> bytes:
        from saml2.metadata import entity_descriptor

        config = _config(ours)
        try:
            return str(entity_descriptor(config)).encode()
        except Exception as problem:  # its certificate cannot be read
            raise _not_set_up(problem) from problem

    return await asyncio.to_thread(made)


async def create(ctx: Context, token: str, provider_id: str) -> tuple[str, ServiceProvider]:
    """A response with an assertion about the token's holder, as XML, and the provider that it is for."""
    async with ctx.in_reading() as c:
        provider = await access.exists(c, collections.SERVICE_PROVIDERS, provider_id)
    if not provider.enabled:
        raise Forbidden("You are not authorized to perform the requested action.")
    try:
        auth = await tokens.authenticate(ctx.platform, token)
    except Unauthorized:
        raise TokenNotFound from None
    _require_tellable(auth)
    try:
        ours = options(ctx)
    except NoIdentityProvider as problem:
        raise Invalid(why=problem.text) from None
    async with ctx.in_reading() as c:
        facts = await _facts(c, auth)
    if not saml.is_sayable(facts):
        raise Invalid(why="XML cannot write one of the names in this token.")
    text = await asyncio.to_thread(_response, ours, provider.sp_url, auth.user_name or "", facts, ctx.now())
    return text, provider


def _require_tellable(auth: Auth) -> None:
    """Raise unless the token is for a project, and whoever holds it may do all that it says."""
    if auth.project_id is None:
        raise Forbidden(action="Use a project scoped token when attempting to create a SAML assertion")
    if auth.access_rules or auth.certificate_thumbprint:
        raise Forbidden(action="Using a restricted token to create a SAML assertion is not allowed.")


async def _facts(ctx: Context, auth: Auth) -> Facts:
    """The roles and groups by the names that they have now."""
    names = {role.id: role.name for role in await ROLES.among(ctx.tx, "id", auth.role_ids)}
    groups: list[tuple[str, str]] = []
    if not auth.is_delegated:
        ids = [*await users.group_ids(ctx.tx, auth.user_id or "", time_text(ctx.now())), *auth.group_ids]
        memberships = await GROUPS.among(ctx.tx, "id", list(dict.fromkeys(ids)))
        domains = {
            each.id: each.name
            for each in await DOMAINS.among(ctx.tx, "id", list({group.domain_id for group in memberships}))
        }
        groups = [(group.name, domains[group.domain_id]) for group in memberships]
    return saml.of_ours(auth, [names[id] for id in auth.role_ids if id in names], groups)


def _response(ours: OurIdentityProvider, recipient: str, subject: str, facts: Facts, now: datetime) -> str:
    from saml2 import class_name, samlp, xmldsig
    from saml2 import saml as elements
    from saml2.sigver import pre_signature_part, security_context, signed_instance_factory

    config = _config(ours)
    try:
        signer: Any = security_context(config)
        assertion = _assertion(ours, recipient, subject, facts, now)
        assertion.signature = pre_signature_part(
            assertion.id,
            public_key=signer.my_cert,
            sign_alg=xmldsig.SIG_RSA_SHA256,
            digest_alg=xmldsig.DIGEST_SHA256,
        )
        response = samlp.Response(
            id=_id(),
            version="2.0",
            issue_instant=_instant(now),
            destination=recipient,
            issuer=elements.Issuer(text=ours.entity_id, format=elements.NAMEID_FORMAT_ENTITY),
            status=samlp.Status(status_code=samlp.StatusCode(value=samlp.STATUS_SUCCESS)),
            assertion=assertion,
        )
        return str(signed_instance_factory(response, signer, [(class_name(assertion), assertion.id)]))
    except Exception as problem:  # the library and the program that it runs raise whatever they like
        raise _not_set_up(problem) from problem


def _assertion(ours: OurIdentityProvider, recipient: str, subject: str, facts: Facts, now: datetime) -> Any:
    """The assertion, not yet signed."""
    from saml2 import saml as elements

    ends = _instant(now + timedelta(seconds=ours.assertion_expiration_time))
    confirmation = elements.SubjectConfirmation(
        method=elements.SCM_BEARER,
        subject_confirmation_data=elements.SubjectConfirmationData(recipient=recipient, not_on_or_after=ends),
    )
    by = elements.AuthnContext(
        authn_context_class_ref=elements.AuthnContextClassRef(text=elements.AUTHN_PASSWORD),
        authenticating_authority=elements.AuthenticatingAuthority(text=ours.entity_id),
    )
    return elements.Assertion(
        id=_id(),
        version="2.0",
        issue_instant=_instant(now),
        issuer=elements.Issuer(text=ours.entity_id, format=elements.NAMEID_FORMAT_ENTITY),
        subject=elements.Subject(name_id=elements.NameID(text=subject), subject_confirmation=confirmation),
        authn_statement=elements.AuthnStatement(
            authn_instant=_instant(now),
            session_index=new_hex(),
            session_not_on_or_after=ends,
            authn_context=by,
        ),
        attribute_statement=elements.AttributeStatement(
            attribute=[
                elements.Attribute(
                    name=name, attribute_value=[elements.AttributeValue(text=value) for value in values]
                )
                for name, values in facts.items()
            ]
        ),
    )


def _id() -> str:
    """An id that XML takes: it does not begin with a digit."""
    return f"id-{new_hex()}"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=8)
def _config(ours: OurIdentityProvider) -> IdPConfig:
    """The library, set up for us as a provider."""
    from saml2 import BINDING_URI
    from saml2.config import IdPConfig
    from saml2.saml import NAMEID_FORMAT_TRANSIENT

    program = shutil.which("xmlsec1")
    if program is None:
        raise Unavailable("SAML needs the program xmlsec1, which is not installed.")
    settings: dict[str, Any] = {
        "entityid": ours.entity_id,
        "xmlsec_binary": program,
        "key_file": ours.key_file,
        "cert_file": ours.cert_file,
        "organization": _organization(ours),
        "contact_person": _contact(ours),
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": [(ours.sso_endpoint, BINDING_URI)]},
                "name_id_format": [NAMEID_FORMAT_TRANSIENT],
                "want_authn_requests_signed": False,
            }
        },
    }
    try:
        return IdPConfig().load({name: value for name, value in settings.items() if value is not None})
    except Exception as problem:
        raise _not_set_up(problem) from problem


def _organization(ours: OurIdentityProvider) -> dict[str, Any] | None:
    """As the library wants it; None unless all of it is given."""
    named = (ours.organization_name, ours.organization_display_name, ours.organization_url)
    if None in named:
        return None
    name, display_name, url = ([(each, ours.lang)] for each in named)
    return {"name": name, "display_name": display_name, "url": url}


def _contact(ours: OurIdentityProvider) -> list[dict[str, Any]] | None:
    """As the library wants it; None unless all of it is given."""
    details = {
        "company": ours.contact_company,
        "given_name": ours.contact_name,
        "sur_name": ours.contact_surname,
        "email_address": ours.contact_email,
        "telephone_number": ours.contact_telephone,
    }
    return None if None in details.values() else [{**details, "contact_type": ours.contact_type}]


def _not_set_up(problem: Exception) -> Unavailable:
    logger.error("SAML cannot be set up", why=f"{type(problem).__name__}: {problem}"[:300])
    return Unavailable("This cloud is not set up well as a SAML identity provider.")

"""SAML 2.0 identity providers: we are a service provider of theirs (Web Browser SSO, Enhanced Client or Proxy).

The library checks signatures (with xmlsec1), audience, recipient, times and that the response is to a
request of ours; each assertion is good for one login. Its work is done in a thread: it runs a program.
"""

from __future__ import annotations

import asyncio
import calendar
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized, Unavailable
from haneul.services.identity.config import IdentityOptions
from haneul.services.identity.config.federation import SamlProvider
from haneul.services.identity.model.saml import attributes, session, subject
from haneul.services.identity.operations import used_once
from haneul.services.identity.operations.federated_login import Asserted

if TYPE_CHECKING:
    from saml2.client import Saml2Client

AT_LEAST = timedelta(minutes=10)
"""For longer nobody waits for the response to a request."""
logger = structlog.get_logger(__name__)


class Addresses(NamedTuple):
    """Where we are, as the provider knows us."""

    entity_id: str
    consumer: str
    """Where browsers bring responses..."""
    login: str
    """...and where programs do: they ask for their token there."""
    logout: str
    """Where the provider says that somebody has logged out."""


class Response(NamedTuple):
    """What a response that holds says. `entity_id` is of whoever signed the assertion."""

    assertion_id: str
    entity_id: str
    name_id: str | None
    session_index: str | None
    attributes: Mapping[str, list[str]]
    not_after: float


def provider(ctx: Context, idp_id: str) -> SamlProvider | None:
    """How to talk to the identity provider, if it is one of SAML."""
    return ctx.options(IdentityOptions).federation.saml.get(idp_id)


async def request(options: SamlProvider, at: Addresses, relay_state: str) -> tuple[str, str]:
    """The id of a new request for a login, and where to send the browser with it."""

    def made() -> tuple[str, str]:
        from saml2 import BINDING_HTTP_REDIRECT

        made: Any = client(options, at).prepare_for_authenticate(
            entityid=options.entity_id, relay_state=relay_state, binding=BINDING_HTTP_REDIRECT
        )
        id, form = made
        return id, dict(form["headers"])["Location"]

    return await asyncio.to_thread(made)


async def request_by_program(options: SamlProvider, at: Addresses, id: str) -> str:
    """A request with this id, for a program to have answered; 401 if the provider does not talk to programs."""

    def made() -> str | None:
        from saml2 import BINDING_PAOS, BINDING_SOAP, SAMLError

        library: Any = client(options, at)
        try:
            _, place = library.pick_binding(
                "single_sign_on_service", [BINDING_SOAP], "idpsso", entity_id=options.entity_id
            )
        except SAMLError:
            return None
        _, request = library.create_authn_request(
            place, binding=BINDING_PAOS, service_url_binding=BINDING_PAOS, message_id=id
        )
        return str(request)

    text = await asyncio.to_thread(made)
    if text is None:
        raise Unauthorized
    return text


async def complete(
    ctx: Context,
    options: SamlProvider,
    at: Addresses,
    idp_id: str,
    protocol_id: str,
    *,
    request_id: str,
    text: str,
) -> Asserted:
    """What the provider says in a response to the request with the id `asked`; 401 unless all of it holds."""
    response = await asyncio.to_thread(_checked, options, at, request_id, text)
    return await _once(ctx, options, idp_id, protocol_id, response)


async def complete_by_program(
    ctx: Context,
    options: SamlProvider,
    at: Addresses,
    idp_id: str,
    protocol_id: str,
    *,
    request_id: str | None,
    text: str,
) -> Asserted:
    """The same of a response that a program brought; where nobody asked (None), the options must allow it."""
    if request_id is None and not options.allow_unsolicited:
        raise Unauthorized
    response = await asyncio.to_thread(_checked_by_program, options, at, request_id, text)
    return await _once(ctx, options, idp_id, protocol_id, response)


async def _once(
    ctx: Context, options: SamlProvider, idp_id: str, protocol_id: str, response: Response | None
) -> Asserted:
    """What was said, if the right one said it and nobody has logged in with it before."""
    if response is None or response.entity_id != options.entity_id:
        raise Unauthorized
    good_until = datetime.fromtimestamp(response.not_after + options.leeway_s, UTC)
    if not await used_once.use(ctx, response.assertion_id, max(good_until, ctx.now()) + AT_LEAST):
        raise Unauthorized
    values = attributes(response.attributes, name_id=response.name_id, entity_id=response.entity_id)
    return Asserted(idp_id, protocol_id, values, remote_id=response.entity_id, sessions=_sessions(response))


def _sessions(response: Response) -> tuple[str, ...]:
    """By what the provider may end what comes of this login."""
    if response.name_id is None:
        return ()
    names = [subject(response.entity_id, response.name_id)]
    if response.session_index:
        names.append(session(response.entity_id, response.name_id, response.session_index))
    return tuple(names)


async def metadata(options: SamlProvider, at: Addresses) -> bytes:
    """What the provider must know of us, as XML."""

    def made() -> bytes:
        from saml2.metadata import entity_descriptor

        return str(entity_descriptor(client(options, at).config)).encode()

    return await asyncio.to_thread(made)


def request_answered(text: str) -> str | None:
    """The id of the request that a response says it answers; nothing of it is checked yet."""
    from saml2 import samlp

    try:
        response: Any = samlp.response_from_string(text)
    except Exception:  # what cannot be read answers nothing
        return None
    return None if response is None else response.in_response_to


def _checked(options: SamlProvider, at: Addresses, request_id: str, text: str) -> Response | None:
    from saml2 import BINDING_HTTP_POST

    library = client(options, at)

    def parsed() -> Any:
        return library.parse_authn_request_response(
            text, BINDING_HTTP_POST, outstanding={request_id: at.consumer}
        )

    return _read(parsed, request_id, at.consumer)


def _checked_by_program(
    options: SamlProvider, at: Addresses, request_id: str | None, text: str
) -> Response | None:
    """The library does not read what programs bring in a way that keeps signatures whole: we unwrap it."""
    from saml2.response import authn_response

    library = client(options, at)

    def parsed() -> Any:
        response: Any = authn_response(
            library.config,
            (at.login,),
            {} if request_id is None else {request_id: at.login},
            allow_unsolicited=request_id is None,
            want_assertions_signed=True,
        )
        response.allow_unknown_attributes = True
        return response.loads(text, False, origxml=text).verify()

    return _read(parsed, request_id, at.login)


def _read(parsed: Callable[[], Any], request_id: str | None, consumer: str) -> Response | None:
    """What the response says, if it is in order, and its one assertion is for whoever brings it to `consumer`.

    The library does not look at whom an assertion is for unless it is told more of the connection.
    """
    from saml2.saml import SCM_BEARER
    from saml2.time_util import str_to_time

    try:
        response = parsed()
        if response is None or response.in_response_to != request_id or len(response.assertions) != 1:
            return None
        assertion = response.assertions[0]
        if any(each.method != SCM_BEARER for each in assertion.subject.subject_confirmation):
            return None
        confirmed = [each.subject_confirmation_data for each in assertion.subject.subject_confirmation]
        if any((each.recipient, each.in_response_to) != (consumer, request_id) for each in confirmed):
            return None
        if not all(each.not_on_or_after for each in confirmed):
            return None
        times: list[Any] = [str_to_time(each.not_on_or_after) for each in confirmed]
        name_id = response.name_id.text if response.name_id is not None else None
        return Response(
            assertion.id,
            assertion.issuer.text.strip(),
            name_id,
            assertion.authn_statement[0].session_index,
            dict(response.ava or {}),
            max(map(calendar.timegm, times)),
        )
    except Exception as problem:  # the library and what it stands on raise whatever comes to their minds
        logger.info("assertion refused", why=f"{type(problem).__name__}: {problem}"[:300])
        return None


@lru_cache(maxsize=64)
def client(options: SamlProvider, at: Addresses) -> Saml2Client:
    """The library, set up for this provider."""
    from saml2.client import Saml2Client
    from saml2.config import SPConfig

    program = shutil.which("xmlsec1")
    if program is None:
        raise Unavailable("SAML needs the program xmlsec1, which is not installed.")
    is_signing = options.key_file is not None
    settings: dict[str, Any] = {
        "entityid": at.entity_id,
        "xmlsec_binary": program,
        "metadata": {"local": [options.metadata_file]},
        "allow_unknown_attributes": True,
        "accepted_time_diff": options.leeway_s,
        "key_file": options.key_file,
        "cert_file": options.cert_file,
        "encryption_keypairs": (
            [{"key_file": options.key_file, "cert_file": options.cert_file}] if is_signing else None
        ),
        "service": {
            "sp": {
                "endpoints": {
                    "assertion_consumer_service": [
                        (at.consumer, "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"),
                        (at.login, "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"),
                    ],
                    "single_logout_service": [
                        (at.logout, "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"),
                    ],
                },
                "allow_unsolicited": False,
                "authn_requests_signed": is_signing,
                "want_assertions_signed": True,
                "want_response_signed": False,
                "name_id_format_allow_create": True,
            }
        },
    }
    try:
        config = SPConfig().load({name: value for name, value in settings.items() if value is not None})
        return Saml2Client(config)
    except Exception as problem:
        logger.exception("SAML cannot be set up")
        raise Unavailable(f"The SAML provider {options.entity_id} is not set up well.") from problem

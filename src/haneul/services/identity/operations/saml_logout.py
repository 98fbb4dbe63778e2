"""Single logout: a SAML identity provider ends what came of a login with it (back channel, over SOAP).

Tokens name the login that they came of, so nothing must be found: what the provider ends is revoked by that name,
with all tokens that were made of the first one. Only the provider can do so, with a signed request for us, now,
and once. The cloud itself has no session with anybody, so that it never asks a provider for a logout.
"""

from __future__ import annotations

import asyncio
import calendar
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import structlog

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.config.federation import SamlProvider
from haneul.services.identity.model import soap
from haneul.services.identity.model.revocations import of_provider_session
from haneul.services.identity.model.saml import session, subject
from haneul.services.identity.operations import federated_login, saml, used_once
from haneul.services.identity.operations.revocations import revoke
from haneul.services.identity.operations.saml import AT_LEAST, Addresses

logger = structlog.get_logger(__name__)


class Logout(NamedTuple):
    """A request that holds, and our answer to it."""

    id: str
    names: tuple[str, ...]
    issued_at: datetime
    answer: str


async def end(ctx: Context, at: Addresses, idp_id: str, protocol_id: str, envelope: bytes) -> str:
    """The tokens are revoked that came of what the request ends; the answer to it. 401 unless all of it holds."""
    async with ctx.in_reading() as c:
        await federated_login.allowed(c, idp_id, protocol_id)
    options = saml.provider(ctx, idp_id)
    text = soap.message_in(envelope, "LogoutRequest")
    if options is None or text is None:
        raise Unauthorized
    request = await asyncio.to_thread(_checked, options, at, text)
    if request is None or abs(request.issued_at - ctx.now()) > AT_LEAST + timedelta(seconds=options.leeway_s):
        raise Unauthorized
    ended = [of_provider_session(name) for name in request.names]
    ends = request.issued_at + 2 * AT_LEAST + timedelta(seconds=options.leeway_s)
    if not await used_once.use(ctx, request.id, ends, also=lambda c: revoke(c, *ended)):
        raise Unauthorized
    return request.answer


def _checked(options: SamlProvider, at: Addresses, text: str) -> Logout | None:
    """What the request ends, if it is in order."""
    from saml2.time_util import str_to_time

    library: Any = saml.client(options, at)
    try:
        request: Any = library.sec.correctly_signed_logout_request(text, must=True, origdoc=text)
        if request.issuer.text.strip() != options.entity_id or request.destination not in (None, at.logout):
            return None
        name_id = request.name_id.text
        indexes = [each.text for each in request.session_index]
        names = [session(options.entity_id, name_id, each) for each in indexes if each]
        times: Any = str_to_time(request.issue_instant)
        return Logout(
            request.id,
            tuple(names or [subject(options.entity_id, name_id)]),
            datetime.fromtimestamp(calendar.timegm(times), UTC),
            _answer(library, at, request),
        )
    except Exception as problem:  # the library and what it stands on raise whatever comes to their minds
        logger.info("logout refused", why=f"{type(problem).__name__}: {problem}"[:300])
        return None


def _answer(library: Any, at: Addresses, request: Any) -> str:
    """That it is done, as XML; signed if we have a key."""
    from saml2 import BINDING_SOAP

    return str(
        library.create_logout_response(request, [BINDING_SOAP], sign=library.config.key_file is not None)
    )

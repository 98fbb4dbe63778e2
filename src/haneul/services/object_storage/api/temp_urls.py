"""Who comes with a temporary address is let in as the one who signed it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Query, Reply, Request
from haneul.services.object_storage import errors
from haneul.services.object_storage.model import temp_urls
from haneul.services.object_storage.model.names import Place
from haneul.services.object_storage.model.temp_urls import Signed
from haneul.services.object_storage.operations import grants

SIGNATURE, UNTIL, PREFIX, NETWORK = "temp_url_sig", "temp_url_expires", "temp_url_prefix", "temp_url_ip_range"


class Visit(NamedTuple):
    """What a temporary address says of the answer."""

    filename: str
    usual_name: str
    is_inline: bool

    def dressed(self, reply: Reply) -> Reply:
        """The answer, to be kept as a file of that name or shown where it is."""
        if reply.status not in (200, 206):
            return reply
        name = self.filename or self.usual_name
        named = f"filename=\"{quote(name, safe=' ')}\"; filename*=UTF-8''{quote(name)}"
        if self.is_inline:
            reply.headers["Content-Disposition"] = f"inline; {named}" if self.filename else "inline"
        elif self.filename or "Content-Disposition" not in reply.headers:
            reply.headers["Content-Disposition"] = f"attachment; {named}"
        return reply


async def admitted(
    ctx: Context, request: Request, query: Query, place: Place, *, method: str = ""
) -> tuple[Context, Visit | None]:
    """The context to go on in; Unauthorized for an address that is not signed so, or no longer holds."""
    if SIGNATURE not in query and UNTIL not in query:
        return ctx, None
    signed = Signed(query.get(SIGNATURE) or "", query.get(UNTIL) or "", query.get(PREFIX), query.get(NETWORK))
    until_s = temp_urls.until(signed.until)
    if until_s is None or until_s < ctx.now().timestamp():
        raise Unauthorized
    if signed.network is not None and not temp_urls.is_from(request.address, signed.network):
        raise Unauthorized
    if signed.prefix is not None and not place.name.startswith(signed.prefix):
        raise Unauthorized
    name = place.name if signed.prefix is None else signed.prefix
    path = f"/v1/{place.account}/{place.container}/{name}"
    paths = [path, f"/object-store{path}"]  # as it is without what stands before it here, and with it
    verb = method or request.method
    of_account, of_container = await grants.keys(ctx, place)
    is_of_account = temp_urls.is_signed(signed, verb, paths, until_s, of_account)
    if not is_of_account and not temp_urls.is_signed(signed, verb, paths, until_s, of_container):
        raise Unauthorized
    if verb in ("PUT", "POST"):
        if "extract-archive" in query:  # what is in an archive has names that nobody signed
            raise Unauthorized
        if query.get("multipart-manifest") == "put":  # it would read whatever it names
            raise errors.BadHeader(reason="A manifest is not allowed in this tempurl")
        for header in temp_urls.NOT_TO_PUT:
            if request.header(header):
                raise errors.BadHeader(reason=f"The header {header!r} is not allowed in this tempurl")
    visit = Visit(query.get("filename") or "", place.name.rsplit("/", 1)[-1], "inline" in query)
    return grants.as_signer(ctx, place, is_of_account=is_of_account), visit

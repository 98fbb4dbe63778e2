"""/OS-SIMPLE-CERT and /auth/tokens/OS-PKI: what was once needed to check tokens, and is so no longer"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden
from haneul.kernel.http.routes import Routes
from haneul.services.identity import errors
from haneul.services.identity.errors import NoLongerThere

routes = Routes("/v3")


@routes.get("/OS-SIMPLE-CERT/ca", auth=False, transaction=False, errors=(errors.NoLongerThere,))
@routes.get("/OS-SIMPLE-CERT/certificates", auth=False, transaction=False, errors=(errors.NoLongerThere,))
async def show_certificates(ctx: Context) -> None:
    """Gone with the tokens that were signed with them."""
    raise NoLongerThere


@routes.get("/auth/tokens/OS-PKI/revoked", auth=False, transaction=False)
async def list_revoked_tokens(ctx: Context) -> None:
    """Nobody may: tokens are not revoked by their ids, so that there is no list of these."""
    raise Forbidden("You are not authorized to perform the requested action.")

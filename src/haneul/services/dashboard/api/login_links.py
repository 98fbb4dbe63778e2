"""/login-links: a program that has a token lets a person go on in a browser"""

from __future__ import annotations

from haneul.kernel import times
from haneul.kernel.context import Context
from haneul.kernel.http import Answer, Routes
from haneul.kernel.http.routes import Request
from haneul.services.dashboard import errors
from haneul.services.dashboard.config import DashboardOptions
from haneul.services.dashboard.manifest import MANIFEST
from haneul.services.dashboard.model.sessions import Person
from haneul.services.dashboard.operations import sessions

routes = Routes("/v1")


class LoginLink(Answer):
    url: str
    """Opens a session of the token's owner, once."""
    minutes: int
    """So long it can be used."""


class OneLoginLink(Answer):
    login_link: LoginLink


@routes.post("/login-links", status=201, errors=(errors.BoundToken,))
async def create_login_link(ctx: Context, request: Request) -> OneLoginLink:
    """A link for a browser: whoever opens it is logged in as who asked for it, once and soon."""
    auth = ctx.auth
    if auth.certificate_thumbprint:
        raise errors.BoundToken
    person = Person(
        token=request.header("x-auth-token")
        or (request.header("authorization") or "").partition(" ")[2].strip(),
        user_id=auth.user_id or "",
        user_name=auth.user_name or "",
        domain_name=auth.user_domain_name or "",
        roles=(),
        endpoints={},
        ends_at=times.read(auth.expires_at),
        project_name=auth.project_name or "",
    )
    secret = await sessions.begin(ctx, person, is_link=True)
    url = f"{ctx.endpoint}{MANIFEST.path}/enter?link={secret}"
    return OneLoginLink(login_link=LoginLink(url=url, minutes=ctx.options(DashboardOptions).link_minutes))

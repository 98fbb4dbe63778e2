"""/ and /v3: which versions there are"""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.http import discovery
from haneul.kernel.http.routes import Reply, Request, Routes
from haneul.services.identity.api import catalog_answers, json_home
from haneul.services.identity.api.lists import base
from haneul.services.identity.manifest import MANIFEST

routes = Routes()


CURRENT = discovery.ApiVersion(
    MANIFEST,
    "v3.14",
    "/v3/",
    status="stable",
    updated="2020-04-07T00:00:00Z",
    media_type="application/vnd.openstack.identity-v3+json",
)


@routes.get(
    "", auth=False, status=300, answer=catalog_answers.Versions, other_answers={200: catalog_answers.JsonHome}
)
async def list_versions(ctx: Context, request: Request) -> Reply:
    """List the versions of this API, or (`Accept: application/json-home`) its resources."""
    if json_home.is_wanted(request.header("Accept")):
        return _home("/v3")
    return Reply({"versions": {"values": [CURRENT.document(ctx)]}}, headers={"Location": f"{base(ctx)}/"})


@routes.get("/v3", auth=False, answer=discovery.OneVersionDocument | catalog_answers.JsonHome)
async def show_version(ctx: Context, request: Request) -> Reply:
    """Show version 3, or (`Accept: application/json-home`) its resources."""
    if json_home.is_wanted(request.header("Accept")):
        return _home("")
    return Reply({"version": CURRENT.document(ctx)})


def _home(prefix: str) -> Reply:
    return Reply(json_home.home(prefix), status=200, content_type=json_home.CONTENT_TYPE)

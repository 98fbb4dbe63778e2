"""/openapi: the API reference of every service, as documents"""

from __future__ import annotations

from typing import Any

import falcon

from haneul.kernel.http.app import Application
from haneul.kernel.http.openapi import document
from haneul.services.oversight.manifest import MANIFEST


def mount(app: Application) -> None:
    """Put the documents beside the routes."""
    reference = Reference(app)
    app.falcon.add_route(f"{MANIFEST.path}/openapi", reference, suffix="list")
    app.falcon.add_route(f"{MANIFEST.path}/openapi/{{service}}", reference)


class Reference:
    def __init__(self, app: Application) -> None:
        self._app = app

    async def on_get_list(self, req: Any, resp: Any) -> None:
        base = f"{self._app.platform.endpoint}{MANIFEST.path}/openapi"
        resp.media = {"documents": {s.manifest.name: f"{base}/{s.manifest.name}" for s in self._app.services}}

    async def on_get(self, req: Any, resp: Any, service: str) -> None:
        for served in self._app.services:
            if served.manifest.name == service:
                endpoint = self._app.platform.endpoint
                resp.media = document(served.manifest, served.routes, endpoint, served.envelope)
                return
        raise falcon.HTTPNotFound

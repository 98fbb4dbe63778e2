"""Both forms of every path: `/v3/volumes` and the older `/v3/{project_id}/volumes`."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Handler, Routes
from haneul.services.block_storage.errors import MalformedUrl


class ProjectRoutes(Routes):
    """Declares each route in both forms; a project in the path must be the token's."""

    def route(self, method: str, path: str, **options: Any) -> Callable[[Handler], Handler]:
        plain = super().route(method, f"/v3{path}", **options)
        options["errors"] = (*options.get("errors", ()), MalformedUrl)
        scoped = super().route(method, f"/v3/{{project_id}}{path}", **options)

        def declare(handler: Handler) -> Handler:
            plain(handler)
            scoped(_checked(handler))
            return handler

        return declare


def _checked(handler: Handler) -> Handler:
    hints = typing.get_type_hints(handler, include_extras=True)
    context = next(name for name, hint in hints.items() if hint is Context)

    @functools.wraps(handler)
    async def checked(**arguments: Any) -> Any:
        if arguments.pop("project_id") != arguments[context].auth.project_id:
            raise MalformedUrl
        return await handler(**arguments)

    checked.__annotations__ = {"project_id": str, **hints}
    del checked.__wrapped__  # type: ignore[attr-defined]  # the signature is the new one
    return checked

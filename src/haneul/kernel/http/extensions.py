"""The list of extensions that older APIs have: what came before microversions, and clients still ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import HaneulError
from haneul.kernel.http.routes import Routes


@dataclass(frozen=True)
class Extensions:
    """Those that are really here, as one API tells of them."""

    names: Mapping[str, str]
    """By their aliases, which clients look for."""
    updated: str
    missing: Callable[[str], HaneulError]
    """The refusal of an alias that is not here."""
    description: str = "{name}"
    more: Mapping[str, Any] = field(default_factory=dict)

    def view(self, alias: str) -> dict[str, Any]:
        name = self.names[alias]
        return {
            "alias": alias,
            "name": name,
            "description": self.description.format(name=name),
            "updated": self.updated,
            "links": [],
            **self.more,
        }

    def serve(self, routes: Routes, path: str = "/extensions", *, answers: tuple[Any, Any]) -> None:
        """Declare the list, and the route of each; `answers` are the shapes of both."""

        async def list_extensions(ctx: Context) -> dict[str, Any]:
            """The extensions that are part of this API."""
            return {"extensions": [self.view(alias) for alias in self.names]}

        async def show_extension(ctx: Context, alias: str) -> dict[str, Any]:
            """One extension."""
            if alias not in self.names:
                raise self.missing(alias)
            return {"extension": self.view(alias)}

        routes.get(path, answer=answers[0])(list_extensions)
        routes.get(path + "/{alias}", answer=answers[1], errors=(type(self.missing("")),))(show_extension)

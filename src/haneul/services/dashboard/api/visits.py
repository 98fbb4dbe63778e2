"""A request for a page: who asks, in which language, with which form; and what a page answers.

A module of `pages/` declares its pages on a `Pages`, as an API's module declares routes. A page's function takes
the visit and the parts of the path, asks the APIs through `visit.api`, and gives a `Page` or a `Redirect`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from haneul.kernel.http.routes import Query
from haneul.services.dashboard.api.calls import Api
from haneul.services.dashboard.api.texts import Texts
from haneul.services.dashboard.manifest import MANIFEST
from haneul.services.dashboard.model.sessions import Person

WRITERS = {"member", "manager", "admin"}
"""With these roles, default policies let somebody change what is in a project."""
OVERSEERS = {"admin"}


@dataclass(frozen=True)
class Page:
    """To be shown: a template with what it needs."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True)
class Redirect:
    """To be asked for instead; the notice is shown there once."""

    path: str
    notice: str = ""
    is_bad: bool = False


@dataclass(frozen=True)
class Download:
    """A file to be saved."""

    name: str
    content: bytes
    content_type: str = "text/plain; charset=utf-8"


class NothingNew:
    """The fragment is as the browser has it."""


Answer = Page | Redirect | Download | NothingNew


@dataclass
class Visit:
    """Who asks, and for what."""

    path: str
    query: Query
    form: Query
    """Empty unless a form was sent."""
    texts: Texts
    theme: str
    now: datetime
    address: str
    api: Api
    platform: Any = None
    """For sessions only: pages ask the APIs."""
    secret: str = ""
    """Of the session, or of the visit where there is none yet."""
    session: Person | None = None
    is_fragment: bool = False
    request_id: str = ""
    cookies: dict[str, tuple[str, int]] = field(default_factory=dict)
    """To be set with the answer: name -> (value, seconds); no seconds: they go."""
    known: dict[str, str] = field(default_factory=dict)
    """The browser's cookies."""
    shows_calls: bool = False

    @property
    def person(self) -> Person:
        assert self.session is not None, "the page is open to everybody"
        return self.session

    @property
    def may_change(self) -> bool:
        """Whether it makes sense to offer what changes the project."""
        return self.session is not None and bool(WRITERS & set(self.session.roles))

    @property
    def oversees(self) -> bool:
        """Whether it makes sense to offer what is for the cloud's operators."""
        return self.session is not None and bool(OVERSEERS & set(self.session.roles))

    def t(self, text: str, **values: Any) -> str:
        return self.texts(text, **values)

    def entered(self, name: str, default: str = "") -> str:
        """What the form has there, without spaces around."""
        return (self.form.get(name) or default).strip()


HOME = MANIFEST.path

Show = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True)
class Place:
    """A page's path and function."""

    method: str
    path: str
    show: Show
    is_public: bool
    needs: str
    """The service type without which the page is not there."""


class Pages:
    """The pages of one module."""

    def __init__(self, needs: str = "") -> None:
        self.needs = needs
        self.places: list[Place] = []

    def get(self, path: str, *, is_public: bool = False) -> Callable[[Show], Show]:
        return self._declare("GET", path, is_public)

    def post(self, path: str, *, is_public: bool = False) -> Callable[[Show], Show]:
        return self._declare("POST", path, is_public)

    def _declare(self, method: str, path: str, is_public: bool) -> Callable[[Show], Show]:
        def declare(show: Show) -> Show:
            self.places.append(Place(method, path, show, is_public, self.needs))
            return show

        return declare

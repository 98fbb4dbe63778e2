"""A table of who may do what: a line for each operation, a column for each persona.

The operations are the routes that a service declares, each action of `/action` one of its own, and what a service's
module here adds: attributes, filters and parameters that have rules of their own. All of them are about the things
of one project, `p1`. Whatever is written is taken back, so that everything is there for everybody.

In a cell, `+` is let in; 403 and 404 are refusals by a rule, which `haneul why-denied` explains; `0` is let in and
sees nothing of the project's; 401 has no token. A `!` would be a refusal that no rule explains. The column
`status` is what the project's administrator gets: how far the call went.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from haneul.kernel.auth import Auth
from haneul.kernel.db import Tx
from haneul.kernel.http import schema
from haneul.kernel.http.app import Served
from haneul.kernel.http.routes import Route
from haneul.kernel.ids import new_hex
from tests.conftest import Cloud, Persona
from tests.security.placing import Placer

LADDER = ("reader", "member", "manager", "admin")


class _TakenBack(Exception):
    pass


class Unchanging:
    """The database for those who may try anything: whatever they write is taken back."""

    def __init__(self, db: Any) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        with contextlib.suppress(_TakenBack):
            async with self._db.transaction() as tx:
                yield tx
                raise _TakenBack


class Operation(NamedTuple):
    """One thing that can be asked."""

    name: str
    method: str
    path: str
    body: Any = None
    version: str | None = None
    headers: Mapping[str, str] = {}
    shows: str = ""
    """The field whose presence in the answer is what is asked about."""


@dataclass(frozen=True)
class Knowledge:
    """What has to be known of a service to call it."""

    names: Mapping[str, str]
    """What stands in a path after that word; by `word/hole` where a word has several."""
    bodies: Mapping[str, Any]
    """By `METHOD path`: what the route understands, where what its shapes say is not enough."""
    actions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By the path of an `/action`: each action with what it understands."""
    more: tuple[Operation, ...] = ()
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    """By `METHOD path`, where the newest version is not the one to ask in."""
    without: tuple[str, ...] = ()
    """Paths that begin so say the same as others."""


def persona(cloud: Cloud, roles: tuple[str, ...], user_id: str | None = None, **scope: Any) -> Persona:
    """Somebody with these roles there; somebody new each time, unless it is said who."""
    auth = Auth(
        user_id=user_id or new_hex(),
        methods=("password",),
        roles=roles,
        issued_at="2026-01-01T00:00:00.000000Z",
        expires_at="2099-01-01T00:00:00.000000Z",
        **scope,
    )
    return Persona(cloud, auth)


def personas(cloud: Cloud, project: str, user: str) -> Iterator[tuple[str, Persona]]:
    """(name, who): a role implies those below it; the member is the one who made everything in the project."""

    def who(roles: tuple[str, ...], user_id: str | None = None, **scope: Any) -> Persona:
        return persona(cloud, roles, user_id, user_name="somebody", user_domain_id="default", **scope)

    p1 = {"project_id": project, "project_domain_id": "default"}
    yield "admin", who(LADDER, **p1)
    yield "manager", who(LADDER[:3], **p1)
    yield "member", who(LADDER[:2], user, **p1)
    yield "reader", who(LADDER[:1], **p1)
    yield "none", who(("of-no-rule",), **p1)
    yield "stranger", who(LADDER[:2], project_id=new_hex(), project_domain_id="default")
    yield "service", who(("service",), project_id=new_hex(), project_domain_id="default")
    yield "domain:reader", who(LADDER[:1], domain_id="default")
    yield "domain:admin", who(LADDER, domain_id="default")
    yield "system:reader", who(LADDER[:1], system=True)
    yield "system:admin", who(LADDER, system=True)


def operations(served: Served, known: Knowledge, placer: Placer) -> Iterator[Operation]:
    """What the service declares, then what is known beside."""
    base = served.manifest.path
    for route in sorted(served.routes, key=lambda r: (r.path, r.method, r.window.since or (0, 0))):
        if not route.auth or any(route.path.startswith(path) for path in known.without):
            continue
        key = f"{route.method} {route.path}"
        path = base + _filled(route.path, known.names)
        version = known.versions.get(key) or _newest(served, route)
        headers = known.headers.get(key, {})
        actions = known.actions.get(route.path) if route.method == "POST" else None
        if actions is not None:
            for name, body in actions.items():
                action = None if body is None else {name: body}
                yield Operation(f"{key} {name}", "POST", path, action or {name: None}, version, headers)
        else:
            body = known.bodies.get(key) or next(placer.bodies(served, route), None)
            yield Operation(key, route.method, path, body, version, headers)
    yield from known.more


def _newest(served: Served, route: Route) -> str | None:
    """The newest version that knows the route."""
    window = served.manifest.microversions
    if window is None:
        return None
    last = route.window.until or schema.parse_version(window.maximum)
    return f"{window.type} {last[0]}.{last[1]}"


def _filled(template: str, names: Mapping[str, str]) -> str:
    parts, before = [], ""
    for part in template.split("/"):
        if part.startswith("{"):
            hole = part.strip("{}").split(":")[0]
            part = names.get(f"{before}/{hole}") or names.get(before) or names[hole]
        else:
            before = part
        parts.append(part)
    return "/".join(parts)


async def _asked(cloud: Cloud, who: Persona | None, what: Operation) -> tuple[int, bool, str]:
    """(status, whether a rule refused, the body)."""
    headers = dict(what.headers)
    if who is not None:
        headers["X-Auth-Token"] = who.token
    if what.version:
        headers["OpenStack-API-Version"] = what.version
    content: dict[str, Any] = {"content": what.body} if isinstance(what.body, bytes) else {"json": what.body}
    answer = await cloud.http.request(what.method, what.path, headers=headers, **content)
    assert answer.status_code < 500, f"{what.name}: {answer.text}"
    is_refused = cloud.platform.denials.of(answer.headers["x-openstack-request-id"]) is not None
    return answer.status_code, is_refused, answer.text


async def table(
    cloud: Cloud,
    everybody: list[tuple[str, Persona]],
    served: Served,
    known: Knowledge,
    things: dict[str, str],
    own: list[str],
) -> list[str]:
    """The lines of the table; the first names the columns."""
    lines = ["\t".join(("operation", "status", *(name for name, _ in everybody), "nobody"))]
    ours = re.compile("|".join(map(re.escape, own)))
    for what in operations(served, known, Placer(things, things, {})):
        top: tuple[int, str] | None = None
        cells = []
        for _, who in [*everybody, ("nobody", None)]:
            status, is_refused, text = await _asked(cloud, who, what)
            top = top or (status, text)
            cells.append(_cell(what, status, is_refused, text, top, ours))
        assert top is not None
        lines.append("\t".join((what.name, str(top[0]), *cells)))
    return lines


def _cell(
    what: Operation, status: int, is_refused: bool, text: str, top: tuple[int, str], ours: re.Pattern[str]
) -> str:
    if status == 401 or is_refused:
        return str(status)
    if status in (403, 404) and status != top[0]:
        return f"{status}!"
    if what.shows:
        return "+" if f'"{what.shows}":' in text else "0"
    if what.method == "GET" and status == 200 and ours.search(top[1]) and not ours.search(text):
        return "0"
    return "+"

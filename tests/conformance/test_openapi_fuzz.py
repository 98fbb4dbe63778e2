"""Whatever is sent, every service answers with its own fault and a request id, never with a 5xx.

Every route of every service is tried with paths that lead nowhere and with paths to real things, by an administrator
and by a member. What is wrong in itself (a body, a query, a header) is dealt out over the routes; `pytest --thorough`
sends all of it to each of them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from haneul.kernel.http.app import Served
from haneul.kernel.http.routes import Route
from haneul.services.block_storage import public as block_storage
from tests.conformance import hostile_input
from tests.conformance.hostile_input import Portions
from tests.conformance.hostile_targets import changes, creations, more_creations
from tests.conftest import SERVICES, Cloud, Persona
from tests.security.shapes import Known, Shapes, encoded
from tests.services.compute.world import V, World, make

pytestmark = pytest.mark.sweep

JSON = {"Content-Type": "application/json"}
DRAWN, DRAWN_THOROUGHLY = 3, 30
"""Bodies of each route that fit its schema, and as many that almost do."""


class Attacker:
    """Sends things as several people, and keeps what was answered wrongly."""

    def __init__(self, world: World, served: Served, ids: dict[str, str]) -> None:
        self.cloud = world.cloud
        self.served = served
        self.ids = ids
        self.wrong: dict[str, str] = {}

    def path(self, template: str) -> str:
        """The path to a real thing, where there is one of that kind."""
        before = ""
        parts = []
        for part in template.split("/"):
            parts.append(self.ids.get(before, "no-such") if part.startswith("{") else part)
            before = part
        return self.served.manifest.path + "/".join(parts)

    async def send(self, who: Persona, method: str, path: str, note: str = "", **options: Any) -> None:
        headers = {"X-Auth-Token": who.token, **options.pop("headers", {})}
        if (window := self.served.manifest.microversions) is not None:
            headers.setdefault("OpenStack-API-Version", f"{window.type} {window.maximum}")
        answer = await self.cloud.http.request(method, path, headers=headers, **options)
        what = ""
        if answer.status_code >= 500:
            what = f"{answer.status_code} {answer.headers.get('x-openstack-request-id')}"
        elif "x-openstack-request-id" not in answer.headers:
            what = f"{answer.status_code} without a request id"
        elif answer.status_code >= 400 and method != "HEAD" and not self._is_fault(answer):
            what = f"{answer.status_code} without a fault: {answer.text[:80]}"
        if what:
            sent = options.get("content", b"")[:300]
            self.wrong.setdefault(f"{method} {path[:200]} {note[:200]} {sent!r}", what)

    def _is_fault(self, answer: Any) -> bool:
        if self.served.manifest.name == "image" and answer.headers["content-type"].startswith("text/html"):
            return re.search(rf"<title>{answer.status_code} [^<]+</title>", answer.text) is not None
        if self.served.manifest.name == "object_storage":
            page = re.fullmatch(r"<html><h1>[\w -]+</h1><p>.*</p></html>", answer.text)
            return page is not None or answer.headers["content-type"].startswith("text/plain")
        try:
            return isinstance(answer.json(), dict)
        except ValueError:
            return False

    def people(self) -> tuple[Persona, Persona]:
        return self.cloud.admin, self.cloud.member


@pytest.fixture
async def world(cloud: Cloud) -> World:
    """With an administrator of the member's project: some paths name the project."""
    roles = cloud.admin.auth.roles
    cloud.admin = cloud.persona("admin", roles=roles, project_id=cloud.member.auth.project_id)
    return await make(cloud)


@pytest.fixture
async def ids(world: World) -> AsyncIterator[dict[str, str]]:
    """One thing of many kinds, by the part of the path that stands before its id."""
    cloud = world.cloud
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
    project = cloud.member.auth.project_id or ""
    found = {
        "images": world.image,
        "flavors": world.flavor,
        "networks": world.network,
        "v3": project,
        "os-quota-sets": project,
        "quotas": project,
        "servers": await world.create(),
    }
    for kind, who, path, body in creations(world, project):
        answer = await who.post(path, body, version=f"{V}, placement 1.39")
        assert answer.status_code < 300, f"{path}: {answer.text}"
        if answer.content:
            ((_, made),) = answer.json().items() if len(answer.json()) == 1 else (("", answer.json()),)
            found[kind] = str(made.get("id") or made.get("uuid") or made.get("name"))
    await cloud.settled()
    yield found
    await cloud.settled()


@pytest.fixture(params=SERVICES)
def served(request: pytest.FixtureRequest, cloud: Cloud) -> Served:
    return next(s for s in cloud.plane.app.services if s.manifest.name == request.param)


@pytest.fixture
def attacker(world: World, served: Served, ids: dict[str, str]) -> Attacker:
    return Attacker(world, served, ids)


def writing(served: Served) -> list[Route]:
    """The routes that take something, those that destroy last."""
    order = {"POST": 0, "PUT": 1, "PATCH": 2, "DELETE": 3}
    found = [r for r in served.routes if r.method in order]
    return sorted(found, key=lambda r: order[r.method])


@pytest.fixture
def portions(request: pytest.FixtureRequest) -> Portions:
    return Portions(bool(request.config.getoption("--thorough")))


def nowhere(served: Served, route: Route, name: str = "no-such") -> str:
    """The path of the route to a thing that there is not."""
    return served.manifest.path + re.sub(r"\{[^}]*\}", lambda _: name, route.path)


async def test_bodies_that_fit_and_bodies_that_almost_do(attacker: Attacker, portions: Portions) -> None:
    """Drawn from the declarations that the OpenAPI documents are written from."""
    dice, served = random.Random(served_name := attacker.served.manifest.name), attacker.served
    shapes = Shapes(known_to(attacker, dice), dice)
    for route in [r for r in served.routes if r.method == "GET"] + writing(served):
        paths = [attacker.path(route.path), nowhere(served, route)]
        for number in range(DRAWN_THOROUGHLY if portions.is_thorough else DRAWN):
            right = shapes.draw(route.body) if route.body is not None else None
            for body in (right, shapes.spoil(right)) if route.body is not None else (None,):
                for who in attacker.people():
                    for path in portions.of(paths, 2):
                        content = b"" if route.body is None else encoded(body)
                        kind = {"Content-Type": dice.choice(route.content_types)} if content else {}
                        note = f"{served_name} {number}"
                        await attacker.send(who, route.method, path, note, content=content, headers=kind)
    assert attacker.wrong == {}


def known_to(attacker: Attacker, dice: random.Random) -> Known:
    """The ids of what there is, by the names that fields have for them."""
    known = Known()
    for kind, thing in attacker.ids.items():
        name = kind.removeprefix("os-").replace("-", "_").removesuffix("s")
        for field in (f"/{kind}", name, f"{name}_id", f"{name}Ref", "id"):
            known.add(field, thing, dice)
    return known


async def test_bodies_that_are_none(attacker: Attacker, portions: Portions) -> None:
    for route in writing(attacker.served):
        path = attacker.path(route.path)
        for kind in route.content_types:
            for name, content in bodies(route, portions):
                for who in portions.of(attacker.people(), 2):
                    await attacker.send(
                        who, route.method, path, name, content=content, headers={"Content-Type": kind}
                    )
    assert attacker.wrong == {}


def bodies(route: Route, portions: Portions) -> Iterator[tuple[str, bytes]]:
    """What is no object or no JSON; and objects where the resource is not what it should be.

    What the schema has fields for gets every such value, other names get some of them: nobody looks there.
    """
    yield from portions.of(list(hostile_input.BODIES.items()), 6)
    for size in portions.of([min(route.limit, 3 << 20)], 6):
        yield "over the limit", b'{"a": "' + b"x" * size + b'"}'
    fields = getattr(route.body, "__struct_encode_fields__", None)
    for key in sorted(holders(route)):
        is_read = fields is None or key in fields
        for value in portions.of(hostile_input.WRONG_INSIDE, 1 if is_read else 10):
            yield f"{key} wrong", json.dumps({key: value}).encode()


def holders(route: Route) -> set[str]:
    """The names under which bodies of this route may have their resource."""
    named = {route.path.rstrip("/").rsplit("/", 1)[-1].removeprefix("os-").replace("-", "_").strip("{}")}
    named |= {name.removesuffix("s") for name in named}
    fields = getattr(route.body, "__struct_encode_fields__", ())
    return (
        named
        | set(fields)
        | {part[:-1].replace("-", "_") for part in route.path.split("/") if part[-1:] == "s"}
    )


async def test_a_body_over_the_limit_is_refused(attacker: Attacker) -> None:
    for route in attacker.served.routes:
        if route.body is None:
            continue
        answer = await attacker.cloud.http.request(
            route.method,
            attacker.path(route.path),
            content=b" " * (route.limit + 1),
            headers={"X-Auth-Token": attacker.cloud.admin.token, "Content-Type": route.content_types[0]},
        )
        assert 400 <= answer.status_code < 500, f"{route.method} {route.path}: {answer.text}"


async def test_ids_that_are_none(attacker: Attacker, portions: Portions) -> None:
    served = attacker.served
    for route in writing(served)[::-1] + [r for r in served.routes if r.method == "GET"]:
        if "{" not in route.path:
            continue
        content = b"{}" if route.body is not None else b""
        for name in ("no-such", *portions.of(hostile_input.UNKNOWN_IDS[1:], 3)):
            for who in portions.of(attacker.people(), 1 if name == "no-such" else 2):
                await attacker.send(who, route.method, nowhere(served, route, name), content=content)
    assert attacker.wrong == {}


async def test_queries_that_make_no_sense(attacker: Attacker, portions: Portions) -> None:
    for route in attacker.served.routes:
        if route.method == "GET" and any(kind == "query" for _, kind in route.arguments):
            for name in hostile_input.QUERY_NAMES:
                for value in portions.of(hostile_input.QUERY_VALUES, 7):
                    path = f"{attacker.path(route.path)}?{name}={value}"
                    await attacker.send(attacker.cloud.admin, "GET", path)
    assert attacker.wrong == {}


HEADERS = (
    {"Content-Length": "x"},
    {"Content-Length": "-1"},
    {"Content-Type": "\xff"},
    {"Content-Type": "application/json; charset=no-such"},
    {"OpenStack-API-Version": "compute 2.\xb2"},
    {"OpenStack-API-Version": "compute " + "9" * 5000 + ".1"},
    {"OpenStack-API-Version": "volume 3.-1, placement x.y"},
    {"X-Auth-Token": "\xff\xfe"},
    {"X-Auth-Token": "a.b.c"},
    {"X-Auth-Token": "eyJhbGciOiJub25lIn0." * 3},
    {"Range": "bytes=9-1"},
    {"If-Match": "\xff"},
)


async def test_headers_that_make_no_sense(attacker: Attacker, portions: Portions) -> None:
    for route in attacker.served.routes:
        for headers in portions.of(HEADERS, 4):
            spoilt = {name: value.encode("latin-1") for name, value in headers.items()}
            await attacker.send(
                attacker.cloud.admin, route.method, attacker.path(route.path), f"{headers}"[:80],
                headers=spoilt, content=b"{}" if route.body is not None else b"",
            )  # fmt: skip
    assert attacker.wrong == {}


async def test_right_bodies_with_one_value_spoilt(
    served: Served, attacker: Attacker, world: World, ids: dict[str, str], portions: Portions
) -> None:
    """Made of the bodies that the things under test were made of."""
    sent = [("POST", path, body) for _, _, path, body in creations(world, ids["v3"])]
    sent += [("POST", path, body) for path, body in more_creations(world, ids)]
    sent += [(method, path, body) for method, path, body in changes(world, ids)]
    for method, path, body in sent:
        if not path.startswith(served.manifest.path + "/"):
            continue
        targets = [(method, path)]
        if method == "POST" and (kind := path.rsplit("/", 1)[-1]) in ids:
            targets += [("PUT", f"{path}/{quote(ids[kind])}"), ("PATCH", f"{path}/{quote(ids[kind])}")]
        for other in hostile_input.spoilt(body, lambda: portions.of(hostile_input.SPOILT, 6)):
            content = json.dumps(other).encode()
            for each, where in targets:
                await attacker.send(world.cloud.admin, each, where, content=content, headers=JSON)
    assert attacker.wrong == {}

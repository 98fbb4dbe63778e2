"""Whatever is sent, every service answers with its own fault and a request id, never with a 5xx.

The operations are those of the generated OpenAPI documents. Each is tried with paths that lead nowhere and
with paths to real things, by an administrator and by a member.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import pytest

from haneul.kernel.http.app import Served
from haneul.kernel.http.openapi import document
from haneul.kernel.http.routes import Route
from haneul.services.block_storage import public as block_storage
from tests.conformance import hostile_input
from tests.conformance.hostile_targets import changes, creations, more_creations
from tests.conftest import SERVICES, Cloud, Persona
from tests.services.compute.world import V, World, make

pytestmark = pytest.mark.sweep

JSON = {"Content-Type": "application/json"}
EXAMPLES = 3
"""Generated cases of each operation and kind, right or wrong."""


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


async def test_generated_cases(attacker: Attacker) -> None:
    served = attacker.served
    made = list(
        hostile_input.generated(document(served.manifest, served.routes, "http://cloud.test"), EXAMPLES)
    )
    assert len(made) >= len({(r.method, r.path) for r in served.routes})
    for case in sorted(made, key=lambda c: c.method == "DELETE"):
        options = as_request(case)
        real = attacker.path(case.operation.path.removeprefix(served.manifest.path))
        for who in attacker.people():
            await attacker.send(who, case.method, case.formatted_path, **options)
            await attacker.send(who, case.method, real, **options)
    assert attacker.wrong == {}


def as_request(case: Any) -> dict[str, Any]:
    """The case as httpx takes it, without its token."""
    sent = case.as_transport_kwargs()
    options: dict[str, Any] = {"params": sent["params"]}
    if "json" in sent:
        options["content"] = json.dumps(sent["json"]).encode()
    elif isinstance(sent.get("data"), bytes):
        options["content"] = sent["data"]
    if kind := sent["headers"].get("Content-Type"):
        options["headers"] = {"Content-Type": kind}
    return options


async def test_bodies_that_are_none(attacker: Attacker) -> None:
    for route in writing(attacker.served):
        path = attacker.path(route.path)
        for name, content in bodies(route):
            for kind in route.content_types:
                for who in attacker.people():
                    await attacker.send(
                        who, route.method, path, name, content=content, headers={"Content-Type": kind}
                    )
    assert attacker.wrong == {}


def bodies(route: Route) -> Iterator[tuple[str, bytes]]:
    yield from hostile_input.BODIES.items()
    yield "over the limit", b'{"a": "' + b"x" * min(route.limit, 3 << 20) + b'"}'
    for key in holders(route):
        for value in hostile_input.WRONG_INSIDE:
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


async def test_ids_that_are_none(attacker: Attacker) -> None:
    for route in writing(attacker.served)[::-1] + [r for r in attacker.served.routes if r.method == "GET"]:
        for name in ("no-such", *hostile_input.UNKNOWN_IDS) if "{" in route.path else ():
            path = attacker.served.manifest.path + re.sub(r"\{[^}]*\}", lambda _, n=name: n, route.path)
            content = b"{}" if route.body is not None else b""
            for who in attacker.people():
                await attacker.send(who, route.method, path, content=content)
    assert attacker.wrong == {}


async def test_queries_that_make_no_sense(attacker: Attacker) -> None:
    for route in attacker.served.routes:
        if route.method == "GET" and any(kind == "query" for _, kind in route.arguments):
            for query in hostile_input.QUERIES:
                await attacker.send(attacker.cloud.admin, "GET", f"{attacker.path(route.path)}?{query}")
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


async def test_headers_that_make_no_sense(attacker: Attacker) -> None:
    for route in attacker.served.routes:
        for headers in HEADERS:
            spoilt = {name: value.encode("latin-1") for name, value in headers.items()}
            await attacker.send(
                attacker.cloud.admin, route.method, attacker.path(route.path), f"{headers}"[:80],
                headers=spoilt, content=b"{}" if route.body is not None else b"",
            )  # fmt: skip
    assert attacker.wrong == {}


async def test_right_bodies_with_one_value_spoilt(world: World, ids: dict[str, str]) -> None:
    """Made of the bodies that the things under test were made of."""
    attackers = {
        s.manifest.path: Attacker(world, s, ids) for s in world.cloud.plane.app.services if s.manifest.path
    }
    sent = [("POST", path, body) for _, _, path, body in creations(world, ids["v3"])]
    sent += [("POST", path, body) for path, body in more_creations(world, ids)]
    sent += [(method, path, body) for method, path, body in changes(world, ids)]
    for method, path, body in sent:
        attacker = next(a for prefix, a in attackers.items() if path.startswith(prefix))
        targets = [(method, path)]
        if method == "POST" and (kind := path.rsplit("/", 1)[-1]) in ids:
            targets += [("PUT", f"{path}/{quote(ids[kind])}"), ("PATCH", f"{path}/{quote(ids[kind])}")]
        for other in hostile_input.spoilt(body):
            content = json.dumps(other).encode()
            for each, where in targets:
                await attacker.send(world.cloud.admin, each, where, content=content, headers=JSON)
    assert {k: v for a in attackers.values() for k, v in a.wrong.items()} == {}

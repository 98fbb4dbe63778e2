"""No request holds the cloud: the most of everything, everywhere, by the processor's time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from haneul.kernel.http.routes import Route
from tests.conformance.hostile_targets import changes, creations, more_creations
from tests.conformance.test_openapi_fuzz import Attacker, ids, world, writing  # noqa: F401
from tests.conftest import SERVICES
from tests.security import extreme_values
from tests.security.effort import cost_s, limit_s, memory_mib
from tests.services.compute.world import World

pytestmark = pytest.mark.sweep

GROWTH_MIB = 32.0
AGAIN = 5
"""Every so many bodies are sent a second time."""
SKIPPED = {
    "/v3/auth/tokens": "passwords are hashed in threads, on purpose slowly; bodies of it are tried below",
}


@pytest.fixture(params=SERVICES)
def attacker(request: pytest.FixtureRequest, world: World, ids: dict[str, str]) -> Attacker:  # noqa: F811
    served = next(s for s in world.cloud.plane.app.services if s.manifest.name == request.param)
    return Attacker(world, served, ids)


def right_bodies(attacker: Attacker, world: World) -> dict[tuple[str, str], list[dict[str, Any]]]:  # noqa: F811
    """What honest people send, by method and path."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    ids_, project = attacker.ids, attacker.ids["v3"]
    for _, _, path, body in creations(world, project):
        found.setdefault(("POST", path), []).append(body)
        kind = path.rsplit("/", 1)[-1]
        if kind in ids_:
            found.setdefault(("PUT", f"{path}/{ids_[kind]}"), []).append(body)
    for path, body in more_creations(world, ids_):
        found.setdefault(("POST", path), []).append(body)
    for method, path, body in changes(world, ids_):
        found.setdefault((method, path), []).append(body)
    return found


class Sweep:
    """Sends, measures, and keeps what cost too much or was answered by a 5xx."""

    def __init__(self, attacker: Attacker) -> None:
        self.attacker = attacker
        self.limit_s = limit_s()
        self.slow: dict[str, float] = {}
        self.sent = 0

    async def send(self, route: Route, path: str, content: bytes = b"", note: str = "") -> None:
        headers = {"Content-Type": route.content_types[0]} if content else {}

        async def act() -> None:
            await self.attacker.send(
                self.attacker.cloud.member, route.method, path, note, content=content, headers=headers
            )

        spent, _ = await cost_s(act, self.limit_s)
        self.sent += 1
        if spent >= self.limit_s:
            self.slow[f"{route.method} {path[:80]} {note[:80]} {content[:60]!r}"] = round(spent, 3)


def of_route(attacker: Attacker, route: Route, right: dict[Any, list[dict[str, Any]]]) -> Iterator[bytes]:
    if any(route.path.endswith(skipped) for skipped in SKIPPED):
        return
    for content in extreme_values.bodies(route, right.get((route.method, attacker.path(route.path)), [])):
        if len(content) <= route.limit:
            yield content


async def test_the_most_of_everything_in_bodies(attacker: Attacker, world: World) -> None:  # noqa: F811
    """What was sent once has warmed up all there is to warm; part of it again leaves nothing behind."""
    sweep, right, database = Sweep(attacker), right_bodies(attacker, world), world.cloud.platform.db
    routes = [r for r in writing(attacker.served) if r.body is not None]
    for route in routes:
        for content in of_route(attacker, route, right):
            await sweep.send(route, attacker.path(route.path), content)
    await attacker.cloud.settled()
    warm = memory_mib(database)
    for route in routes:
        for content in islice(of_route(attacker, route, right), 0, None, AGAIN):
            await sweep.send(route, attacker.path(route.path), content)
    await attacker.cloud.settled()
    growth = memory_mib(database) - warm
    assert sweep.slow == {}
    assert attacker.wrong == {}
    assert growth < GROWTH_MIB
    assert sweep.sent or not routes


async def test_the_most_of_everything_in_queries(attacker: Attacker) -> None:
    sweep = Sweep(attacker)
    for route in attacker.served.routes:
        if route.method == "GET" and any(kind == "query" for _, kind in route.arguments):
            for query in extreme_values.QUERIES:
                await sweep.send(route, f"{attacker.path(route.path)}?{query}")
    assert sweep.slow == {}
    assert attacker.wrong == {}

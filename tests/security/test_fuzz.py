"""Whatever is sent to whatever route in whatever microversion, the answer is no fault of ours.

The seeds are few and fixed here; `python -m tests.security.fuzz --requests 100000` sends more.
"""

from __future__ import annotations

import random

import pytest

from tests.conftest import SERVICES, Cloud
from tests.security.fuzz import Fuzzer, edges, fuzzer_of, schema_text
from tests.security.shapes import Known, Shapes, encoded

pytestmark = pytest.mark.sweep

REQUESTS = 1200


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_request_is_answered_with_a_fault_of_ours(cloud: Cloud, seed: int) -> None:
    fuzzer = Fuzzer(cloud, seed)
    await fuzzer.furnish()
    outcome = await fuzzer.run(REQUESTS)
    assert outcome.failures == []
    assert sum(outcome.statuses.values()) == REQUESTS
    assert len(outcome.reached) > 60, "it must find the way into many routes to show anything"
    assert {200, 400, 403, 404} <= set(outcome.statuses)


@pytest.mark.parametrize(("kind", "requests", "ways_in"), [("objects", 1500, 12), ("pages", 500, 80)])
async def test_neither_objects_nor_pages_are(cloud: Cloud, kind: str, requests: int, ways_in: int) -> None:
    fuzzer = fuzzer_of(kind)(cloud, 3)
    await fuzzer.furnish()
    outcome = await fuzzer.run(requests)
    assert outcome.failures == []
    assert len(outcome.reached) > ways_in


def test_the_same_seed_draws_the_same_values(cloud: Cloud) -> None:
    bodies = [route.body for s in cloud.plane.app.services for route in s.routes if route.body is not None]
    drawn = []
    for _ in range(2):
        shapes = Shapes(Known(), random.Random(5))
        drawn.append([encoded(shapes.spoil(shapes.draw(body))) for body in bodies])
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("name", SERVICES)
def test_every_edge_of_every_microversion_is_drawn(cloud: Cloud, name: str) -> None:
    served = next(s for s in cloud.plane.app.services if s.manifest.name == name)
    for route in served.routes if served.manifest.microversions else ():
        drawn = {schema_text(version) for version in edges(served, route)}
        for edge in filter(None, (route.window.since, route.window.until)):
            assert schema_text(edge) in drawn

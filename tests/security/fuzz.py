"""Requests over all routes and all microversions, right and wrong, as an administrator, a member and strangers.

python -m tests.security.fuzz --requests 100000 --seed 7 [--of objects|pages]

What a seed sends depends only on the seed and on what the cloud answers. Requests are sent in rounds, each to a
cloud of its own, so that a failure of round 19 is seen again by `--first-round 19 --requests 4000`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import msgspec
import structlog

from haneul.kernel.http import schema
from haneul.kernel.http.app import Served
from haneul.kernel.http.routes import Route
from haneul.services.block_storage import public as block_storage
from haneul.services.identity import public as identity
from tests import conftest
from tests.conformance import hostile_input, hostile_targets
from tests.conftest import Cloud, Persona
from tests.security.shapes import NUMBERS, Known, Shapes, encoded
from tests.services.compute.world import V, World, make

ROUND = 4000
"""Requests that one cloud gets."""
LARGEST_ANSWER = 60_000
"""What is longer teaches nothing new."""
HELD_S = 0.2
"""Processor time of one request that is worth a line in the report."""


@dataclass(frozen=True)
class Sent:
    who: str
    method: str
    path: str
    version: str | None
    content: bytes

    def __str__(self) -> str:
        return f"{self.method} {self.path[:300]} as {self.who} in {self.version}: {self.content[:400]!r}"


@dataclass
class Outcome:
    """What came of the requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[tuple[str, str]] = field(default_factory=set)
    """(method, path) of routes that answered with success."""
    aimed: set[tuple[str, str]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)
    holds: list[tuple[float, str]] = field(default_factory=list)
    """(processor seconds, request), the longest first."""

    def note_hold(self, seconds: float, sent: Sent) -> None:
        if seconds >= HELD_S:
            self.holds = sorted([*self.holds, (seconds, str(sent))], reverse=True)[:20]

    def add(self, other: Outcome) -> None:
        self.statuses += other.statuses
        self.reached |= other.reached
        self.aimed |= other.aimed
        self.failures += other.failures
        self.holds = sorted([*self.holds, *other.holds], reverse=True)[:20]


class Fuzzer:
    """Sends requests to one cloud, and learns from what it answers."""

    def __init__(self, cloud: Cloud, seed: int) -> None:
        self.cloud = cloud
        self.dice = random.Random(seed)
        self.known = Known()
        self.shapes = Shapes(self.known, self.dice)
        self.outcome = Outcome()
        self.targets = [(served, route) for served in cloud.plane.app.services for route in served.routes]
        self.bodies: dict[tuple[str, str], list[Any]] = defaultdict(list)
        """Bodies that were right once, or are the shape of what is shown, by method and path of the route."""
        system = cloud.persona("system", roles=cloud.admin.auth.roles)
        auth = msgspec.structs.replace(system.auth, project_id=None, project_name=None, system=True)
        self.people: list[tuple[Persona | None, int]] = [
            (cloud.admin, 40), (cloud.member, 35), (cloud.stranger, 8), (cloud.reader, 5),
            (Persona(cloud, auth), 8), (None, 4),
        ]  # fmt: skip

    async def furnish(self) -> None:
        """A few things of many kinds to begin with, and people who can log in."""
        cloud = self.cloud
        async with cloud.platform.context() as ctx:
            await identity.bootstrap(ctx, admin_password="a password")
        async with cloud.platform.context() as ctx:
            await block_storage.ensure_default_type(ctx)
        world = await make(cloud)
        project = cloud.member.auth.project_id or ""
        ids = {"v3": project, "servers": await world.create(metadata={"a": "b"})}
        for kind, who, path, body in hostile_targets.creations(world, project):
            answer = await who.post(path, body, version=f"{V}, placement 1.39")
            self.learn_body("POST", path, body)
            with contextlib.suppress(ValueError, AttributeError):
                made = answer.json()
                made = next(iter(made.values())) if len(made) == 1 else made
                ids[kind] = str(made.get("id") or made.get("uuid") or made.get("name"))
            self.learn("POST", path, answer)
        ids.setdefault("resource_providers", "no-such")
        for path, body in hostile_targets.more_creations(world, ids):
            self.learn_body("POST", path, body)
        for method, path, body in hostile_targets.changes(world, ids):
            self.learn_body(method, path, body)
        self.learn_body("POST", "/compute/v2.1/servers", world.body(metadata={"a": "b"}))
        self._know_first_ids(world, project)
        await cloud.settled()

    def _know_first_ids(self, world: World, project: str) -> None:
        for name, value in (
            ("/v3", project), ("project_id", project), ("tenant_id", project), ("/images", world.image),
            ("/flavors", world.flavor), ("/networks", world.network), ("imageRef", world.image),
            ("flavorRef", world.flavor), ("/projects", project), ("/os-quota-sets", project),
        ):  # fmt: skip
            self.known.add(name, value, self.dice)

    async def run(self, requests: int) -> Outcome:
        for number in range(requests):
            await self.once()
            if number % 500 == 499:
                await self.cloud.settled()
        await self.cloud.settled()
        return self.outcome

    async def once(self) -> None:
        dice = self.dice
        served, route = dice.choice(self.targets)
        while route.method == "DELETE" and dice.random() < 0.6:
            served, route = dice.choice(self.targets)
        who = dice.choices([p for p, _ in self.people], [w for _, w in self.people])[0]
        path = self._path(served, route)
        headers, version = self._version(served, route)
        content = b""
        if route.method in ("POST", "PUT", "PATCH"):
            content = self._content(route)
            headers["Content-Type"] = dice.choice(route.content_types)
        if who is not None:
            headers["X-Auth-Token"] = who.token
        sent = Sent(who.auth.user_name or "" if who else "nobody", route.method, path, version, content)
        before = time.process_time()
        try:
            answer = await self.cloud.http.request(route.method, path, headers=headers, content=content)
        except Exception as problem:  # the server would have closed the connection
            self.outcome.failures.append(
                f"no answer ({type(problem).__name__}: {str(problem)[-200:]}): {sent}"
            )
            return
        self.outcome.note_hold(time.process_time() - before, sent)
        self.note(route, sent, answer)

    def note(self, route: Route, sent: Sent, answer: httpx.Response) -> None:
        outcome = self.outcome
        outcome.statuses[answer.status_code] += 1
        outcome.aimed.add((route.method, route.path))
        wrong = ""
        if answer.status_code >= 500:
            wrong = f"{answer.status_code} {answer.headers.get('x-openstack-request-id')}"
        elif "x-openstack-request-id" not in answer.headers:
            wrong = f"{answer.status_code} without a request id"
        if wrong:
            outcome.failures.append(f"{wrong}: {sent}")
        if answer.status_code < 300:
            outcome.reached.add((route.method, route.path))
            if sent.content and len(sent.content) < 5000:
                with contextlib.suppress(ValueError):
                    self._keep_body(route, msgspec.json.decode(sent.content))
            self.learn(route.method, sent.path.partition("?")[0], answer)

    def learn(self, method: str, path: str, answer: httpx.Response) -> None:
        """Ids and values that were shown, and the shapes that went with them."""
        if answer.status_code >= 300 or len(answer.content) > LARGEST_ANSWER:
            return
        try:
            shown = answer.json()
        except ValueError:
            return
        for name, value in _pairs(shown):
            if isinstance(value, (str, int)) and not isinstance(value, bool) and len(str(value)) < 400:
                self.known.add(name, value, self.dice)
        last = path.rstrip("/").rsplit("/", 1)[-1]
        for thing in _things(shown):
            for key in ("id", "uuid"):
                if isinstance(value := thing.get(key), str):
                    kind = last if method == "POST" or not _looks_like_id(last) else path.split("/")[-2]
                    self.known.add(f"/{kind}", value, self.dice)
        if method == "POST" and isinstance(shown, dict):
            self.learn_body("POST", path, shown)
        elif method == "GET" and isinstance(shown, dict) and len(shown) == 1:
            self.learn_body("PUT", path, shown)
            self.learn_body("PATCH", path, shown)

    def learn_body(self, method: str, path: str, body: Any) -> None:
        for served, route in self.targets:
            if route.method == method and route.body is not None and _matches(served, route, path):
                self._keep_body(route, body)

    def _keep_body(self, route: Route, body: Any) -> None:
        held = self.bodies[route.method, route.path]
        if len(held) < 12:
            held.append(body)
        else:
            held[self.dice.randrange(12)] = body

    def _path(self, served: Served, route: Route) -> str:
        prefix, window = served.manifest.path, served.manifest.microversions
        parts, before = [], ""
        for part in route.path.split("/"):
            parts.append(self._part(before, part) if part.startswith("{") else part)
            before = part if not part.startswith("{") else before
        path = prefix + "/".join(parts)
        if window and window.frozen_path and self.dice.random() < 0.1:
            now, frozen = window.frozen_path
            path = path.replace(prefix + now + "/", prefix + frozen + "/", 1)
        if route.method == "GET" or self.dice.random() < 0.05:
            path += self._query(route)
        return path

    def _part(self, before: str, part: str) -> str:
        dice = self.dice
        name = part.strip("{}").split(":")[0]
        draw = dice.random()
        if draw < 0.8:
            one = self.known.one(f"/{before}", dice) or self.known.one(name, dice)
            return quote(str(one if one is not None else self.shapes.text(name)), safe="")
        if draw < 0.9:
            return quote(self.shapes.text(name), safe="")
        return dice.choice(hostile_input.UNKNOWN_IDS)

    def _query(self, route: Route) -> str:
        dice = self.dice
        if dice.random() < 0.4:
            return ""
        if dice.random() < 0.3:
            return "?" + "&".join(
                dice.choice(hostile_input.QUERIES) for _ in range(dice.choice((1, 1, 2, 5)))
            )
        pairs = []
        for _ in range(dice.choice((1, 1, 2, 3, 6))):
            name = dice.choice(QUERY_NAMES + tuple(n.strip("/") for n in sorted(self.known.values)))
            value = str(dice.choice(NUMBERS)) if dice.random() < 0.2 else self.shapes.text(name)
            pairs.append((name, value.encode("utf-8", "replace").decode()))
        return "?" + urlencode(pairs)

    def _version(self, served: Served, route: Route) -> tuple[dict[str, str], str | None]:
        """The headers that choose a microversion: at an edge of what the route knows, or anywhere."""
        window = served.manifest.microversions
        if window is None or self.dice.random() < 0.05:
            return {}, None
        draw = self.dice.random()
        if draw < 0.5:
            text = schema_text(self.dice.choice(edges(served, route)))
        elif draw < 0.95:
            least, most = schema.parse_version(window.minimum), schema.parse_version(window.maximum)
            text = f"{least[0]}.{self.dice.randint(least[1], most[1])}"
        else:
            text = self.dice.choice(("latest", "0.0", "2.999", "x", "", "2.1.1", "-1.-1", "2"))
        headers = {"OpenStack-API-Version": f"{window.type} {text}"}
        if window.legacy_header and self.dice.random() < 0.1:
            headers = {window.legacy_header: text}
        return headers, text

    def _content(self, route: Route) -> bytes:
        dice = self.dice
        if route.body is None:
            return dice.choice((b"", b"", b"{}", dice.randbytes(dice.choice((1, 64, 700)))))
        draw = dice.random()
        if draw < 0.06:
            return dice.choice(SMALL_BODIES)
        held = self.bodies.get((route.method, route.path))
        body = dice.choice(held) if held and dice.random() < 0.6 else self.shapes.draw(route.body)
        for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 4))):
            body = self.shapes.spoil(body)
        return encoded(body)


QUERY_NAMES = tuple(sorted({query.partition("=")[0] for query in hostile_input.QUERIES}))
SMALL_BODIES = [body for body in hostile_input.BODIES.values() if len(body) < 20_000]


def edges(served: Served, route: Route) -> list[tuple[int, int]]:
    """The microversions around which this route, or a field of its body or answer, changes."""
    window = served.manifest.microversions
    assert window is not None
    least, most = schema.parse_version(window.minimum), schema.parse_version(window.maximum)
    found = {least, most}
    windows = [route.window]
    for hint in (route.body, *route.answers.values()):
        if hint is not None:
            windows += [each for _, each in schema._windows(hint)]
    for each in windows:
        for major, minor in filter(None, (each.since, each.until)):
            found |= {(major, minor - 1), (major, minor), (major, minor + 1)}
    return sorted(version for version in found if version[1] >= 0)


def schema_text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _matches(served: Served, route: Route, path: str) -> bool:
    ours, theirs = (served.manifest.path + route.path).split("/"), path.rstrip("/").split("/")
    return len(ours) == len(theirs) and all(
        a == b or a.startswith("{") for a, b in zip(ours, theirs, strict=True)
    )


def _looks_like_id(text: str) -> bool:
    return len(text) >= 32 and any(c.isdigit() for c in text)


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key, inner
            yield from _pairs(inner)
    elif isinstance(value, list):
        for inner in value[:5]:
            yield from _pairs(inner)


def _things(value: Any) -> Iterator[dict[str, Any]]:
    """What is shown at the top, one by one."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            if isinstance(inner, dict):
                yield inner
            elif isinstance(inner, list):
                yield from (each for each in inner[:5] if isinstance(each, dict))


@contextlib.asynccontextmanager
async def fresh_cloud(folder: Path) -> AsyncIterator[Cloud]:
    databases = conftest.Sqlite(folder / "empty.db")
    async with databases.database(folder) as database, conftest.simulated_cloud(database, folder) as cloud:
        yield cloud


def fuzzer_of(kind: str) -> type[Fuzzer]:
    """Who sends requests of that kind."""
    if kind == "objects":
        from tests.security.fuzz_objects import ObjectFuzzer

        return ObjectFuzzer
    if kind == "pages":
        from tests.security.fuzz_pages import PageFuzzer

        return PageFuzzer
    return Fuzzer


KINDS = ("routes", "objects", "pages")


async def one_round(seed: int, requests: int, kind: str = "routes") -> Outcome:
    with tempfile.TemporaryDirectory(prefix="haneul-fuzz-") as folder:
        async with fresh_cloud(Path(folder)) as cloud:
            fuzzer = fuzzer_of(kind)(cloud, seed)
            await fuzzer.furnish()
            return await fuzzer.run(requests)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--first-round", type=int, default=0)
    parser.add_argument("--of", choices=KINDS, default="routes")
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    conftest.control_plane.load_tables(conftest.SERVICES)
    whole = Outcome()
    rounds = -(-asked.requests // ROUND)
    started = time.process_time()
    for number in range(asked.first_round, asked.first_round + rounds):
        found = asyncio.run(one_round(asked.seed * 1000 + number, min(ROUND, asked.requests), asked.of))
        whole.add(found)
        for failure in found.failures:
            print(f"round {number}: {failure}", flush=True)
        print(
            f"round {number}: {sum(found.statuses.values())} requests, {len(found.failures)} wrong",
            flush=True,
        )
    print(
        f"{sum(whole.statuses.values())} requests in {time.process_time() - started:.0f} s of processor time"
    )
    print("statuses:", ", ".join(f"{n} x {status}" for status, n in sorted(whole.statuses.items())))
    print(f"{len(whole.aimed)} routes aimed at, {len(whole.reached)} of them answered with success")
    for seconds, sent in whole.holds:
        print(f"held {seconds:.3f} s: {sent}")
    return 1 if whole.failures else 0


if __name__ == "__main__":
    sys.exit(main())

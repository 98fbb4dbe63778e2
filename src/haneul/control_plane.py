"""Builds the control plane: finds each service's parts by their names and puts them on one port.

python -m haneul.control_plane --state DIR [--host H] [--port N] [--database URL] [--services LIST]
                               [--simulate --hosts N] [--agent in-process|socket]
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from haneul.kernel.clock import Clock, StoreClock, SystemClock
from haneul.kernel.context import Platform
from haneul.kernel.db import Database
from haneul.kernel.http.app import Application, Served
from haneul.kernel.manifest import Manifest
from haneul.kernel.policy import Policy, Rule
from haneul.kernel.reconciler import Reconciler, Runner
from haneul.kernel.saga import Saga
from haneul.kernel.saga_engine import Engine
from haneul.kernel.tasks import end_all

SERVICES = ("identity", "image", "placement", "compute", "network", "block_storage", "oversight")
MINIMUM = ("identity", "image", "placement", "compute", "network", "block_storage", "dashboard", "oversight")
PROFILES = {
    "minimum": MINIMUM,
    "core": (*MINIMUM, "object_storage", "orchestration", "metering"),
    "all": SERVICES,
}
"""What may be asked for by one word; those services count that are there."""
ALWAYS = ("identity",)
"""Nothing works without tokens."""


class NoSuchService(Exception):
    """The message says which, and what there is."""


def chosen(wanted: str) -> tuple[str, ...]:
    """The services to run for a profile's name, or for names with commas, and all that these need."""
    if wanted in PROFILES:
        todo = [s for s in PROFILES[wanted] if s in SERVICES]
    else:
        todo = [s.strip().replace("-", "_") for s in wanted.split(",")]
        if unknown := [s for s in todo if s not in SERVICES]:
            raise NoSuchService(
                f"there is no service {unknown[0]!r}; there are: {', '.join((*PROFILES, *SERVICES))}"
            )
    todo += ALWAYS
    found: set[str] = set()
    while todo:
        service = todo.pop()
        if service not in found:
            found.add(service)
            todo += manifest(service).depends_on
    return tuple(s for s in SERVICES if s in found)


def part(service: str, name: str) -> ModuleType | None:
    """The module or package `name` of a service, or None if the service has no such part."""
    full = f"haneul.services.{service}.{name}"
    return importlib.import_module(full) if importlib.util.find_spec(full) else None


def modules(service: str, name: str) -> Iterator[ModuleType]:
    """The part itself, and the modules in it if it is a package."""
    found = part(service, name)
    if found is None:
        return
    yield found
    for info in pkgutil.iter_modules(getattr(found, "__path__", ()), found.__name__ + "."):
        yield importlib.import_module(info.name)


@cache
def declared(service: str, name: str, kind: type) -> tuple[Any, ...]:
    """Everything of that kind that stands at the top of the part's modules, or in a table there, once."""
    found: dict[int, Any] = {}
    for module in modules(service, name):
        for value in vars(module).values():
            for each in value.values() if isinstance(value, dict) else (value,):
                if isinstance(each, kind):
                    found[id(each)] = each
    return tuple(found.values())


def manifest(service: str) -> Manifest:
    found: Manifest = importlib.import_module(f"haneul.services.{service}.manifest").MANIFEST
    return found


def load_tables(services: Iterable[str] = SERVICES) -> None:
    """Import every table, so that METADATA is complete."""
    importlib.import_module("haneul.kernel.saga")
    importlib.import_module("haneul.kernel.quota")
    for service in services:
        for _ in modules(service, "store"):
            pass


def rules(services: Iterable[str]) -> list[Rule]:
    """The rules that these services declare."""
    return [rule for service in services for rule in declared(service, "policy", Rule)]


def policy_of(services: Sequence[str], overrides: dict[str, str] | None = None) -> Policy:
    """The policy of these services, with an operator's rules in place of some."""
    return Policy.build(rules(services), overrides) if overrides else _usual_policy(tuple(services))


@cache
def _usual_policy(services: tuple[str, ...]) -> Policy:
    return Policy.build(rules(services))


@cache
def served(service: str) -> Served:
    routes = [route for module in modules(service, "api") for route in _routes(module)]
    if audit := part(service, "api.audit"):
        routes = [audit.audited(route) for route in routes]
    envelope = importlib.import_module(f"haneul.services.{service}.api.faults").envelope
    return Served(manifest(service), routes, envelope)


def _routes(module: ModuleType) -> list[Any]:
    found = getattr(module, "routes", None)
    return list(found.routes) if found is not None else []


class ControlPlane:
    """One control plane: its platform, its HTTP face, its workers."""

    def __init__(
        self,
        db: Database,
        *,
        endpoint: str,
        folder: Path,
        services: Iterable[str] = SERVICES,
        clock: Clock | None = None,
        policy_overrides: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
        agents: Any = None,
        extra: Iterable[Served] = (),
    ) -> None:
        self.services = tuple(services)
        self.platform = Platform(
            db,
            clock or (StoreClock(db.now) if db.is_shared else SystemClock()),
            policy_of(self.services, policy_overrides),
            endpoint=endpoint,
            folder=folder,
            config=dict(config or {}),
        )
        self.platform.agents = agents
        sagas = [saga for s in self.services for saga in declared(s, "sagas", Saga)]
        self.platform.engine = Engine(self.platform, sagas)
        self.reconcilers = Runner(
            self.platform, [r for s in self.services for r in declared(s, "reconcilers", Reconciler)]
        )
        identity = importlib.import_module("haneul.services.identity.public")
        self.app = Application(
            self.platform,
            [*(served(s) for s in self.services), *extra],
            identity.authenticate,
            identity.is_from_holder,
        )
        for service in self.services:
            for module in modules(service, "api"):
                if mount := getattr(module, "mount", None):
                    mount(self.app)

        self._following: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """The store can be used, and the time is known."""
        await self.platform.db.start()
        clock = self.platform.clock
        if isinstance(clock, StoreClock):
            await clock.follow()
            self._following = asyncio.create_task(clock.follow_forever())

    async def start(self) -> None:
        """What was left is taken up, and what must stay true is watched. Call `open` before."""
        await self.platform.engine.run()
        self.reconcilers.run()

    async def stop(self) -> None:
        await self.reconcilers.stop()
        await self.platform.engine.stop()
        for service in self.services:
            if close := getattr(part(service, "public"), "close", None):
                await close(self.platform)
        if self._following is not None:
            await end_all([self._following])
        await self.platform.db.close()

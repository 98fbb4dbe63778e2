"""Builds the control plane: finds each service's parts by their names and puts them on one port.

python -m haneul.control_plane --state DIR [--host H] [--port N] [--database URL] [--services LIST]
                               [--simulate --hosts N] [--agent in-process|socket]
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from haneul.kernel import guesses, log, room
from haneul.kernel.clock import Clock, StoreClock, SystemClock
from haneul.kernel.config import Config, Section
from haneul.kernel.context import Platform
from haneul.kernel.db import Database
from haneul.kernel.http import door
from haneul.kernel.http.app import Application, IsFromHolder, Served
from haneul.kernel.policy import Policy, Rule
from haneul.kernel.quota import QuotaSet
from haneul.kernel.reconciler import Reconciler, Runner
from haneul.kernel.saga import Saga
from haneul.kernel.saga_engine import Engine
from haneul.kernel.tasks import end_all
from haneul.service_folders import declared, hook, hooks, manifest, modules, names, part

KERNEL_SECTIONS: tuple[type[Section], ...] = (
    door.Limits,
    guesses.GuessLimits,
    log.LogLimits,
    room.RoomLimits,
)


def load_tables(services: Iterable[str] | None = None) -> None:
    """Import every table, so that METADATA is complete."""
    importlib.import_module("haneul.kernel.saga")
    importlib.import_module("haneul.kernel.quota")
    for service in names() if services is None else services:
        for _ in modules(service, "store"):
            pass


def rules(services: Iterable[str]) -> list[Rule]:
    """The rules that these services declare."""
    return [rule.belongs_to(service) for service in services for rule in declared(service, "policy", Rule)]


def quotas(services: Iterable[str]) -> list[QuotaSet]:
    """The quotas that these services declare."""
    sets = [q for s in services for part in ("store", "operations") for q in declared(s, part, QuotaSet)]
    return list(dict.fromkeys(sets))


def sections() -> dict[str, type[Section]]:
    """The sections that options may have: the kernel's, and one of each service that has any."""
    known = {kind.section: kind for kind in KERNEL_SECTIONS}
    for service in names():
        if (module := part(service, "config")) is not None:
            known.update((service, kind) for kind in _sections(module))
    return known


def _sections(module: ModuleType) -> list[type[Section]]:
    """The sections that the module declares itself."""
    return [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Section) and kind.__module__ == module.__name__
    ]


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
    faults = importlib.import_module(f"haneul.services.{service}.api.faults")
    return Served(manifest(service), routes, faults.envelope, getattr(faults, "envelope_for_programs", None))


def _routes(module: ModuleType) -> list[Any]:
    routes = getattr(module, "routes", None)
    return list(routes.routes) if routes is not None else []


class ControlPlane:
    """One control plane: its platform, its HTTP face, its workers."""

    def __init__(
        self,
        db: Database,
        *,
        endpoint: str,
        folder: Path,
        services: Iterable[str] | None = None,
        clock: Clock | None = None,
        policy_overrides: dict[str, str] | None = None,
        config: Config | dict[str, Any] | None = None,
        agents: Any = None,
        extra: Iterable[Served] = (),
    ) -> None:
        self.services = names() if services is None else tuple(services)
        self.platform = Platform(
            db,
            clock or (StoreClock(db.now) if db.is_shared else SystemClock()),
            policy_of(self.services, policy_overrides),
            endpoint=endpoint,
            folder=folder,
            config=config if isinstance(config, Config) else Config(sections(), config or {}),
        )
        self.platform.agents = agents
        self.platform.remembered = tuple(id for _, ids in hooks(self.services, "remembers") for id in ids())
        sagas = [saga for s in self.services for saga in declared(s, "sagas", Saga)]
        self.platform.engine = Engine(self.platform, sagas)
        self.reconcilers = Runner(
            self.platform, [r for s in self.services for r in declared(s, "reconcilers", Reconciler)]
        )
        ((keeper, authenticate),) = hooks(self.services, "authenticate")
        self.app = Application(
            self.platform,
            [*(served(s) for s in self.services), *extra],
            authenticate,
            cast(IsFromHolder, hook(keeper, "is_from_holder")),
        )
        for _, mount in hooks(self.services, "mount"):
            mount(self.app)

        self._following: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """The store can be used, and the time is known."""
        await self.platform.db.start()
        clock = self.platform.clock
        if isinstance(clock, StoreClock):
            await clock.follow()
            self._following = asyncio.create_task(clock.follow_forever())
        for _, opening in hooks(self.services, "open"):
            await opening(self.platform)

    async def start(self) -> None:
        """What was left is taken up, and what must stay true is watched. Call `open` before."""
        await self.platform.engine.run()
        self.reconcilers.run()

    async def stop(self) -> None:
        await self.reconcilers.stop()
        await self.platform.engine.stop()
        for _, close in reversed(hooks(self.services, "close")):
            await close(self.platform)
        await self.platform.close()
        if self._following is not None:
            await end_all([self._following])
        await self.platform.db.close()

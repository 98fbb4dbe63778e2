"""Builds the control plane: finds each service's parts by their names and puts them on one port.

python -m haneul.control_plane --state DIR [--host H] [--port N] [--database URL] [--services LIST]
                               [--simulate --hosts N] [--agent in-process|socket]
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from haneul.kernel.clock import Clock, SystemClock
from haneul.kernel.context import Platform
from haneul.kernel.db import Database
from haneul.kernel.http.app import Application, Served
from haneul.kernel.manifest import Manifest
from haneul.kernel.policy import Policy, Rule
from haneul.kernel.reconciler import Reconciler, Runner
from haneul.kernel.saga import Saga
from haneul.kernel.saga_engine import Engine

SERVICES = ("identity", "image", "placement", "compute", "network", "block_storage", "oversight")


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


def declared(service: str, name: str, kind: type) -> list[Any]:
    """Everything of that kind that stands at the top of the part's modules, or in a table there, once."""
    found: dict[int, Any] = {}
    for module in modules(service, name):
        for value in vars(module).values():
            for each in value.values() if isinstance(value, dict) else (value,):
                if isinstance(each, kind):
                    found[id(each)] = each
    return list(found.values())


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
        rules = [rule for s in self.services for rule in declared(s, "policy", Rule)]
        self.platform = Platform(
            db,
            clock or SystemClock(),
            Policy.build(rules, policy_overrides),
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
            self.platform, [*(served(s) for s in self.services), *extra], identity.authenticate
        )
        for service in self.services:
            for module in modules(service, "api"):
                if mount := getattr(module, "mount", None):
                    mount(self.app)

    async def start(self) -> None:
        await self.platform.db.start()
        await self.platform.engine.run()
        self.reconcilers.run()

    async def stop(self) -> None:
        await self.reconcilers.stop()
        await self.platform.engine.stop()
        for service in self.services:
            if close := getattr(part(service, "public"), "close", None):
                await close(self.platform)
        await self.platform.db.close()

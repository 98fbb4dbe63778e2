"""The things that hostile input is aimed at, of every service whose tests have a `hostile.py`.

| name there | gives |
|---|---|
| `creations(world, project)` | (what stands before its id, who makes it, where, of what): each is made, and has an id |
| `more_creations(world, ids)` | (where, what) of further things and actions; not all of them right |
| `changes(world, ids)` | (method, where, what) of changes to the things in `ids` |
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from tests.conftest import SERVICES, Persona
from tests.services.compute.world import World


def _every(name: str, world: World, known: Any) -> Iterator[Any]:
    for service in SERVICES:
        module = f"tests.services.{service}.hostile"
        if importlib.util.find_spec(f"tests.services.{service}") and importlib.util.find_spec(module):
            targets = getattr(importlib.import_module(module), name, None)
            yield from targets(world, known) if targets is not None else ()


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    return _every("creations", world, project)


def more_creations(world: World, ids: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    return _every("more_creations", world, ids)


def changes(world: World, ids: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    return _every("changes", world, ids)

"""The services that are there, found by scanning: a folder in `haneul.services` with a manifest is one.

A service's parts are found by their names (`api`, `operations`, `store`, ...), and what they declare by its
kind, so that nothing outside a service's folder names it. Host agents use this too: it imports no part before
it is asked for.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from haneul import services
from haneul.kernel.manifest import PROFILES, Manifest


class NoSuchService(Exception):
    """The message says which, and what there is."""


class Circle(Exception):
    """Services depend on each other in a circle; the message names them."""


@cache
def names() -> tuple[str, ...]:
    """Every service, each after those that it depends on."""
    folders = [
        info.name
        for info in pkgutil.iter_modules(services.__path__)
        if info.ispkg and importlib.util.find_spec(f"haneul.services.{info.name}.manifest")
    ]
    return in_order(folders)


def in_order(wanted: Iterable[str]) -> tuple[str, ...]:
    """These services, each after those of them that it depends on."""
    todo = sorted(wanted)
    ordered: list[str] = []
    while todo:
        ready = [s for s in todo if not set(manifest(s).depends_on) & set(todo)]
        if not ready:
            raise Circle(f"these services depend on each other: {', '.join(todo)}")
        ordered += ready
        todo = [s for s in todo if s not in ready]
    return tuple(ordered)


@cache
def manifest(service: str) -> Manifest:
    """What the service says of itself."""
    module = importlib.import_module(f"haneul.services.{service}.manifest")
    declared: Manifest = module.MANIFEST
    return declared


def folder(service: str) -> Path:
    """Where the service stands."""
    spec = importlib.util.find_spec(f"haneul.services.{service}")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def profiles() -> dict[str, tuple[str, ...]]:
    """What may be asked for by one word, and the services that it stands for: each holds the one before."""
    return {
        profile: tuple(s for s in names() if manifest(s).profile in PROFILES[: size + 1])
        for size, profile in enumerate(PROFILES)
    }


def chosen(wanted: str) -> tuple[str, ...]:
    """The services to run for a profile's name, or for names with commas, and all that these need."""
    if wanted in PROFILES:
        todo = list(profiles()[wanted])
    else:
        todo = [s.strip().replace("-", "_") for s in wanted.split(",")]
        if unknown := [s for s in todo if s not in names()]:
            raise NoSuchService(
                f"there is no service {unknown[0]!r}; there are: {', '.join((*PROFILES, *names()))}"
            )
    todo += [s for s in names() if manifest(s).is_indispensable]
    needed: set[str] = set()
    while todo:
        service = todo.pop()
        if service not in needed:
            needed.add(service)
            todo += manifest(service).depends_on
    return in_order(needed)


@cache
def part(service: str, name: str) -> ModuleType | None:
    """The module or package `name` of a service, or None if the service has no such part."""
    return importlib.import_module(f"haneul.services.{service}.{name}") if has_part(service, name) else None


def has_part(service: str, name: str) -> bool:
    """Whether the service has it; it is not imported for that."""
    full = f"haneul.services.{service}"
    for word in name.split("."):
        full = f"{full}.{word}"
        if importlib.util.find_spec(full) is None:
            return False
    return True


@cache
def modules(service: str, name: str) -> tuple[ModuleType, ...]:
    """The part itself, and the modules in it if it is a package."""
    top = part(service, name)
    if top is None:
        return ()
    inner = pkgutil.iter_modules(getattr(top, "__path__", ()), top.__name__ + ".")
    return (top, *(importlib.import_module(info.name) for info in inner))


@cache
def declared(service: str, name: str, kind: type) -> tuple[Any, ...]:
    """Everything of that kind that stands at the top of the part's modules, or in a table there, once."""
    things: dict[int, Any] = {}
    for module in modules(service, name):
        for value in vars(module).values():
            for each in value.values() if isinstance(value, dict) else (value,):
                if isinstance(each, kind):
                    things[id(each)] = each
    return tuple(things.values())


def hook(service: str, name: str) -> Any | None:
    """What the service's `lifecycle.py` has under that name (see `kernel/lifecycle.py`), or None."""
    return getattr(part(service, "lifecycle"), name, None)


def hooks(wanted: Iterable[str], name: str) -> list[tuple[str, Any]]:
    """(service, hook) for those of these services that have it, each after those that it depends on."""
    return [(s, each) for s in in_order(wanted) if (each := hook(s, name)) is not None]

"""A service is a folder: its manifest says whom it uses, and nothing outside its folder names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from haneul import service_folders
from tests.architecture.source import ROOT, SERVICES, files, imports

PREFIX = "haneul.services."


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_depends_on_those_whose_doors_it_uses(service: str) -> None:
    used = set()
    for path in files(service):
        for name in imports(path):
            if name.startswith(PREFIX) and not f"{name}.".startswith(f"{PREFIX}{service}."):
                other, _, rest = name.removeprefix(PREFIX).partition(".")
                assert f"{rest}.".startswith("public."), f"{path} goes past the door of {other}: {name}"
                used.add(other)
    assert used == set(service_folders.manifest(service).depends_on)


def test_every_service_comes_after_those_it_depends_on() -> None:
    for number, service in enumerate(SERVICES):
        assert set(service_folders.manifest(service).depends_on) <= set(SERVICES[:number])


def _central() -> list[Path]:
    """Whatever the whole product has in common."""
    top = Path(__file__).parents[2]
    source = [p for p in ROOT.rglob("*.py") if "services" not in p.relative_to(ROOT).parts]
    return [*source, top / "pyproject.toml", top / "Makefile"]


def test_nothing_outside_of_the_services_imports_one() -> None:
    named = re.compile(rf"(?:haneul|tests)[./]services[./](?:{'|'.join(SERVICES)})\b")
    guilty = {}
    for path in _central():
        if match := named.search(path.read_text()):
            guilty[str(path.name if path.parent == ROOT.parents[1] else path.relative_to(ROOT))] = match[0]
    assert guilty == {}

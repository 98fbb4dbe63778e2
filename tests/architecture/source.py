"""The source of the product as the tests of its structure read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import haneul
from haneul import service_folders

ROOT = Path(haneul.__file__).parent
SERVICES = service_folders.names()


def files(service: str) -> list[Path]:
    """The service's own source files."""
    folder = service_folders.folder(service)
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def place(path: Path) -> str:
    """The file as the lists of exemptions name it: from its service's folder on."""
    return str(path.relative_to(ROOT / "services")) if path.is_relative_to(ROOT / "services") else path.name


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    """The full names that a file imports: `haneul.services.image.public` for `from ...image import public`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{each.name}" for each in node.names)

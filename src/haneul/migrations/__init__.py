"""The store's shape through time, as Alembic revisions, and the one way to bring a store up to date.

    python -m haneul.migrations URL            upgrade, rehearsed first
    python -m haneul.migrations URL --revise SERVICE "what changes"    write a revision (for developers)

Each service has a branch of its own in `services/<name>/migrations/`, labelled with its name; the kernel's is
in `kernel/`. `versions/` is the history that all of them shared before there were branches: it has ended,
and every branch begins after it. Who adds a revision follows the newest of the branch; where two did so at
the same time, both hold, and the next one follows both.

Upgrades run in a process of their own, before the database is opened, so that Alembic is not in the memory of
the control plane. A rehearsal on a copy (SQLite) or in a transaction that is rolled back (PostgreSQL)
comes first: a migration that fails leaves the store as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from haneul import service_folders

KERNEL = "kernel"
_HERE = Path(__file__).parent
_FILE = re.compile(r"^\d{4}_\w+\.py$")
_REVISION = re.compile(r'^revision = "([^"]+)"', re.M)
_BELOW = re.compile(r"^(?:down_revision|depends_on) = (.*)$", re.M)


def folders() -> dict[str, Path]:
    """Where revisions are: by branch, the shared history first."""
    branches = {"": _HERE / "versions", KERNEL: _HERE / KERNEL}
    for service in service_folders.names():
        branches[service] = service_folders.folder(service) / "migrations"
    return {branch: folder for branch, folder in branches.items() if folder.is_dir()}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if _FILE.match(path.name))


def heads(branch: str | None = None) -> set[str]:
    """The newest revisions that this version of Haneul knows, of one branch or of all."""
    known: set[str] = set()
    below: set[str] = set()
    for each, folder in folders().items():
        for path in _files(folder):
            text = path.read_text()
            below |= {word for line in _BELOW.findall(text) for word in re.findall(r'"([^"]+)"', line)}
            if branch in (None, each):
                known |= set(_REVISION.findall(text))
    return known - below

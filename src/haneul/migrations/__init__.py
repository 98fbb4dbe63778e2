"""The store's shape through time, as Alembic revisions, and the one way to bring a store up to date.

    python -m haneul.migrations URL            upgrade, rehearsed first
    python -m haneul.migrations URL --revise "what changes"    write a revision (for developers)

It runs in a process of its own, before the database is opened, so that Alembic is not in the memory of
the control plane. A rehearsal on a copy (SQLite) or in a transaction that is rolled back (PostgreSQL)
comes first: a migration that fails leaves the store as it was.
"""

from __future__ import annotations

import re
from pathlib import Path

_REVISION = re.compile(r"^(\d{4})_\w+\.py$")


def head() -> str:
    """The newest revision that this version of Haneul knows."""
    names = [m[1] for p in (Path(__file__).parent / "versions").iterdir() if (m := _REVISION.match(p.name))]
    return max(names)

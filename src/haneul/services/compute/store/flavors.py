"""Flavors in the store."""

from __future__ import annotations

import sqlalchemy as sa

from haneul.kernel.db import Condition, Rows, containing, like
from haneul.services.compute.model.flavors import Flavor

FLAVORS = Rows(Flavor, "compute_flavors", unique=(("name",),))
_HAS_ACCESS = sa.or_(
    FLAVORS.c.is_public == sa.true(),
    like(FLAVORS.c.projects, "has_project"),
)
"""Public, or the project is in the JSON list of those that may use it."""


def usable_by(project_id: str | None) -> Condition:
    """The flavor is everybody's, or that project may use it."""
    return "has access", _HAS_ACCESS, {"has_project": containing(f'"{project_id or "-"}"')}

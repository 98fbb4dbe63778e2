"""Limits, stored."""

import sqlalchemy as sa

from haneul.kernel.db import Rows
from haneul.services.identity.model.limits import Limit, RegisteredLimit
from haneul.services.identity.store.projects import PROJECTS

REGISTERED_LIMITS = Rows(
    RegisteredLimit, "identity_registered_limits", indexes=(("service_id", "resource_name"),)
)
LIMITS = Rows(
    Limit,
    "identity_limits",
    indexes=(("project_id",), ("domain_id",), ("service_id", "resource_name")),
)


def in_domain() -> sa.ColumnElement[bool]:
    """A condition on limits: of the domain `in_domain`, or of a project in it."""
    domain_id = sa.bindparam("in_domain", type_=sa.Text)
    theirs = sa.select(PROJECTS.c.id).where(PROJECTS.c.domain_id == domain_id)
    return sa.or_(LIMITS.c.domain_id == domain_id, LIMITS.c.project_id.in_(theirs))

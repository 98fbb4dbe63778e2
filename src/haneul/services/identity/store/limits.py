"""Limits, stored."""

import sqlalchemy as sa

from haneul.kernel.db import Condition, Rows
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


def in_domain(domain_id: str) -> Condition:
    """A condition on limits: of the domain, or of a project in it."""
    domain = sa.bindparam("in_domain", type_=sa.Text)
    theirs = sa.select(PROJECTS.c.id).where(PROJECTS.c.domain_id == domain)
    condition = sa.or_(LIMITS.c.domain_id == domain, LIMITS.c.project_id.in_(theirs))
    return "in_domain", condition, {"in_domain": domain_id}

"""Who may look behind the curtain."""

from haneul.kernel.denials import IN_FAULTS
from haneul.kernel.policy import rule

CLOUD = ("system", "project")
"""Whoever is an administrator of a domain only is a customer: the rest of the cloud is not theirs to see."""

EXPLAIN = rule(
    "haneul:explain",
    "role:admin or (role:reader and project_id:%(project_id)s)",
    "Ask why; hosts unnamed.",
    CLOUD,
)
HOSTS = rule("haneul:hosts", "role:admin", "See hosts by name.", CLOUD)
OPERATIONS = rule(
    "haneul:operations", "role:admin or (role:reader and project_id:%(project_id)s)", "See operations.", CLOUD
)
ALL_OPERATIONS = rule(
    "haneul:operations:all_projects", "role:admin", "See every project's operations.", CLOUD
)
EVENTS = rule(
    "haneul:events", "role:admin or (role:reader and project_id:%(project_id)s)", "See events.", CLOUD
)
ALL_EVENTS = rule("haneul:events:all_projects", "role:admin", "See every project's events.", CLOUD)
DENIALS = rule(
    "haneul:denials",
    "role:admin or (user_id:%(user_id)s and 'False':%(is_hidden)s)",
    "See why somebody was refused; oneself, unless it would tell that a thing exists.",
    CLOUD,
)
DENIALS_IN_FAULTS = rule(IN_FAULTS, "role:admin", "See in the fault itself why one was refused.", CLOUD)

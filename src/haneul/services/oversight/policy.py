"""Who may look behind the curtain."""

from haneul.kernel.policy import rule

EXPLAIN = rule(
    "haneul:explain", "role:admin or (role:reader and project_id:%(project_id)s)", "Ask why; hosts unnamed."
)
HOSTS = rule("haneul:hosts", "role:admin", "See hosts by name.")
OPERATIONS = rule(
    "haneul:operations", "role:admin or (role:reader and project_id:%(project_id)s)", "See operations."
)
EVENTS = rule("haneul:events", "role:admin or (role:reader and project_id:%(project_id)s)", "See events.")

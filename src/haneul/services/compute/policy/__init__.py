"""Who may do what in compute: upstream's names and defaults, one file per resource."""

from haneul.kernel.policy import rule

OWNER_READER = "role:admin or (role:reader and project_id:%(project_id)s)"
OWNER_MEMBER = "role:admin or (role:member and project_id:%(project_id)s)"
OWNER_MANAGER = "role:admin or (role:manager and project_id:%(project_id)s)"
ADMIN = "role:admin"

CONTEXT_IS_ADMIN = rule("context_is_admin", ADMIN, "Who counts as an administrator of servers.", scope=())
"""Where upstream asks for no rule but this: locks, flavors of others, lists of what is deleted."""
ADMIN_OR_OWNER = rule(
    "admin_or_owner",
    "rule:context_is_admin or project_id:%(project_id)s",
    "Whose it is, and admins.",
    scope=(),
)

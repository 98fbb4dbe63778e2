"""Who may do what in placement: administrators and services."""

from haneul.kernel.policy import rule

ADMIN_OR_SERVICE = rule("admin_or_service_api", "role:admin or role:service", "Administrators and services.")
ADMIN = rule("admin_api", "role:admin", "Administrators.")
USAGES = rule(
    "placement:usages",
    "role:admin or role:service or (role:reader and project_id:%(project_id)s)",
    "Total usage of a project.",
)

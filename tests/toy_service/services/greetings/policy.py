"""Who may do what with greetings."""

from haneul.kernel.policy import rule

OWN = rule("owner", "project_id:%(project_id)s")
CREATE = rule("greetings:create", "role:member and rule:owner", "Make a greeting.")
SHOW = rule("greetings:show", "role:reader and rule:owner", "Read a greeting.")
LIST = rule("greetings:list", "role:reader and rule:owner", "Read all greetings of the project.")
DELETE = rule("greetings:delete", "role:member and rule:owner", "Delete a greeting.")

# Ribbons

CREATE_RIBBON = rule("greetings:create_ribbon", "role:member and project_id:%(project_id)s", "Make a ribbon.")
SHOW_RIBBON = rule("greetings:show_ribbon", "role:reader and project_id:%(project_id)s", "Read a ribbon.")
LIST_RIBBONS = rule(
    "greetings:list_ribbons", "role:reader and project_id:%(project_id)s", "Read all ribbons of the project."
)
DELETE_RIBBON = rule(
    "greetings:delete_ribbon", "role:member and project_id:%(project_id)s", "Delete a ribbon."
)

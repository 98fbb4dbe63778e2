"""Who may do what with greetings."""

from haneul.kernel.policy import rule

OWN = rule("owner", "project_id:%(project_id)s")
CREATE = rule("greetings:create", "role:member and rule:owner", "Make a greeting.")
SHOW = rule("greetings:show", "role:reader and rule:owner", "Read a greeting.")
LIST = rule("greetings:list", "role:reader and rule:owner", "Read all greetings of the project.")
DELETE = rule("greetings:delete", "role:member and rule:owner", "Delete a greeting.")

"""Who may greet."""

from haneul.kernel.policy import rule

OWN = rule("owner", "project_id:%(project_id)s")
CREATE = rule("greetings:create", "role:member and rule:owner", "Hang out a greeting.")
SHOW = rule("greetings:show", "role:reader and rule:owner", "Read a greeting.")
LIST = rule("greetings:list", "role:reader and rule:owner", "Read all greetings of the project.")
DELETE = rule("greetings:delete", "role:member and rule:owner", "Take a greeting in.")

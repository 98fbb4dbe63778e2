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

# Cards: their table asks for rules by name. That there is none for `update_card:colour` allows nobody to change it.

_MEMBERS = "role:admin or (role:member and project_id:%(project_id)s)"
CARD_RULES = {
    name: rule(name, check, description)
    for name, check, description in (
        ("create_card", _MEMBERS, "Make a card."),
        ("create_card:shared", "role:admin", "Make a card that everybody sees."),
        ("get_card", "role:reader and project_id:%(project_id)s or 'True':%(shared)s", "Read a card."),
        ("update_card", _MEMBERS, "Change a card, and its tags."),
        ("delete_card", _MEMBERS, "Delete a card."),
    )
}
ANYBODYS = rule("greetings:anybodys", "role:admin", "Make cards for other projects.")

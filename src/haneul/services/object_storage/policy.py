"""Who may do what with whose account. Upstream has no rules for it, but roles in its options; these are their defaults.

Containers can be opened to others by their access lists, which are beside the policy: `model/access_lists.py`.
"""

from haneul.kernel.policy import rule

ANY_SCOPE = ("project", "domain", "system")
MANAGE_ACCOUNTS = rule(
    "object_storage:accounts:manage",
    "role:ResellerAdmin",
    "Do anything with any account, and set its quotas.",
    scope=ANY_SCOPE,
)
OPERATE = rule(
    "object_storage:account:operate",
    "rule:object_storage:accounts:manage or (project_id:%(project_id)s and (role:admin or role:member or role:swiftoperator))",
    "Do anything with the account of one's project.",
    scope=ANY_SCOPE,
)
READ = rule(
    "object_storage:account:read",
    "rule:object_storage:account:operate or (role:reader and (project_id:%(project_id)s or system_scope:all))",
    "Read what is in an account.",
    scope=ANY_SCOPE,
)

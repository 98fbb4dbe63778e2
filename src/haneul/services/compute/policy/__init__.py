"""Who may do what in compute: upstream's names and defaults, one file per resource."""

OWNER_READER = "role:admin or (role:reader and project_id:%(project_id)s)"
OWNER_MEMBER = "role:admin or (role:member and project_id:%(project_id)s)"
ADMIN = "role:admin"

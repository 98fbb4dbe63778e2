"""Server groups."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_MEMBER, OWNER_READER

_G = "os_compute_api:os-server-groups:"
LIST = rule(_G + "index", OWNER_READER, "List a project's server groups.")
LIST_ALL = rule(_G + "index:all_projects", ADMIN, "List every project's server groups.")
SHOW = rule(_G + "show", OWNER_READER, "Show a server group.")
CREATE = rule(_G + "create", OWNER_MEMBER, "Create a server group.")
DELETE = rule(_G + "delete", OWNER_MEMBER, "Delete a server group.")

"""What projects used."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_READER

_U = "os_compute_api:os-simple-tenant-usage:"
LIST = rule(_U + "list", ADMIN, "See what every project used.")
SHOW = rule(_U + "show", OWNER_READER, "See what a project used.")

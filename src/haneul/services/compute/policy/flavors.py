"""Flavors, their extra specs, and who may use them."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_READER

_M = "os_compute_api:os-flavor-manage:"
CREATE = rule(_M + "create", ADMIN, "Create a flavor.")
UPDATE = rule(_M + "update", ADMIN, "Change a flavor's description.")
DELETE = rule(_M + "delete", ADMIN, "Delete a flavor.")

_A = "os_compute_api:os-flavor-access"
LIST_ACCESS = rule(_A, ADMIN, "See which projects may use a flavor.")
ADD_ACCESS = rule(_A + ":add_tenant_access", ADMIN, "Let a project use a flavor.")
REMOVE_ACCESS = rule(_A + ":remove_tenant_access", ADMIN, "No longer let a project use a flavor.")

_E = "os_compute_api:os-flavor-extra-specs:"
LIST_SPECS = rule(_E + "index", OWNER_READER, "See a flavor's extra specs, in the flavor too.")
SHOW_SPEC = rule(_E + "show", OWNER_READER, "See one extra spec.")
CREATE_SPECS = rule(_E + "create", ADMIN, "Add extra specs to a flavor.")
UPDATE_SPEC = rule(_E + "update", ADMIN, "Change an extra spec.")
DELETE_SPEC = rule(_E + "delete", ADMIN, "Remove an extra spec.")

"""Key pairs."""

from haneul.kernel.policy import rule

_K = "os_compute_api:os-keypairs:"
_OWNER = "role:admin or user_id:%(user_id)s"
LIST = rule(_K + "index", _OWNER, "List a user's key pairs.")
SHOW = rule(_K + "show", _OWNER, "Show a key pair.")
CREATE = rule(_K + "create", _OWNER, "Import or generate a key pair.")
DELETE = rule(_K + "delete", _OWNER, "Delete a key pair.")

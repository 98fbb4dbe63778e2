"""Security groups, by compute's old way to them."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import OWNER_MEMBER, OWNER_READER

_G = "os_compute_api:os-security-groups:"
GET = rule(_G + "get", OWNER_READER, "List security groups.")
SHOW = rule(_G + "show", OWNER_READER, "Show a security group.")
CREATE = rule(_G + "create", OWNER_MEMBER, "Create a security group.")
UPDATE = rule(_G + "update", OWNER_MEMBER, "Change a security group.")
DELETE = rule(_G + "delete", OWNER_MEMBER, "Delete a security group.")
CREATE_RULE = rule(_G + "rule:create", OWNER_MEMBER, "Add a rule to a security group.")
DELETE_RULE = rule(_G + "rule:delete", OWNER_MEMBER, "Delete a rule of a security group.")

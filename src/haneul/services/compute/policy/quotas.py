"""Quotas and limits."""

from haneul.kernel.policy import rule
from haneul.services.compute.policy import ADMIN, OWNER_READER

_Q = "os_compute_api:os-quota-sets:"
SHOW = rule(_Q + "show", OWNER_READER, "See a project's quotas.")
DETAIL = rule(_Q + "detail", OWNER_READER, "See a project's quotas and what is used.")
DEFAULTS = rule(_Q + "defaults", "@", "See the default quotas.")
UPDATE = rule(_Q + "update", ADMIN, "Change a project's quotas.")
DELETE = rule(_Q + "delete", ADMIN, "Give a project the default quotas again.")

_C = "os_compute_api:os-quota-class-sets:"
SHOW_CLASS = rule(_C + "show", ADMIN, "See a quota class.")
UPDATE_CLASS = rule(_C + "update", ADMIN, "Change a quota class.")

LIMITS = rule("os_compute_api:limits", "@", "See the limits of one's own project.")
OTHER_LIMITS = rule("os_compute_api:limits:other_project", ADMIN, "See another project's limits.")

"""Security groups, their rules, and which group is a project's default one."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.network.model.security_groups import DefaultGroup, Rule, SecurityGroup

SECURITY_GROUPS = Rows(SecurityGroup, "network_security_groups", indexes=(("project_id",), ("name",)))
RULES = Rows(
    Rule,
    "network_security_group_rules",
    indexes=(("project_id",), ("remote_group_id",)),
    unique=(("security_group_id", "meaning"),),
)
DEFAULT_GROUPS = Rows(DefaultGroup, "network_default_groups", key=("project_id",))

"""Attributes that many kinds of things share."""

from __future__ import annotations

from haneul.services.network.api import checks
from haneul.services.network.api.resource import Attribute, shown

ID = shown("id")
NAME = Attribute("name", checks.NAME, default="")
DESCRIPTION = Attribute("description", checks.NAME, default="")
TAGS = Attribute("tags", post=False, put=False, is_stored=False)
TIMES = (shown("created_at"), shown("updated_at"))
REVISION = shown("revision_number", "generation")
STANDARD = (DESCRIPTION, TAGS, *TIMES, REVISION)
ADMIN_STATE_UP = Attribute("admin_state_up", checks.truth, field="is_up", default=True)
ZONE_HINTS = Attribute(
    "availability_zone_hints",
    checks.not_none(checks.list_of(checks.NAME)),
    put=False,
    default=list,
    is_stored=False,
)
"""Hosts of one zone only: hints are kept and shown."""

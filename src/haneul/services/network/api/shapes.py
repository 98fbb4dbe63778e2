"""Attributes that many kinds of things share."""

from __future__ import annotations

from haneul.kernel.http.tables import Attribute, kinds, shown

ID = shown("id")
NAME = Attribute("name", kinds.NAME)
DESCRIPTION = Attribute("description", kinds.NAME)
TAGS = Attribute("tags", is_stored=False)
TIMES = (shown("created_at"), shown("updated_at"))
REVISION = shown("revision_number", "generation")
STANDARD = (DESCRIPTION, TAGS, *TIMES, REVISION)
ADMIN_STATE_UP = Attribute("admin_state_up", kinds.truth, field="is_up")
ZONE_HINTS = Attribute("availability_zone_hints", kinds.not_none(kinds.list_of(kinds.NAME)), is_stored=False)
"""Hosts of one zone only: hints are kept and shown."""

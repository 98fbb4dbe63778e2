"""Ribbons as stored."""

from __future__ import annotations

from haneul.services.greetings.model.ribbons import Ribbon

from haneul.kernel.db import Rows

RIBBONS = Rows(Ribbon, "greetings_ribbons", indexes=(("project_id", "created_at"),))

"""Cards as stored."""

from __future__ import annotations

from haneul.services.greetings.model.cards import Card

from haneul.kernel.db import Rows

CARDS = Rows(Card, "greetings_cards", indexes=(("project_id", "created_at"),))

"""A card, and what is asked for of one."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType


class Card(Struct, frozen=True):
    id: str
    project_id: str
    name: str
    colour: str
    is_shared: bool
    tags: list[str]
    created_at: str
    updated_at: str
    generation: int = 0


class NewCard(Struct, kw_only=True, frozen=True):
    project_id: str
    name: str
    colour: str = "white"
    is_shared: bool = False


class CardChange(Struct, kw_only=True, frozen=True):
    name: str | UnsetType = UNSET
    colour: str | UnsetType = UNSET

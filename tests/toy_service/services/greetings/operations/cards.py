"""Cards: create, update, delete."""

from __future__ import annotations

from haneul.services.greetings.model.cards import Card, CardChange, NewCard
from haneul.services.greetings.store.cards import CARDS

from haneul.kernel.clock import seconds_text
from haneul.kernel.context import Context
from haneul.kernel.structs import set_fields


async def create(ctx: Context, new: NewCard) -> Card:
    """The project has the card."""
    now = seconds_text(ctx.now())
    return await CARDS.add(
        ctx.tx, Card(id=ctx.new_id(), tags=[], created_at=now, updated_at=now, **set_fields(new))
    )


async def update(ctx: Context, card: Card, changes: CardChange) -> Card:
    """The card with these changes."""
    return await CARDS.change(ctx, card, **set_fields(changes))


async def delete(ctx: Context, card: Card) -> None:
    """The card is gone."""
    await CARDS.remove(ctx.tx, id=card.id)

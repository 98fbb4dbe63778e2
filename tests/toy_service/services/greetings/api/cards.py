"""/v1/cards: a resource as a table"""

from __future__ import annotations

from haneul.services.greetings import errors, policy
from haneul.services.greetings.model import cards as model
from haneul.services.greetings.operations import cards
from haneul.services.greetings.operations.collections import CARDS

from haneul.kernel.http import Answer, Routes
from haneul.kernel.http.tables import Attribute, Resource, Words, kinds, serve, shown

routes = Routes("/v1")

WORDS = Words(
    rules=policy.CARD_RULES,
    acts_for_others=policy.ANYBODYS,
    invalid_value=errors.NoSuchValue,
    invalid_operation=errors.NotSo,
    revised=errors.Revised,
    no_tag=errors.TagNotFound,
    most_on_page=lambda ctx: 2,
    target=lambda fields: {"shared": bool(fields.get("is_shared"))},
    texts={"missing": "A card needs: {name}"},
)


class ShownCard(Answer):
    id: str
    project_id: str
    tenant_id: str
    name: str
    colour: str
    shared: bool
    tags: list[str]
    created_at: str
    updated_at: str
    revision_number: int


CARD = Resource(
    WORDS,
    "card",
    (
        shown("id"),
        Attribute("name", kinds.NAME),
        Attribute("colour", kinds.one_of("white", "red"), ruled=("update",)),
        Attribute("shared", kinds.truth, field="is_shared", ruled=("create",)),
        Attribute("tags", is_stored=False),
        shown("created_at"),
        shown("updated_at"),
        shown("revision_number", "generation"),
    ),
    CARDS,
    errors.CardNotFound,
    model.NewCard,
    cards.create,
    model.CardChange,
    cards.update,
    cards.delete,
    shape=ShownCard,
)
serve(routes, CARD)

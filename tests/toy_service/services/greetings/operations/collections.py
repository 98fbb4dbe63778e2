"""What can be listed of the toy's things, and what whoever asks sees there."""

from __future__ import annotations

from haneul.services.greetings import policy
from haneul.services.greetings.store import cards

from haneul.kernel import visibility
from haneul.kernel.collection import Collection

CARDS = Collection(
    cards.CARDS,
    visible=visibility.own(
        cards.CARDS,
        policy.CARD_RULES["get_card"],
        visibility.shared(cards.CARDS),
        foreign={"project_id": "", "shared": False},
    ),
)

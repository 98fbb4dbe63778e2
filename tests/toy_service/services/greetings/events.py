"""What happens to greetings."""

from haneul.kernel.events import Event


class GreetingPlaced(Event, frozen=True):
    kind = "greetings.greeting.placed"
    subject = "greeting_id"
    greeting_id: str
    """A host holds the greeting."""

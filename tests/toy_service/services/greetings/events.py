"""What happens to greetings."""

from haneul.kernel.events import Event


class GreetingHung(Event, frozen=True):
    kind = "greetings.greeting.hung"
    subject = "greeting_id"
    greeting_id: str
    """The greeting can be read at its host's door."""

"""The toy's options."""

from haneul.kernel.config import Section


class GreetingOptions(Section, frozen=True):
    """Read from the section `greetings`."""

    longest: int = 40
    """Characters that a greeting may have."""

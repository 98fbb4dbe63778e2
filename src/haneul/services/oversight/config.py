"""Oversight's section of the cloud's configuration."""

from __future__ import annotations

from haneul.kernel.config import Section


class OversightOptions(Section, frozen=True):
    """Read from the section `oversight`."""

    history_days: int = 90
    """For so long events and ended operations are kept; 0: for ever. What was done to a server is kept at
    least as long as the server is, or is remembered."""

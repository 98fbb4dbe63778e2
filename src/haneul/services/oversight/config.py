"""Oversight's section of the cloud's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class OversightOptions(msgspec.Struct, frozen=True):
    """Read from the section `oversight`."""

    history_days: int = 90
    """For so long events and ended operations are kept; 0: for ever. What was done to a server is kept at
    least as long as the server is, or is remembered."""


DEFAULTS = OversightOptions()


def options(config: Mapping[str, Any]) -> OversightOptions:
    section = config.get("oversight")
    return msgspec.convert(section, OversightOptions) if section else DEFAULTS

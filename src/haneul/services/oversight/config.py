"""Oversight's section of the cloud's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from haneul.kernel.config import section


class OversightOptions(msgspec.Struct, frozen=True):
    """Read from the section `oversight`."""

    history_days: int = 90
    """For so long events and ended operations are kept; 0: for ever. What was done to a server is kept at
    least as long as the server is, or is remembered."""


DEFAULTS = OversightOptions()


def options(config: Mapping[str, Any]) -> OversightOptions:
    return section(config, "oversight", DEFAULTS)

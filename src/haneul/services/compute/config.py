"""Compute's section of the cloud's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from haneul.kernel.config import section


class ComputeOptions(msgspec.Struct, frozen=True):
    """Read from the section `compute`."""

    deleted_servers_days: int = 90
    """For so long deleted servers are remembered, for lists and usage; 0: for ever."""


DEFAULTS = ComputeOptions()


def options(config: Mapping[str, Any]) -> ComputeOptions:
    return section(config, "compute", DEFAULTS)

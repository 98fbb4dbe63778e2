"""Compute's section of the cloud's configuration."""

from __future__ import annotations

from haneul.kernel.config import Section


class ComputeOptions(Section, frozen=True):
    """Read from the section `compute`."""

    deleted_servers_days: int = 90
    """For so long deleted servers are remembered, for lists and usage; 0: for ever."""

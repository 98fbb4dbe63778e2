"""Availability zones: each host is in one."""

from __future__ import annotations

DEFAULT_ZONE = "nova"
"""Where a host is until its operator says otherwise; clients know it by this name, whichever service they ask."""

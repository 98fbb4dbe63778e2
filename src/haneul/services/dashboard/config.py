"""The dashboard's section of the cloud's configuration."""

from __future__ import annotations

from typing import Annotated

import msgspec

from haneul.kernel.config import Section

Minutes = Annotated[int, msgspec.Meta(ge=1, le=60 * 24 * 30)]


class DashboardOptions(Section, frozen=True):
    """Read from the section `dashboard`."""

    idle_minutes: Minutes = 60
    """So long a session lasts that nobody uses."""
    session_minutes: Minutes = 60 * 12
    """So long any session lasts, unless its token ends earlier."""
    link_minutes: Minutes = 10
    """So long a link to log in with can be used, once."""

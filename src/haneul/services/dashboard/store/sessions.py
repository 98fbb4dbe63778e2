"""Sessions and login links in the store."""

from __future__ import annotations

from haneul.kernel.db import Rows
from haneul.services.dashboard.model.sessions import Session

SESSIONS = Rows(
    Session, "dashboard_sessions", key=("digest",), indexes=(("expires_at",), ("user_id", "began_at"))
)

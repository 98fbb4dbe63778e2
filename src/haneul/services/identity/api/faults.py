"""Identity's fault envelope."""

from __future__ import annotations

from typing import Any

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.faults import TITLES, json_body
from haneul.services.identity.errors import UnknownMethod


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    title = TITLES.get(error.status, "Error")
    fault: dict[str, Any] = {"code": error.status, "message": error.text, "title": title}
    if isinstance(error, UnknownMethod):
        fault["identity"] = {"methods": error.details.get("known", [])}
    return json_body({"error": fault})

"""Identity's fault envelope."""

from __future__ import annotations

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.faults import TITLES, json_body


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    title = TITLES.get(error.status, "Error")
    return json_body({"error": {"code": error.status, "message": error.text, "title": title}})

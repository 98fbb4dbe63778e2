"""Placement's fault envelope."""

from __future__ import annotations

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.faults import TITLES, json_body, unauthorized


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    if error.status == 401:
        return unauthorized()
    fault = {
        "status": error.status,
        "title": TITLES.get(error.status, "Error"),
        "detail": error.text,
        "code": error.code if error.code.startswith("placement.") else "placement.undefined_code",
        "request_id": request_id,
    }
    if error.status == 406:
        fault["max_version"] = error.details.get("maximum", "")
        fault["min_version"] = error.details.get("minimum", "")
    return json_body({"errors": [fault]})

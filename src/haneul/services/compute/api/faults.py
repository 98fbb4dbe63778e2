"""Compute's fault envelope: one key, named after the status."""

from __future__ import annotations

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.faults import json_body, unauthorized

KEYS = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    406: "computeFault",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    if error.status == 401:
        return unauthorized()
    text = error.text
    if error.status == 403 and error.code == "forbidden" and "action" in error.details:
        text = f"Policy doesn't allow {error.details['action']} to be performed."
    return json_body({KEYS.get(error.status, "computeFault"): {"code": error.status, "message": text}})

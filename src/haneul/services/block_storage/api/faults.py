"""Block storage's fault envelope."""

from __future__ import annotations

import re

from haneul.kernel.errors import Forbidden, HaneulError
from haneul.kernel.http.faults import json_body, unauthorized
from haneul.kernel.http.schema import InvalidField

NAMES = {
    400: "badRequest",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}

_INDEX = re.compile(r"\[[^\]]*\]")


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    if error.status == 401:
        return unauthorized()
    fault: dict[str, object] = {"code": error.status, "message": _message(error)}
    if error.status == 413:
        fault["retryAfter"] = "0"
    return json_body({NAMES.get(error.status, "computeFault"): fault})


def _message(error: HaneulError) -> str:
    if isinstance(error, Forbidden) and "action" in error.details:
        return f"Policy doesn't allow {error.details['action']} to be performed."
    if isinstance(error, InvalidField) and error.details.get("kind") != "json":
        path, why = _INDEX.sub("", error.details["field"]), error.details["why"]
        holder = path.rsplit(".", 2)[-2] if "." in path else path
        field = holder if error.details["kind"] in ("missing", "unknown") else path.rsplit(".", 1)[-1]
        return why if field == path == "body" else f"Invalid input for field/attribute {field}. {why}"
    return error.text

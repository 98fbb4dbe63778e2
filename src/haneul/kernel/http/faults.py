"""Fault envelopes: one function per API style turns an error into the body that its clients know."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import msgspec

from haneul.kernel.denials import Denial
from haneul.kernel.errors import HaneulError

Envelope = Callable[[HaneulError, str], tuple[str, bytes]]
"""(error, request id) -> (content type, body)"""

TITLES = {
    300: "Multiple Choices",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    416: "Requested Range Not Satisfiable",
    428: "Precondition Required",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}


def json_body(value: Any) -> tuple[str, bytes]:
    return "application/json", msgspec.json.encode(value)


def with_denial(content_type: str, body: bytes, denial: Denial) -> bytes:
    """The fault with the reason of the refusal in it: a field of ours in JSON, a sentence in a page."""
    why = f"rule {denial.rule}: {denial.check or 'anybody'}; roles held: {', '.join(denial.roles) or 'none'}"
    if not content_type.startswith("application/json"):
        return body.replace(b"<br />", f"<br />\n{escape(f'{why}. {denial.advice}')}".encode(), 1)
    fault = msgspec.json.decode(body)
    inner = next(iter(fault.values()))
    if isinstance(inner, list):
        inner = inner[0]
    (inner if isinstance(inner, dict) else fault)["haneul:denial"] = denial
    return msgspec.json.encode(fault)


def for_programs(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    """What stands on an API's page of a fault, for a client that would rather have JSON."""
    title = TITLES.get(error.status, "Error")
    text = f"{error.text}<br /><br />\n\n\n"
    return json_body({"message": text, "code": f"{error.status} {title}", "title": title})


def prefers_json(accepted: str) -> bool:
    """Whether a client that accepts these types would rather have JSON than a page."""
    weights = {"application/json": 0.0, "text/html": 0.0}
    for each in accepted.split(","):
        kind, *parameters = (part.strip() for part in each.lower().split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        weight = float(quality) if quality.replace(".", "", 1).isdecimal() and quality.isascii() else 0.0
        for name in weights:
            if kind in (name, "*/*", f"{name.partition('/')[0]}/*"):
                weights[name] = max(weights[name], weight)
    return weights["application/json"] > weights["text/html"]


def plain(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    """Our own envelope, for everything under /haneul."""
    return json_body(
        {
            "error": {
                "code": error.status,
                "title": TITLES.get(error.status, "Error"),
                "kind": error.code,
                "message": error.text,
                "request_id": request_id,
            }
        }
    )


def unauthorized() -> tuple[str, bytes]:
    """What a missing or bad token gets from every API, as the real token middleware says it."""
    return json_body(
        {
            "error": {
                "code": 401,
                "title": "Unauthorized",
                "message": "The request you have made requires authentication.",
            }
        }
    )

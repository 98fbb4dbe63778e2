"""A call of the cloud's own APIs from inside this process, as a whole HTTP request.

It walks the same way as one that came over the network: route, token, policy, schema, and the answer is what
a client would have received. Whoever calls like this can do nothing that a client cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from haneul.kernel.errors import TooLarge

MOST_BYTES = 64 << 20
"""Of one answer; lists are asked for in pages."""


class InnerAnswer:
    """What came back."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        """By names in lower case."""
        self.body = body


async def call(
    app: Any,
    method: str,
    target: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    address: str = "",
    host: str = "localhost",
) -> InnerAnswer:
    """The application's answer to this request; `target` is the path with its query, `address` who asks."""
    path, _, query = target.partition("?")
    fields = {"host": host, "content-length": str(len(body)), **{k.lower(): v for k, v in headers.items()}}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in fields.items()],
        "client": (address, 0),
        "server": (host, 80),
    }
    is_sent = False
    begun: dict[str, Any] = {}
    received = bytearray()

    async def receive() -> dict[str, Any]:
        nonlocal is_sent
        if is_sent:
            return {"type": "http.disconnect"}
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            begun.update(event)
        elif event["type"] == "http.response.body":
            received.extend(event.get("body", b""))
            if len(received) > MOST_BYTES:
                raise TooLarge(limit=MOST_BYTES)

    await app(scope, receive, send)
    answered = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in begun.get("headers", ())}
    return InnerAnswer(begun["status"], answered, bytes(received))

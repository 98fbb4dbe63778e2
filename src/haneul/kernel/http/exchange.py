"""One request as it came, and its answer until it leaves: what `app.py` walks with, and nothing that it does not use.

A server of ours takes head and body of an answer at once (`SENDS_ANSWERS`); any other gets them as ASGI says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from falcon.asgi.stream import BoundedStream

from haneul.kernel import log
from haneul.kernel.errors import BadRequest, HaneulError
from haneul.kernel.http.page_safety import LOCKED_HEADERS

logger = structlog.get_logger(__name__)

SENDS_ANSWERS = "haneul.answer"
"""The extension of a server that sends answers whole: an awaitable function (status, lines of the head, body)."""
_LOCKED = b"".join(b"%s: %s\r\n" % pair for pair in LOCKED_HEADERS)
_LOCKED_NAMES = tuple(name.decode() for name, _ in LOCKED_HEADERS)
_PRINTABLE = "".join(map(chr, range(32, 127)))
_CONTROLS = {code: f"%{code:02X}" for code in (*range(32), 127)}
_BODILESS = (204, 304)
"""Statuses whose answers have no body, and say nothing of one."""

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Incoming:
    """A request: its head, and a stream of its body that is read when somebody asks for it."""

    __slots__ = (
        "_headers", "_receive", "_stream", "_texts", "is_disconnected", "method", "path", "query_string", "scope"
    )  # fmt: skip

    def __init__(self, scope: Any, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        path: str = scope["path"] or "/"
        self.path = path[:-1] if path[-1] == "/" and len(path) > 1 else path
        self.query_string: str = scope["query_string"].decode("utf-8", "replace")
        self.is_disconnected = False
        """Whether the sender went away before the end of the body."""
        self._receive = receive
        self._stream: BoundedStream | None = None
        self._texts: dict[str, str] | None = None
        pairs = scope["headers"]
        self._headers: dict[bytes, bytes] = dict(pairs)
        if len(self._headers) != len(pairs):
            self._headers = _merged(pairs)

    def get_header(self, name: str, default: str | None = None) -> str | None:
        """The value of that name, which is written in small letters."""
        value = self._headers.get(name.encode())
        return default if value is None else value.decode("latin-1")

    @property
    def headers(self) -> Mapping[str, str]:
        """All of them, by names in small letters."""
        if self._texts is None:
            self._texts = {n.decode("latin-1"): v.decode("latin-1") for n, v in self._headers.items()}
        return self._texts

    @property
    def content_type(self) -> str | None:
        return self.get_header("content-type")

    @property
    def content_length(self) -> int | None:
        """How long the body is said to be; BadRequest if that is no length."""
        value = self._headers.get(b"content-length")
        if not value:
            return None
        if not value.isdigit() or len(value) > 19:
            raise BadRequest("The value provided for the Content-Length header is not a length.")
        return int(value)

    @property
    def prefix(self) -> str:
        """What the sender calls this server: `http://HOST`."""
        host = self.get_header("host")
        if host is None:
            name, port = self.scope["server"]
            host = name if port in (None, 80, 443) else f"{name}:{port}"
        return f"{self.scope['scheme']}://{host}"

    @property
    def remote_addr(self) -> str:
        """Where the connection comes from, whatever a header says of it."""
        client = self.scope.get("client")
        return client[0] if client else "127.0.0.1"

    @property
    def stream(self) -> Any:
        if self._stream is None:
            self._stream = BoundedStream(self._watched, None, self.content_length)
        return self._stream

    async def _watched(self) -> Any:
        """A stream ends the same way when it is complete and when its sender has gone; we want to know."""
        event = await self._receive()
        if event["type"] == "http.disconnect":
            self.is_disconnected = True
        return event


_ONCE = frozenset((b"content-length", b"content-type", b"cookie", b"expect", b"from", b"host", b"user-agent"))
"""Headers that are no lists: the last one counts."""


def _merged(pairs: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers where some came more than once: those that may be lists are one list."""
    values: dict[bytes, list[bytes]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: all[-1] if name in _ONCE else b",".join(all) for name, all in values.items()}


class Outgoing:
    """An answer: `data`, a `stream`, or neither; headers are in one line, each character a byte."""

    __slots__ = ("_cookies", "_headers", "content_type", "data", "status", "stream")

    def __init__(self) -> None:
        self.status = 200
        self.content_type = "application/json"
        self.data: bytes | None = None
        self.stream: AsyncIterator[bytes] | None = None
        self._headers: dict[str, str] = {}
        self._cookies: list[str] = []

    def set_header(self, name: str, value: str) -> None:
        self._headers[name.lower()] = value

    def append_header(self, name: str, value: str) -> None:
        """A further line of that name."""
        self._cookies.append(f"{name.lower()}: {value}\r\n")

    def get_header(self, name: str) -> str | None:
        return self._headers.get(name.lower())

    async def leave(self, scope: Any, send: Send) -> None:
        """All of it was sent."""
        headers, data = self._headers, self.data
        is_head = scope["method"] == "HEAD"
        is_empty = is_head or self.status in _BODILESS
        if self.status not in _BODILESS:
            headers["content-type"] = self.content_type
            if data is not None or self.stream is None:
                length = str(len(data)) if data else "0"
                headers["content-length"] = headers.get("content-length", length) if is_head else length
        whole = scope.get("extensions", {}).get(SENDS_ANSWERS)
        if whole is not None and (is_empty or self.stream is None):
            await whole(self.status, self._lines(), b"" if is_empty else data or b"")
            return
        await send({"type": "http.response.start", "status": self.status, "headers": self._pairs()})
        if self.stream is not None and not is_empty:
            try:
                async for piece in self.stream:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            except HaneulError as problem:
                if whole is None:
                    raise
                logger.warning(
                    "an answer ended before its time", path=log.cut(scope["path"]), reason=problem.text
                )
                return  # the server ends the connection, so that nobody takes it for the whole
            data = None
        await send({"type": "http.response.body", "body": b"" if is_empty or data is None else data})

    def _lines(self) -> bytes:
        headers = self._headers
        pairs = [f"{name}: {value}\r\n" for name, value in headers.items()]
        lines = "".join(pairs + self._cookies).encode("latin-1")
        if any(name in headers for name in _LOCKED_NAMES):
            return lines + b"".join(
                b"%s: %s\r\n" % pair for pair in LOCKED_HEADERS if pair[0].decode() not in headers
            )
        return lines + _LOCKED

    def _pairs(self) -> list[tuple[bytes, bytes]]:
        lines = self._lines().split(b"\r\n")[:-1]
        return [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]


def in_one_line(value: str) -> str:
    """A header's value as HTTP can carry it; what it cannot is written as in an address, `%0A`."""
    if value.isascii() and value.isprintable():
        return value
    return quote(value, safe=_PRINTABLE, errors="replace")


def as_utf8(value: str) -> str:
    """A header's value whose bytes will be the text's in UTF-8; the server writes each character as one byte.

    What would end the line is written as in an address, `%0A`.
    """
    return value.translate(_CONTROLS).encode("utf-8", "replace").decode("latin-1")

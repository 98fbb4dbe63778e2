"""Connections that keep to the limits of the door: what each does when the other side takes too long or too much.

    HEAD ──headers complete──► BODY ──body complete──► ANSWER ──answered──► IDLE ──first byte──► HEAD
      └── upgrade ──► SOCKET          any ── refused, or answered before a large body ──► DRAIN

The head's size is seen in what arrives between two events of the parser: its fields are kept by the parser
until they are whole, so that counting them afterwards would be too late. DRAIN is there because closing while
the other side still sends resets the connection, and the reset may overtake our answer: we say that we are
done, throw away what comes, and close a moment later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from haneul.kernel.http.door import Door, give_up_unread
from haneul.kernel.http.page_safety import LOCKED_HEADERS
from haneul.kernel.http.sending import Connection

HEAD, BODY, ANSWER, IDLE, SOCKET, DRAIN = range(6)
MOST_PIPELINED = 32
SPOKEN = ("1.1", "1.0")
ABSORBED = 1 << 20
"""So much of a body that nobody wants is read for the sake of keeping the connection."""
DRAINED = 16 << 20
DRAIN_S = 2.0
Receive = Callable[[], Awaitable[Any]]


def protocols(door: Door) -> tuple[type[Connection], type[WebSocketsSansIOProtocol]]:
    """The classes of one server's connections: plain, and upgraded."""
    return (
        type("DoorConnection", (LimitedConnection,), {"door": door}),
        type("DoorSocket", (CountedSocket,), {"door": door}),
    )


class LimitedConnection(Connection):
    door: Door
    _phase = HEAD
    _since = 0.0
    """When the phase began, or for a body when its last piece came; by the door's clock."""
    _unparsed = 0
    """How much came since the parser last said anything."""
    _is_expected = False
    _is_large = False
    """Whether more of the body is to come than we would read for nothing."""
    _would_keep_alive = True
    _refusal: tuple[int, str] | None = None
    """What we make of our own refusal in the middle of the parser's work."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if not self.door.enter(transport, self, self._address):
            self._refuse(503, "There are too many connections.")
            return
        self._since = self.door.now
        give_up_unread(transport, self.door.limits)

    def connection_lost(self, exc: Exception | None) -> None:
        self.door.leave(self.transport, self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        phase = self._phase
        self._unparsed += len(data)
        if phase == BODY:
            self._since = self.door.now
        elif phase == IDLE:
            self._phase, self._since = HEAD, self.door.now
        elif phase == DRAIN:
            if self._unparsed > DRAINED:
                self.transport.abort()
            return
        super().data_received(data)
        if self._unparsed > self.door.limits.head_bytes:
            self._refuse(431, "The headers are too large.")
        elif self._phase == BODY and not self._is_expected:
            self._expect_body()

    def _expect_body(self) -> None:
        """The request is worked on before its body comes: it may be refused for its head alone.

        If it is answered before the end of a large body, the connection ends with that.
        """
        self._is_expected = True
        self.cycle.receive = _nothing_first(self.cycle.receive)  # pyright: ignore[reportAttributeAccessIssue]
        length = next((value for name, value in self.scope["headers"] if name == b"content-length"), None)
        if length is None or int(length) > ABSORBED:
            self._is_large = True
            self._would_keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_headers_complete(self) -> None:
        limits = self.door.limits
        size, self._unparsed = self._unparsed, 0
        if len(self.headers) > limits.headers or (
            size > limits.head_bytes
            and len(self.url) + sum(len(n) + len(v) + 4 for n, v in self.headers) > limits.head_bytes
        ):
            self._refusal = 431, "The headers are too many or too large."
            raise ValueError("headers")
        if self.parser.get_http_version() not in SPOKEN:  # pyright: ignore[reportOptionalMemberAccess]
            self._refusal = 505, "HTTP/1.1 is spoken here."
            raise ValueError("version")
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding" and value.strip().lower() != b"chunked":
                self._refusal = 501, "Bodies come as they are, or chunked."
                raise ValueError(
                    "transfer"
                )  # the parser would find it too late: the request would have begun
        if hosts > 1:  # for whom a proxy took it is not to be guessed
            raise ValueError("hosts")
        if len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("requests")
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:  # else it is to be upgraded
            self._phase, self._is_expected, self._is_large = BODY, False, False

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed = 0
        if self._phase == BODY:
            cycle = self.cycle
            if self._is_large and not cycle.response_started:
                cycle.keep_alive = self._would_keep_alive
            self._phase, self._since = (IDLE if cycle.response_complete else ANSWER), self.door.now
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next request may be worked on; if there is none, `look` sees how long that lasts."""
        self.server_state.total_requests += 1
        if self._phase == ANSWER and not self.pipeline:
            self._phase, self._since = IDLE, self.door.now
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def handle_websocket_upgrade(self) -> None:
        self._phase, self._unparsed = SOCKET, 0
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        self._refuse(*(self._refusal or (400, msg)))

    @property
    def has_nothing_under_way(self) -> bool:
        return self._phase in (HEAD, IDLE, DRAIN)

    def make_room(self) -> None:
        self.transport.close()

    def look(self, now: float) -> None:
        limits, phase = self.door.limits, self._phase
        if phase == HEAD:
            if now - self._since > limits.head_timeout_s:
                self._refuse(408, "The request was not complete in time.")
        elif phase == BODY:
            if self.flow.read_paused:  # it is we who do not read on
                self._since = now
            elif now - self._since > limits.body_timeout_s:
                self._refuse(408, "The body was not complete in time.")
        elif phase == IDLE:
            if now - self._since > limits.idle_timeout_s:
                self.transport.close()
        elif phase == DRAIN and now - self._since > DRAIN_S:
            self.transport.abort()

    def _refuse(self, status: int, text: str) -> None:
        """Answer that, if it is the time for an answer; the connection is of no further use."""
        if self._phase == DRAIN or self.transport.is_closing():
            return
        is_answering = self.cycle is not None and self.cycle.response_started != self.cycle.response_complete
        if self.pipeline or is_answering:
            self.transport.close()
            return
        if self.cycle is not None:  # whoever works on it learns that nobody waits
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        head = b"".join(
            b"%s: %s\r\n" % pair for pair in (*self.server_state.default_headers, *LOCKED_HEADERS)
        )
        self.transport.write(
            b"%s%scontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
            % (STATUS_LINE[status], head, len(text), text.encode())
        )
        self._drain()

    def _hang_up(self) -> None:
        """After an answer that was the last one."""
        if self._phase == BODY:
            self._drain()
        else:
            self.transport.close()

    def _drain(self) -> None:
        self._phase, self._since, self._unparsed = DRAIN, self.door.now, 0
        self.flow.resume_reading()
        self.transport.write_eof()


def _nothing_first(receive: Receive) -> Receive:
    """What the application is given first, for it begins by asking for the body, is an empty piece of it."""
    is_first = True

    async def receive_later() -> Any:
        nonlocal is_first
        if is_first:
            is_first = False
            return {"type": "http.request", "body": b"", "more_body": True}
        return await receive()

    return receive_later


class CountedSocket(WebSocketsSansIOProtocol):
    """An upgraded connection holds the place that it had."""

    door: Door

    def connection_lost(self, exc: Exception | None) -> None:
        self.door.leave(self.transport, self.client[0] if self.client else "")
        super().connection_lost(exc)

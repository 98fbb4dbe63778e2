"""Routes, declared once: what a request may ask, who may, and what it gets.

The handler's signature is the contract. Its parameters are, by name: the parts of the path; and by
type: `Context`, a `Schema` (the body), `Query` (the query string), `Request` (headers and streams).
"""

from __future__ import annotations

import asyncio
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

import msgspec

from haneul.kernel import truths
from haneul.kernel.context import Context
from haneul.kernel.disks import disk_files
from haneul.kernel.errors import BadRequest, HaneulError, TooLarge
from haneul.kernel.http.answers import UNDECLARED, of_signature
from haneul.kernel.http.schema import Window, parse_version
from haneul.kernel.policy import Rule

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Reply:
    """An answer that needs more than a body: `body` is encoded as JSON unless it is bytes or a stream."""

    body: Any = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    has_utf8_headers: bool = False
    """What of the headers is not ASCII goes out as UTF-8, as it came in, instead of as in an address."""


MOST_PAIRS, MOST_VALUES, LONGEST_NAME = 512, 256, 255
"""Of a query string: pairs, values of one name, and characters of a name. Stock clients send 200 ids at a time."""


_FLAGS = truths.Words(("", *truths.COMMON.true), truths.COMMON.false)
"""A parameter without a value counts as soon as it is there."""


class Query:
    """The query string: every value of every name, in order; BadRequest if there are too many."""

    __slots__ = ("_values", "pairs")

    def __init__(self, text: str) -> None:
        self.pairs: list[tuple[str, str]] = []
        self._values: dict[str, list[str]] = {}
        if not text:
            return
        if text.count("&") >= MOST_PAIRS:
            raise BadRequest(f"The query string has more than {MOST_PAIRS} parameters.")
        self.pairs = parse_qsl(text, keep_blank_values=True)
        for name, value in self.pairs:
            self._values.setdefault(name, []).append(value)
        for name, values in self._values.items():
            if len(name) > LONGEST_NAME:
                raise BadRequest(f"The query parameter {name[:40]}... has too long a name.")
            if len(values) > MOST_VALUES:
                raise BadRequest(f"The query parameter {name} is given more than {MOST_VALUES} times.")

    def get(self, name: str, default: str | None = None) -> str | None:
        """The last value of that name."""
        values = self._values.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        return list(self._values.get(name, ()))

    def names(self) -> list[str]:
        return list(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def truth(self, name: str) -> bool | None:
        """The value as a truth, in any of the spellings that OpenStack takes; 400 for others."""
        text = self.get(name)
        if text is None:
            return None
        is_true = _FLAGS.read(text)
        if is_true is None:
            raise BadRequest(f"Invalid value {text!r} for {name}: a boolean is expected")
        return is_true


SENDS_FILES = "haneul.sendfile"
"""The extension of a server that sends files itself: an awaitable function (path, offset, length)."""


class Request:
    """What a handler may want of the raw request."""

    __slots__ = ("_raw", "path", "query_string")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.path: str = raw.path
        self.query_string: str = raw.query_string

    def header(self, name: str, default: str | None = None) -> str | None:
        value: str | None = self._raw.headers.get(name.lower(), default)
        return value

    def headers(self) -> dict[str, str]:
        """All of them, by their names in lower case; BadRequest if one is no UTF-8."""
        try:
            return {
                name.lower(): value if value.isascii() else value.encode("latin-1").decode()
                for name, value in self._raw.headers.items()
            }
        except UnicodeDecodeError:
            raise BadRequest("A header is not valid UTF-8.") from None

    @property
    def method(self) -> str:
        method: str = self._raw.method
        return method

    @property
    def raw_path(self) -> bytes:
        """The path as it was sent: what is escaped is still so, and it may end in a slash."""
        path: bytes = self._raw.scope.get("raw_path") or quote(self._raw.scope["path"]).encode()
        return path

    @property
    def url(self) -> str:
        return f"{self._raw.prefix}{self._raw.path}"

    @property
    def address(self) -> str:
        return self._raw.remote_addr or ""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; BadRequest if its length is none, or the sender goes away before its end."""
        async for chunk in self._raw.stream:
            yield chunk
        if self._raw.is_disconnected:
            raise BadRequest("The connection was closed before the whole body had arrived.")

    async def body(self, limit: int = 114688) -> bytes:
        """The whole body; TooLarge if it has more than `limit` bytes."""
        received = bytearray()
        async for chunk in self.chunks():
            received += chunk
            if len(received) > limit:
                raise TooLarge(limit=limit)
        return bytes(received)

    async def file_body(self, path: Path, offset: int, length: int) -> AsyncIterator[bytes]:
        """That part of the file, as the body of an answer that announces its length."""
        send_file = self._raw.scope.get("extensions", {}).get(SENDS_FILES)
        if send_file is not None:
            await send_file(path, offset, length)
            return
        async for piece in disk_files.read(path, offset, length):
            yield piece

    @property
    def content_length(self) -> int | None:
        length: int | None = self._raw.content_length
        return length


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Handler
    status: int
    policy: Rule | None
    auth: bool
    transaction: bool
    errors: tuple[type[HaneulError], ...]
    """What it can fail with, beside what every route can (`answers.COMMON_ERRORS`)."""
    window: Window
    path_names: tuple[str, ...]
    body: Any
    body_name: str | None
    arguments: tuple[tuple[str, str], ...]
    """(parameter, what it is: ctx, body, query, request, path)."""
    answers: Mapping[int, Any]
    """What is in the body, by status: a Schema, Content, None for no body, or UNDECLARED."""
    content_types: tuple[str, ...]
    limit: int
    """The largest body, in bytes."""
    ignores_access_rules: bool = False
    asks_late: bool = False
    """The handler finds the thing before it asks the policy: everybody is told of one that is not there."""
    hides_out_of_scope: bool = False
    """Who asks with a token for something else than the policy wants (the system, say) is told 404."""
    lets_anybody_in: bool = False
    """Who has no token, or one that does not hold, comes as `ANONYMOUS`; the handler asks the policy."""
    reads_path: bool = False
    """The handler reads the path as it was sent, and refuses itself what can be nobody's name."""


class Routes:
    """The routes of one file; `prefix` stands before each path, below the service's own path.

    `until` is the last microversion that knows any of them, where a route does not say its own; likewise
    `asks_late`, `hides_out_of_scope`, `lets_anybody_in` and `reads_path` hold for all of them, and `errors` beside those that a route declares.
    """

    def __init__(
        self,
        prefix: str = "",
        *,
        until: str | None = None,
        asks_late: bool = False,
        hides_out_of_scope: bool = False,
        lets_anybody_in: bool = False,
        reads_path: bool = False,
        errors: Iterable[type[HaneulError]] = (),
    ) -> None:
        self.prefix = prefix
        self.errors = tuple(errors)
        self.until = until
        self.asks_late = asks_late
        self.hides_out_of_scope = hides_out_of_scope
        self.lets_anybody_in = lets_anybody_in
        self.reads_path = reads_path
        self.routes: list[Route] = []

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("GET", path, **options)

    def post(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("POST", path, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("PUT", path, **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        return self.route("DELETE", path, **{"status": 204, **options})

    def route(
        self,
        method: str,
        path: str,
        *,
        status: int = 200,
        policy: Rule | None = None,
        auth: bool = True,
        transaction: bool = True,
        answer: Any = UNDECLARED,
        other_answers: Mapping[int, Any] | None = None,
        errors: Iterable[type[HaneulError]] = (),
        since: str | None = None,
        until: str | None = None,
        content_types: tuple[str, ...] = ("application/json",),
        limit: int = 114688,
        ignores_access_rules: bool = False,
        asks_late: bool | None = None,
    ) -> Callable[[Handler], Handler]:
        """Declare a handler.

        `status` is that of success, `answer` what it holds where the handler's annotation does not say it, and
        `other_answers` what others hold, by status; `auth=False` lets anybody in; `transaction=False` is for handlers
        that stream or wait, and open their own; `since` and `until` are the microversions that know it;
        `ignores_access_rules` lets in every token, whatever it is restricted to; `asks_late` leaves all of the
        policy to the handler, which finds the thing first.
        """

        def declare(handler: Handler) -> Handler:
            whole = self.prefix + path
            last = until or self.until
            names = tuple(part[1:-1].split(":")[0] for part in whole.split("/") if part.startswith("{"))
            hints = typing.get_type_hints(handler, include_extras=True)
            arguments, body, body_name = [], None, None
            for name, hint in hints.items():
                if name == "return":
                    continue
                if hint is Context:
                    arguments.append((name, "ctx"))
                elif hint is Query:
                    arguments.append((name, "query"))
                elif hint is Request:
                    arguments.append((name, "request"))
                elif name in names:
                    arguments.append((name, "path"))
                else:
                    arguments.append((name, "body"))
                    body, body_name = hint, name
            self.routes.append(
                Route(
                    method,
                    whole,
                    handler,
                    status,
                    policy,
                    auth,
                    transaction,
                    tuple(dict.fromkeys((*errors, *self.errors))),
                    Window(parse_version(since) if since else None, parse_version(last) if last else None),
                    names,
                    body,
                    body_name,
                    tuple(arguments),
                    {status: of_signature(hints.get("return")) if answer is UNDECLARED else answer}
                    | dict(other_answers or {}),
                    content_types,
                    limit,
                    ignores_access_rules,
                    self.asks_late if asks_late is None else asks_late,
                    self.hides_out_of_scope,
                    self.lets_anybody_in,
                    self.reads_path,
                )
            )
            return handler

        return declare


Act = Callable[[Context, Rule, Request], Awaitable[Any]]


def asking(rule: Rule, act: Act) -> Callable[[Context, Request], Awaitable[Any]]:
    """The act as a handler that asks this rule: one act can serve several paths, each with a rule of its own."""

    async def handler(ctx: Context, request: Request) -> Any:
        return await act(ctx, rule, request)

    handler.__doc__, handler.__name__ = act.__doc__, act.__name__
    handler.__module__, handler.__qualname__ = act.__module__, act.__qualname__
    handler.__annotations__["return"] = typing.get_type_hints(act)["return"]
    return handler


def encode(value: Any) -> bytes:
    """JSON as we send it."""
    return msgspec.json.encode(value)


PIECE = 1000
"""So many things of a list are encoded before others have their turn."""


async def encoded(value: Any) -> bytes:
    """The same, in turns with others where a list in it is long."""
    if not isinstance(value, dict) or not _has_long_list(value):
        return encode(value)
    parts = []
    for name, inner in value.items():
        parts.append(
            encode(name) + b":" + (await _encoded_list(inner) if isinstance(inner, list) else encode(inner))
        )
    return b"{" + b",".join(parts) + b"}"


def _has_long_list(value: dict[str, Any]) -> bool:
    # Every answer that is a dict comes by here, so: no generator, and most values are looked at once.
    return bool([1 for inner in value.values() if type(inner) is list and len(inner) > PIECE])


async def _encoded_list(values: list[Any]) -> bytes:
    pieces = []
    for start in range(0, len(values), PIECE):
        pieces.append(encode(values[start : start + PIECE])[1:-1])
        await asyncio.sleep(0)
    return b"[" + b",".join(pieces) + b"]"

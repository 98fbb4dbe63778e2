"""Downloads from addresses that users name, which cannot be talked into what is private.

An address is checked twice: as it is written (scheme, host, port), and as what it stands for. Its host is
resolved once, every address found must be public, and the connection goes to the very address that was
checked, so a name that resolves to something else a moment later changes nothing. Redirects are followed by
hand, each checked like the first.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple
from urllib.parse import urljoin

from haneul.kernel.outside import Turns, in_thread
from haneul.services.image import errors
from haneul.services.image.config import WebOptions
from haneul.services.image.model import web_addresses
from haneul.services.image.model.web_addresses import Target

PIECE = 1 << 18
_REDIRECTS = (301, 302, 303, 307, 308)


async def resolved(target: Target, rules: WebOptions) -> str:
    """The address to connect to; UriRefused unless all that the host stands for is public."""
    try:
        entries = await in_thread(
            socket.getaddrinfo, target.host, target.port, 0, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )
    except (OSError, UnicodeError) as problem:
        raise errors.DownloadFailed(why=f"{target.host} could not be resolved: {problem}") from None
    addresses = [str(entry[4][0]) for entry in entries]
    if not addresses or not all(web_addresses.is_public(address, rules) for address in addresses):
        raise errors.UriRefused(uri=target.uri)
    return addresses[0]


class Body(NamedTuple):
    length: int | None
    is_part: bool
    chunks: AsyncIterator[bytes]


@contextlib.asynccontextmanager
async def fetched(
    uri: str, rules: WebOptions, headers: Mapping[str, str] | None = None, *, turns: Turns, holder: str
) -> AsyncIterator[Body]:
    """What the address answers, once it is the holder's turn, and until the deadline.

    DownloadFailed if that is not 200, or 206 where a part was asked for.
    """
    async with (
        turns.turn(holder, rules.downloads_max, rules.project_downloads_max),
        _followed(uri, rules, headers) as body,
    ):
        yield body


@contextlib.asynccontextmanager
async def _followed(uri: str, rules: WebOptions, headers: Mapping[str, str] | None) -> AsyncIterator[Body]:
    """The answer of the address, or of that to which it sends us."""
    deadline = asyncio.get_running_loop().time() + rules.deadline_s
    fine = (200, 206) if headers and "Range" in headers else (200,)
    for _ in range(rules.redirects_max + 1):
        target = web_addresses.checked(uri, rules)
        address = await resolved(target, rules)
        connection = _connection(target, address, rules.idle_timeout_s)
        answer: http.client.HTTPResponse | None = None
        try:
            answer = await _asked(connection, target, headers or {}, rules.idle_timeout_s)
            if answer.status in _REDIRECTS:
                uri = urljoin(uri, answer.getheader("Location") or "")
                headers = {n: v for n, v in (headers or {}).items() if n == "Range"}  # no tokens for others
                continue
            if answer.status not in fine:
                raise errors.DownloadFailed(why=f"{target.host} answered {answer.status} {answer.reason}.")
            yield Body(answer.length, answer.status == 206, _chunks(answer, deadline))
            return
        finally:
            _hang_up(connection)
            if answer is not None:
                answer.close()  # where the server closes, the connection has let go of it
            connection.close()
    raise errors.DownloadFailed(why=f"More than {rules.redirects_max} redirects.")


def _connection(target: Target, address: str, timeout_s: float) -> http.client.HTTPConnection:
    if target.parts.scheme.lower() == "http":
        connection = http.client.HTTPConnection(target.host, target.port, timeout=timeout_s)
    else:
        connection = http.client.HTTPSConnection(
            target.host, target.port, timeout=timeout_s, context=ssl.create_default_context()
        )

    def connect(_: object, timeout: float, source: object = None) -> socket.socket:
        return socket.create_connection((address, target.port), timeout)

    connection._create_connection = connect  # type: ignore[attr-defined]  # TLS still names the host
    return connection


def _hang_up(connection: http.client.HTTPConnection) -> None:
    """Whoever still waits for the other side is woken up: closing alone would leave the thread there."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


async def _asked(
    connection: http.client.HTTPConnection, target: Target, headers: Mapping[str, str], timeout_s: float
) -> http.client.HTTPResponse:
    path = (target.parts.path or "/") + (f"?{target.parts.query}" if target.parts.query else "")

    def ask() -> http.client.HTTPResponse:
        connection.request("GET", path, headers={"Accept-Encoding": "identity", **headers})
        return connection.getresponse()

    try:
        async with asyncio.timeout(2 * timeout_s):  # a head that comes letter by letter is none
            return await in_thread(ask)
    except (OSError, http.client.HTTPException, UnicodeError, ValueError) as problem:
        raise errors.DownloadFailed(why=f"{target.host} did not answer: {problem}") from None


async def _chunks(answer: http.client.HTTPResponse, deadline: float) -> AsyncIterator[bytes]:
    left = answer.length
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                piece = await in_thread(answer.read, PIECE)
        except (OSError, http.client.HTTPException) as problem:
            raise errors.DownloadFailed(why=f"The download broke off: {problem}") from None
        if not piece:
            break
        if left is not None:
            left -= len(piece)
        yield piece
    if left:
        raise errors.DownloadFailed(why=f"The download ended {left} bytes too early.")

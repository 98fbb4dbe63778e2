"""One connection to an LDAP server (RFC 4511), and a pool of them. The protocol itself is sansldap's."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import sansldap

from haneul.services.identity.config import DirectoryOptions
from haneul.services.identity.errors import DirectoryUnreachable

TIMEOUT_S = 5.0
_SUCCESS = sansldap.LDAPResultCode.SUCCESS
_WRONG = (
    sansldap.LDAPResultCode.INVALID_CREDENTIALS,
    sansldap.LDAPResultCode.UNWILLING_TO_PERFORM,
    sansldap.LDAPResultCode.INAPPROPRIATE_AUTHENTICATION,
)
Entry = tuple[str, dict[str, list[str]]]
"""Distinguished name, and attributes by their names in lower case."""


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ldap = sansldap.LDAPClient()
        self._waiting: list[Any] = []
        self.opened_at = time.monotonic()

    @classmethod
    async def open(cls, options: DirectoryOptions) -> Connection:
        """A connection, encrypted as the options say; nobody has logged in on it yet."""
        url = urlsplit(options.url.split(",")[0].strip())
        host, secure = url.hostname or "localhost", url.scheme == "ldaps"
        port = url.port or (636 if secure else 389)
        context = tls(options) if secure or options.use_tls else None
        with _told_as_unreachable():
            async with asyncio.timeout(_patience(options)):
                streams = await asyncio.open_connection(
                    host,
                    port,
                    ssl=context if secure else None,
                    server_hostname=host if secure else None,
                )
                connection = cls(*streams)
                try:
                    if context is not None and not secure:
                        await connection._start_tls(context, host)
                except BaseException:
                    await connection.close()
                    raise
                return connection

    async def _start_tls(self, context: ssl.SSLContext, host: str) -> None:
        self._ldap.extended_request(sansldap.ExtendedOperations.LDAP_START_TLS.value)
        answer = await self._answer()
        if answer.result.result_code != _SUCCESS:
            raise DirectoryUnreachable(why="it does not start TLS")
        await self._writer.start_tls(context, server_hostname=host)

    async def bind(self, dn: str | None, password: str | None) -> bool:
        """Whether the server knows that name with that password."""
        with _told_as_unreachable():
            async with asyncio.timeout(TIMEOUT_S):
                self._ldap.bind_simple(dn, password)
                answer = await self._answer()
        code = answer.result.result_code
        if code != _SUCCESS and code not in _WRONG:
            raise DirectoryUnreachable(why=f"it answers a login with {code!r}")
        return bool(code == _SUCCESS)

    async def search(
        self,
        base: str,
        *,
        scope: sansldap.SearchScope,
        filter: sansldap.LDAPFilter,
        attributes: list[str],
        page_size: int,
        aliases: sansldap.DereferencingPolicy = sansldap.DereferencingPolicy.NEVER,
    ) -> list[Entry]:
        """All entries that fit, however many pages the server wants for them."""
        entries: list[Entry] = []
        cookie = b""
        with _told_as_unreachable():
            while True:
                paged = sansldap.PagedResultControl(critical=False, size=page_size, cookie=cookie)
                self._ldap.search_request(
                    base,
                    scope=scope,
                    dereferencing_policy=aliases,
                    filter=filter,
                    attributes=attributes,
                    controls=[paged] if page_size else None,
                )
                async with asyncio.timeout(TIMEOUT_S):
                    cookie = await self._entries(entries)
                if not cookie:
                    return entries

    async def _entries(self, entries: list[Entry]) -> bytes:
        """Add the entries of one page; where the next begins, if there is one."""
        while True:
            message = await self._answer()
            if isinstance(message, sansldap.SearchResultEntry):
                entries.append((message.object_name, _texts(message.attributes)))
            elif isinstance(message, sansldap.SearchResultDone):
                if message.result.result_code != _SUCCESS:
                    raise DirectoryUnreachable(why=f"it answers a search with {message.result.result_code!r}")
                controls = [c for c in message.controls if isinstance(c, sansldap.PagedResultControl)]
                return controls[0].cookie if controls else b""

    async def _answer(self) -> Any:
        """The next message from the server."""
        self._writer.write(self._ldap.data_to_send())
        await self._writer.drain()
        while not self._waiting:
            data = await self._reader.read(65536)
            if not data:
                raise ConnectionResetError("the directory closed the connection")
            self._waiting += self._ldap.receive(data)
        return self._waiting.pop(0)

    async def close(self) -> None:
        with contextlib.suppress(OSError):
            self._writer.close()
            await self._writer.wait_closed()


class Pool:
    """Connections kept for a while: the installation itself has logged in on them, unless logins are tried."""

    def __init__(self, options: DirectoryOptions) -> None:
        self._options = options
        self._is_kept = options.use_pool
        self._lifetime_s = options.pool_connection_lifetime
        self._is_ours = True
        self._room = asyncio.Semaphore(options.pool_size)
        self._free: list[Connection] = []

    @classmethod
    def of_logins(cls, options: DirectoryOptions) -> Pool:
        """Connections on which others try to log in, one after the other."""
        made = cls(options)
        made._is_kept = options.use_auth_pool
        made._lifetime_s = options.auth_pool_connection_lifetime
        made._is_ours = False
        made._room = asyncio.Semaphore(options.auth_pool_size)
        return made

    async def use(self, act: Callable[[Connection], Awaitable[Any]]) -> Any:
        """What `act` gives; a kept connection that turns out to be dead is replaced by a new one, once."""
        async with self._room:
            while self._is_kept and self._free:
                kept = self._free.pop()
                if time.monotonic() - kept.opened_at > self._lifetime_s:
                    await kept.close()
                    continue
                with contextlib.suppress(DirectoryUnreachable):
                    return await self._with(kept, act)
            return await self._with(await self._new(), act)

    async def _new(self) -> Connection:
        connection = await self._opened()
        if not self._is_ours or self._options.user is None:
            return connection
        try:
            is_known = await connection.bind(self._options.user, self._options.password)
        except BaseException:
            await connection.close()
            raise
        if is_known:
            return connection
        await connection.close()
        raise DirectoryUnreachable(why="it refuses the user that is configured")

    async def _opened(self) -> Connection:
        """A new connection, tried as often as the options say."""
        for _ in range(self._options.pool_retry_max - 1):
            with contextlib.suppress(DirectoryUnreachable):
                return await Connection.open(self._options)
            await asyncio.sleep(self._options.pool_retry_delay)
        return await Connection.open(self._options)

    async def _with(self, connection: Connection, act: Callable[[Connection], Awaitable[Any]]) -> Any:
        try:
            result = await act(connection)
        except BaseException:
            await connection.close()
            raise
        if self._is_kept:
            self._free.append(connection)
        else:
            await connection.close()
        return result

    async def close(self) -> None:
        while self._free:
            await self._free.pop().close()


def tls(options: DirectoryOptions) -> ssl.SSLContext:
    """How the server must prove who it is."""
    context = ssl.create_default_context(cafile=options.tls_cacertfile, capath=options.tls_cacertdir)
    if options.tls_req_cert != "demand":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@contextlib.contextmanager
def _told_as_unreachable() -> Iterator[None]:
    try:
        yield
    except (OSError, TimeoutError, EOFError, sansldap.LDAPError, ValueError) as problem:
        raise DirectoryUnreachable(why=str(problem) or type(problem).__name__) from None


def _patience(options: DirectoryOptions) -> float:
    timeout = options.pool_connection_timeout
    return float(timeout) if timeout > 0 else TIMEOUT_S


def _texts(attributes: list[sansldap.PartialAttribute]) -> dict[str, list[str]]:
    return {each.name.lower(): [v.decode(errors="replace") for v in each.values] for each in attributes}

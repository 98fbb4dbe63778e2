"""A client for QMP, QEMU's control protocol: lines of JSON over a unix socket.

Our own, because it must do two things that the library `qemu.qmp` does not do well here: hand over file
descriptors (tap devices) beside a command, and treat a QEMU that quits as the normal end of a
conversation, without a traceback. It works on a plain socket, so it also reaches sockets whose path is
longer than the 107 bytes that an address can hold.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from haneul.kernel.errors import DriverError
from haneul.kernel.sockets import connect_unix

Event = dict[str, Any]


class QmpClosed(DriverError):
    """QEMU has ended, or does not talk any more."""

    code = "qmp_closed"


class QmpRefused(DriverError):
    """QEMU understood the command and refused it; `kind` is its class of error."""

    code = "qmp_refused"


class Qmp:
    """One conversation. Made by `connect`; ends by `close` or when QEMU ends."""

    def __init__(self, link: socket.socket, on_event: Callable[[Event], None]) -> None:
        self._link = link
        self._on_event = on_event
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._waiting: list[tuple[Callable[[Event], bool], asyncio.Future[Event]]] = []
        self._number = 0
        self._greeted = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, path: Path, on_event: Callable[[Event], None]) -> Qmp:
        qmp = cls(await connect_unix(path), on_event)
        try:
            await asyncio.wait_for(asyncio.shield(qmp._greeted), 10)
            await qmp.execute("qmp_capabilities")
        except TimeoutError as error:
            await qmp.close()
            raise QmpClosed("QEMU did not greet within 10 s.") from error
        except BaseException:
            await qmp.close()
            raise
        return qmp

    async def execute(
        self,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        timeout_s: float = 30,
        pass_fd: int | None = None,
    ) -> Any:
        """The command's answer; `pass_fd` travels beside it."""
        if self._reader.done():
            raise QmpClosed("QEMU has ended.")
        self._number += 1
        number = self._number
        line = msgspec.json.encode({"execute": command, "arguments": arguments or {}, "id": number})
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._send(line, pass_fd)
            return await asyncio.wait_for(answer, timeout_s)
        except TimeoutError as error:
            raise DriverError(f"QEMU did not answer {command} within {timeout_s} s.") from error
        except (BrokenPipeError, ConnectionResetError) as error:
            raise QmpClosed("QEMU has ended.") from error
        finally:
            self._answers.pop(number, None)

    @contextlib.contextmanager
    def expect(self, matches: Callable[[Event], bool]) -> Any:
        """A future of the first event that matches; it notices also what comes before it is awaited."""
        event: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        entry = (matches, event)
        self._waiting.append(entry)
        try:
            yield event
        finally:
            self._waiting.remove(entry)
            event.cancel()

    async def ended(self) -> None:
        """Returns when the conversation is over."""
        await asyncio.wait([self._reader])

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.wait([self._reader])

    async def _send(self, line: bytes, fd: int | None) -> None:
        if fd is None:
            await asyncio.get_running_loop().sock_sendall(self._link, line)
        else:
            socket.send_fds(self._link, [line], [fd])

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        rest = b""
        try:
            while data := await loop.sock_recv(self._link, 1 << 16):
                *lines, rest = (rest + data).split(b"\n")
                for line in filter(None, lines):
                    self._hear(msgspec.json.decode(line))
        except OSError:
            pass  # it was killed: the same end as any other
        finally:
            self._link.close()
            self._fail_all()

    def _hear(self, event: Event) -> None:
        if "event" in event:
            for matches, waiting in self._waiting:
                if not waiting.done() and matches(event):
                    waiting.set_result(event)
            self._on_event(event)
        elif "QMP" in event:
            self._greeted.set_result(None)
        elif (answer := self._answers.get(event.get("id", 0))) and not answer.done():
            if "error" in event:
                answer.set_exception(QmpRefused(event["error"]["desc"], kind=event["error"]["class"]))
            else:
                answer.set_result(event["return"])

    def _fail_all(self) -> None:
        for future in (self._greeted, *self._answers.values(), *(event for _, event in self._waiting)):
            if not future.done():
                future.set_exception(QmpClosed("QEMU has ended."))
                future.exception()  # nobody may be listening any more

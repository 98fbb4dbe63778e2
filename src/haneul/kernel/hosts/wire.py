"""Requests and answers over one stream, in both directions, many at a time.

A frame is four bytes of length, then one msgpack message.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable

import msgspec

from haneul.kernel.errors import HostUnreachable
from haneul.kernel.hosts.channel import Failure, error_of, failure_of

log = logging.getLogger(__name__)

MAX_FRAME = 64 * 1024 * 1024


class _Request(msgspec.Struct, tag="r", array_like=True):
    id: int
    subject: str
    payload: bytes


class _Answer(msgspec.Struct, tag="a", array_like=True):
    id: int
    payload: bytes


class _Failed(msgspec.Struct, tag="f", array_like=True):
    id: int
    failure: Failure


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Request | _Answer | _Failed)

Serve = Callable[[str, bytes], Awaitable[bytes]]


class Peer:
    """One end of a stream: it asks the other end and answers it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, serve: Serve) -> None:
        self._reader = reader
        self._writer = writer
        self._serve = serve
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    async def ask(self, subject: str, payload: bytes, timeout_s: float) -> bytes:
        """The other end's answer; HostUnreachable if there is none in time or the stream breaks."""
        if self._writer.is_closing():
            raise HostUnreachable("The connection is closed.")
        number = next(self._ids)
        waiting = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout_s):
                self._send(_Request(number, subject, payload))
                await self._writer.drain()
                return await waiting
        except TimeoutError:
            raise HostUnreachable(f"There was no answer within {timeout_s:g} s.") from None
        except OSError as problem:
            raise HostUnreachable(f"The connection broke: {problem}") from problem
        finally:
            del self._asked[number]

    async def run(self) -> None:
        """Read until the stream ends; then whoever waits for an answer hears that there will be none.

        What is being served goes on: whoever asked will ask again and find it done.
        """
        try:
            while True:
                size = int.from_bytes(await self._reader.readexactly(4), "big")
                if size > MAX_FRAME:
                    log.error("closing a connection: a frame of %d bytes is too large", size)
                    return
                self._receive(_DECODER.decode(await self._reader.readexactly(size)))
        except (asyncio.IncompleteReadError, OSError):
            pass
        except msgspec.DecodeError as problem:
            log.error("closing a connection that does not speak our language: %s", problem)
        finally:
            self.close()
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(HostUnreachable("The connection broke before the answer came."))

    def close(self) -> None:
        self._writer.close()

    async def stop_serving(self) -> None:
        """Give up what is being served."""
        serving = list(self._serving)
        for work in serving:
            work.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _receive(self, message: _Request | _Answer | _Failed) -> None:
        if isinstance(message, _Request):
            work = asyncio.ensure_future(self._answer(message))
            self._serving.add(work)
            work.add_done_callback(self._serving.discard)
            return
        waiting = self._asked.get(message.id)
        if waiting is None or waiting.done():
            return  # too late: nobody waits for it any more
        if isinstance(message, _Answer):
            waiting.set_result(message.payload)
        else:
            waiting.set_exception(error_of(message.failure))

    async def _answer(self, request: _Request) -> None:
        try:
            answer: _Answer | _Failed = _Answer(
                request.id, await self._serve(request.subject, request.payload)
            )
        except Exception as problem:
            answer = _Failed(request.id, failure_of(problem))
        if not self._writer.is_closing():
            self._send(answer)

    def _send(self, message: _Request | _Answer | _Failed) -> None:
        body = _ENCODER.encode(message)
        self._writer.write(len(body).to_bytes(4, "big") + body)

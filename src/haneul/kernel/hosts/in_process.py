"""The channel that is no distance at all: control plane and agent in one process."""

from __future__ import annotations

import asyncio

from haneul.kernel.errors import HostUnreachable
from haneul.kernel.hosts.channel import CallOrigin, error_of, failure_of
from haneul.kernel.hosts.server import AgentServer


class InProcessChannel:
    """Bytes go across as they would elsewhere, and a call that nobody waits for any more runs on."""

    def __init__(self, server: AgentServer) -> None:
        self._server = server
        self._running: set[asyncio.Task[bytes]] = set()

    async def call(
        self, host: str, interface: str, method: str, arguments: bytes, origin: CallOrigin, timeout_s: float
    ) -> bytes:
        work = asyncio.ensure_future(self._server.dispatch(host, interface, method, arguments, origin))
        self._running.add(work)
        work.add_done_callback(self._finished)
        done, _ = await asyncio.wait((work,), timeout=timeout_s)
        if not done:
            raise HostUnreachable(f"{host} did not answer {interface}.{method} within {timeout_s:g} s.")
        if work.cancelled():
            raise HostUnreachable(f"The agent of {host} was stopped.")
        problem = work.exception()
        if isinstance(problem, Exception):
            raise error_of(failure_of(problem)) from problem
        return work.result()

    async def close(self) -> None:
        """Stop what still runs."""
        running = list(self._running)
        for work in running:
            work.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _finished(self, work: asyncio.Task[bytes]) -> None:
        self._running.discard(work)
        if not work.cancelled():
            work.exception()  # seen, even if its caller is gone

"""The host's end: finds the driver, keeps calls for one resource in order, answers repeats alike."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from haneul.kernel.errors import DriverError, HaneulError, HostUnreachable, ImpossibleHere, Superseded
from haneul.kernel.hosts.channel import CallOrigin
from haneul.kernel.hosts.interfaces import Interfaces, Method, methods
from haneul.kernel.hosts.journal import Journal, fingerprint

log = logging.getLogger(__name__)

DriverFactory = Callable[[str, str], Awaitable[Any]]
"""(host, interface) -> a started driver, made at the first call for it and then kept."""


class AgentServer:
    """The drivers of some hosts, ready to be called; `dispatch` raises DriverError and nothing else.

    - A call whose operation is older than one already seen for its resource is refused: `Superseded`.
    - Calls of operations for one resource run one after the other.
    - A successful call that changes something is not run again when it is repeated: it gets the first answer.
      A failed one is. A step therefore makes each such call once; between two of the same that should
      both run there must be a new step.
    """

    def __init__(
        self,
        drivers: Mapping[str, Mapping[str, Any]] | DriverFactory,
        interfaces: Interfaces,
        journal: Journal,
        *,
        hosts: Collection[str] | None = None,
    ) -> None:
        """`hosts` must be given where `drivers` is a factory."""
        self._methods = methods(interfaces)
        self.journal = journal
        self._drivers: dict[tuple[str, str], Any] = {}
        self._factory: DriverFactory | None = None
        if isinstance(drivers, Mapping):
            self.hosts = frozenset(drivers)
            self._drivers = {(h, i): d for h, of_host in drivers.items() for i, d in of_host.items()}
        else:
            self.hosts = frozenset(hosts or ())
            self._factory = drivers
        self._making: dict[tuple[str, str], asyncio.Task[Any]] = {}
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def close(self) -> None:
        """Let go of every driver; what they made runs on."""
        for driver in self._drivers.values():
            await driver.close()
        self._drivers.clear()
        self.journal.close()

    def made(self, host: str, interface: str) -> Any | None:
        """The driver, if it has been made yet."""
        return self._drivers.get((host, interface))

    async def driver(self, host: str, interface: str) -> Any:
        """The driver, made now if it was not yet."""
        key = (host, interface)
        if key in self._drivers:
            return self._drivers[key]
        if host not in self.hosts:
            raise HostUnreachable(f"The host {host!r} is not served by this agent.")
        if self._factory is None:
            raise ImpossibleHere(f"The host {host!r} has no {interface} driver.")
        if key not in self._making:  # whoever comes meanwhile waits for the same one
            self._making[key] = asyncio.ensure_future(self._factory(host, interface))
        try:
            made = await asyncio.shield(self._making[key])
        except BaseException:
            if self._making.get(key) is not None and self._making[key].done():
                del self._making[key]
            raise
        self._making.pop(key, None)
        return self._drivers.setdefault(key, made)

    async def dispatch(
        self, host: str, interface: str, method: str, arguments: bytes, origin: CallOrigin
    ) -> bytes:
        try:
            known = self._methods.get(interface, {}).get(method)
            if known is None:
                raise ImpossibleHere(f"This agent knows no {interface}.{method}.")
            if host not in self.hosts:
                raise HostUnreachable(f"The host {host!r} is not served by this agent.")
            if not origin.resource:
                return await self._run(host, interface, known, arguments)
            return await self._in_turn(host, interface, known, arguments, origin)
        except DriverError:
            raise
        except Exception as problem:
            log.exception("%s.%s on %s failed unexpectedly", interface, method, host)
            text = (
                problem.text if isinstance(problem, HaneulError) else f"{type(problem).__name__}: {problem}"
            )
            raise DriverError(text) from problem

    async def _in_turn(
        self, host: str, interface: str, method: Method, arguments: bytes, origin: CallOrigin
    ) -> bytes:
        if origin.operation and not self.journal.admit(host, origin):  # on arrival: the older lose their turn
            raise _superseded(origin)
        turn = self._turns.setdefault((host, origin.resource), asyncio.Lock())
        async with turn:
            if origin.operation and self.journal.is_late(host, origin):
                raise _superseded(origin)
            if not origin.operation or not method.changes:
                return await self._run(host, interface, method, arguments)
            call = fingerprint(interface, method.name, arguments)
            answer = self.journal.answer(host, origin, call)
            if answer is None:
                answer = await self._run(host, interface, method, arguments)
                self.journal.add(host, origin, call, answer)
            return answer

    async def _run(self, host: str, interface: str, method: Method, arguments: bytes) -> bytes:
        driver = await self.driver(host, interface)
        function = getattr(driver, method.name, None)
        if function is None:
            raise ImpossibleHere(f"{type(driver).__name__} of {host!r} cannot {method.name}.")
        try:
            positional, named = method.decode(arguments)
        except msgspec.DecodeError as problem:
            raise DriverError(f"The arguments of {interface}.{method.name} do not fit: {problem}") from None
        return method.encode_result(await function(*positional, **named))


def _superseded(origin: CallOrigin) -> Superseded:
    return Superseded(f"A later operation works on {origin.resource}.")

"""The caller's end: `await agents.on(host, origin).hypervisor.ensure_running(spec)`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from haneul.kernel.hosts.channel import NO_OPERATION, CallOrigin, Channel
from haneul.kernel.hosts.interfaces import Interfaces, Method, methods

TIMEOUT_S = 120.0


class Origin(Protocol):
    """Whatever tells the origin of a call, among other things."""

    @property
    def operation(self) -> int: ...
    @property
    def step(self) -> str: ...
    @property
    def resource(self) -> str: ...


class Agents:
    """All hosts that the channel reaches. Its calls raise DriverError and nothing else."""

    def __init__(self, channel: Channel, interfaces: Interfaces) -> None:
        self.channel = channel
        self._methods = methods(interfaces)

    def on(self, host: str, origin: Origin | None = None, *, timeout_s: float = TIMEOUT_S) -> HostProxy:
        """The drivers of that host, by interface name. No call is made yet."""
        known = CallOrigin(origin.operation, origin.step, origin.resource) if origin else NO_OPERATION
        return HostProxy(self, host, known, timeout_s)


class HostProxy:
    __slots__ = ("_agents", "_host", "_origin", "_timeout_s")

    def __init__(self, agents: Agents, host: str, origin: CallOrigin, timeout_s: float) -> None:
        self._agents = agents
        self._host = host
        self._origin = origin
        self._timeout_s = timeout_s

    def __getattr__(self, interface: str) -> _InterfaceProxy:
        known = self._agents._methods.get(interface)
        if known is None:
            raise AttributeError(f"hosts have no interface {interface!r}; there are: {_list(self)}")
        return _InterfaceProxy(self, interface, known)

    def __dir__(self) -> list[str]:
        return list(self._agents._methods)


class _InterfaceProxy:
    __slots__ = ("_interface", "_methods", "_on")

    def __init__(self, on: HostProxy, interface: str, known: dict[str, Method]) -> None:
        self._on = on
        self._interface = interface
        self._methods = known

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = self._methods.get(name)
        if method is None:
            raise AttributeError(f"{self._interface} has no method {name!r}; there are: {_list(self)}")
        on, interface = self._on, self._interface

        async def call(*positional: Any, **named: Any) -> Any:
            arguments = method.encode(positional, named)
            answer = await on._agents.channel.call(
                on._host, interface, name, arguments, on._origin, on._timeout_s
            )
            return method.decode_result(answer)

        return call

    def __dir__(self) -> list[str]:
        return list(self._methods)


def _list(of: object) -> str:
    return ", ".join(sorted(dir(of)))

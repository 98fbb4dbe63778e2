"""The caller's end: `await agents.typed(host, Hypervisor, origin).ensure_running(spec)`.

Where a Protocol is not at hand there are names: `agents.on(host).hypervisor`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar, cast

from haneul.kernel.hosts.channel import NO_OPERATION, CallOrigin, Channel
from haneul.kernel.hosts.interfaces import Interfaces, Method, methods

TIMEOUT_S = 120.0
P = TypeVar("P")


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
        self._interface_of = {
            protocol: name for name, protocols in interfaces.items() for protocol in protocols
        }

    def typed(self, host: str, ability: type[P], origin: Origin | None = None) -> P:
        """The host as one that has the ability, a Protocol of one of the interfaces. No call is made yet."""
        interface = self._interface_of.get(ability)
        if interface is None:
            raise TypeError(f"{ability.__name__} is no Protocol of an interface; there are: {_named(self)}")
        return cast(P, getattr(self.on(host, origin), interface))

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


def _named(agents: Agents) -> str:
    return ", ".join(sorted(protocol.__name__ for protocol in agents._interface_of))


def _list(of: object) -> str:
    return ", ".join(sorted(dir(of)))

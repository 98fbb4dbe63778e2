"""What every way to an agent has in common: the origin of a call, the port, failures on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec

from haneul.kernel.errors import DriverError, HostUnreachable, ImpossibleHere, Superseded


class CallOrigin(msgspec.Struct, frozen=True):
    """On whose behalf a host is called: it orders calls and makes a repeated one recognisable.

    An undo must have another `step` than what it undoes, or the host takes it for a repeat.
    """

    operation: int = 0
    """Grows with every operation; 0 is nobody's operation, such as a reconciler's."""
    step: str = ""
    resource: str = ""
    """The id of what the operation works on. Calls for one resource run one after the other."""


NO_OPERATION = CallOrigin()

Upcall = Callable[[str, bytes], Awaitable[bytes]]
"""(name, payload) -> answer: what an agent asks of the control plane, and how it is answered there."""


class Channel(Protocol):
    """A way to the agents. Whatever goes wrong on the way or there is raised as a DriverError."""

    async def call(
        self, host: str, interface: str, method: str, arguments: bytes, origin: CallOrigin, timeout_s: float
    ) -> bytes: ...


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """A DriverError on its way."""

    code: str
    reason: str


_BY_CODE: dict[str, type[DriverError]] = {
    kind.code: kind for kind in (DriverError, ImpossibleHere, HostUnreachable, Superseded)
}


def failure_of(problem: Exception) -> Failure:
    """The failure as it travels. A driver's own kinds of DriverError become the nearest common one."""
    for kind in type(problem).__mro__:
        code = getattr(kind, "code", None)
        if isinstance(code, str) and _BY_CODE.get(code) is kind:
            return Failure(code, str(problem))
    return Failure(DriverError.code, f"{type(problem).__name__}: {problem}")


def error_of(failure: Failure) -> DriverError:
    """The failure as the caller meets it."""
    return _BY_CODE.get(failure.code, DriverError)(failure.reason)

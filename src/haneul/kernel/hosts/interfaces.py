"""Driver interfaces as the wire needs them: derived from the Protocols, once for each method."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, get_type_hints

import msgspec

Interfaces = Mapping[str, tuple[type, ...]]
"""The name of an interface -> its Protocols: the one every driver has, then optional ones."""

_HOSTS_OWN = {"start", "close"}
"""Methods that only the agent calls; those that are not coroutines are too."""

_ENCODER = msgspec.msgpack.Encoder()


class Method:
    """How the calls of one Protocol method travel: arguments positionally, as msgpack."""

    def __init__(self, name: str, function: Any) -> None:
        hints = get_type_hints(function)
        returned = hints.pop("return", None)
        self.name = name
        self.changes = returned is type(None) or name.startswith("ensure_")
        """Whether it changes something. What returns a value is a question, unless it says `ensure_`."""
        signature = inspect.signature(function)
        self._signature = signature.replace(parameters=list(signature.parameters.values())[1:])
        parameters = self._signature.parameters.values()
        self._count = len(parameters)
        self._named = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
        types = tuple(hints.get(p, Any) for p in self._signature.parameters)
        self._arguments = msgspec.msgpack.Decoder(tuple[types] if types else tuple[()])  # type: ignore[valid-type]
        self._result = msgspec.msgpack.Decoder(returned)

    def encode(self, positional: tuple[Any, ...], named: dict[str, Any]) -> bytes:
        """The arguments, defaults filled in; TypeError if they do not fit the method."""
        if named or self._named or len(positional) != self._count:
            bound = self._signature.bind(*positional, **named)
            bound.apply_defaults()
            positional = tuple(bound.arguments.values())
        return _ENCODER.encode(positional)

    def decode(self, arguments: bytes) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments as they are to be given: by position, and by name where the method wants that."""
        decoded = self._arguments.decode(arguments)
        if not self._named:
            return decoded, {}
        first = len(decoded) - len(self._named)
        return decoded[:first], dict(zip(self._named, decoded[first:], strict=True))

    def encode_result(self, result: Any) -> bytes:
        return _ENCODER.encode(result)

    def decode_result(self, result: bytes) -> Any:
        return self._result.decode(result)


def methods(interfaces: Interfaces) -> dict[str, dict[str, Method]]:
    """Every method of every interface that can be called from afar, by both names."""
    return {
        name: {method.name: method for protocol in protocols for method in _methods_of(protocol)}
        for name, protocols in interfaces.items()
    }


@cache
def _methods_of(protocol: type) -> tuple[Method, ...]:
    return tuple(
        Method(name, function)
        for name, function in inspect.getmembers(protocol, inspect.iscoroutinefunction)
        if not name.startswith("_") and name not in _HOSTS_OWN
    )


def protocols_of(module: ModuleType) -> tuple[type, ...]:
    """The Protocols that a `drivers/interface.py` defines, in its order."""
    return tuple(
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and getattr(value, "_is_protocol", False)
        and value.__module__ == module.__name__
    )

"""Values that fit a wire shape, drawn by a seeded generator, and values that almost do."""

from __future__ import annotations

import copy
import json
import random
from collections import defaultdict
from typing import Any

import msgspec
from msgspec import inspect

from tests.conformance.hostile_input import SPOILT

DEEPEST = 6
TEXTS = (
    "a", "name", "default", "public", "private", "raw", "qcow2", "bare", "tcp", "icmp", "ingress", "egress", "IPv4",
    "10.0.0.0/24", "10.0.0.7", "fd00::/64", "fd00::5", "fa:16:3e:00:00:01", "VCPU", "CUSTOM_A", "MEMORY_MB", "HARD",
    "http://127.0.0.1:9/x", "2026-01-01T00:00:00Z", "nova", "[]", "{}", "1", "0", "-1", "true", "None", "*", "%", "_",
    "auto", "none", "ext4", "volume", "image", "blank", "compute:nova", "network:dhcp", "asc", "eA==", "r" * 255,
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, 4, 6, 8, 22, 64, 100, 255, 256, 1024, 4094, 65535, 65536, 2**31 - 1, 2**31, 2**63 - 1)


class Known:
    """What the cloud has shown so far, by the name under which it stood: ids most of all."""

    LIMIT = 40

    def __init__(self) -> None:
        self.values: dict[str, list[Any]] = defaultdict(list)

    def add(self, name: str, value: Any, dice: random.Random) -> None:
        held = self.values[name]
        if value in held:
            return
        if len(held) < self.LIMIT:
            held.append(value)
        else:
            held[dice.randrange(self.LIMIT)] = value

    def one(self, name: str, dice: random.Random) -> Any:
        """Something that stood under this name; None if nothing did."""
        held = self.values.get(name)
        return dice.choice(held) if held else None

    def any_id(self, dice: random.Random) -> str:
        kinds = [name for name, held in self.values.items() if name.startswith("/") and held]
        return str(self.one(dice.choice(kinds), dice)) if kinds else "no-such"


class Shapes:
    """Draws values for types; `known` lends those that the cloud will recognise."""

    def __init__(self, known: Known, dice: random.Random) -> None:
        self.known = known
        self.dice = dice
        self._types: dict[Any, Any] = {}

    def draw(self, hint: Any) -> Any:
        """Something that decodes as this type, as JSON has it."""
        if hint not in self._types:
            self._types[hint] = inspect.type_info(hint)
        return self._value(self._types[hint], "", 0)

    def spoil(self, value: Any) -> Any:
        """The same with one of its values replaced, dropped, or put in twice over."""
        whole = copy.deepcopy(value)
        places = list(_places(whole))
        if not places:
            return self.dice.choice(SPOILT)
        holder, key = self.dice.choice(places)
        draw = self.dice.random()
        if draw < 0.6:
            holder[key] = self.dice.choice(SPOILT)
        elif draw < 0.75 and isinstance(holder, dict):
            del holder[key]
        elif draw < 0.85:
            holder[key] = [holder[key]] * self.dice.choice((2, 3, 50))
        elif isinstance(holder, dict):
            holder[self.dice.choice(TEXTS)] = holder[key]
        else:
            holder[key] = self.known.any_id(self.dice)
        return whole

    def text(self, name: str) -> str:
        """A text for a field of this name: one that the cloud knows, more often than not."""
        draw = self.dice.random()
        if draw < 0.55 and (one := self.known.one(name, self.dice)) is not None:
            return str(one)
        if draw < 0.75:
            return self.known.any_id(self.dice)
        return self.dice.choice(TEXTS)

    def _value(self, info: Any, name: str, depth: int) -> Any:
        dice = self.dice
        match info:
            case inspect.Metadata():
                return self._value(info.type, name, depth)
            case inspect.StructType():
                return self._struct(info, depth)
            case inspect.UnionType():
                return self._value(dice.choice(info.types), name, depth)
            case inspect.ListType() | inspect.VarTupleType() | inspect.SetType():
                count = 0 if depth > DEEPEST else dice.choice((0, 1, 1, 1, 2, 3))
                return [self._value(info.item_type, name, depth + 1) for _ in range(count)]
            case inspect.DictType():
                count = 0 if depth > DEEPEST else dice.choice((0, 1, 1, 2))
                return {self.text(name): self._value(info.value_type, name, depth + 1) for _ in range(count)}
            case inspect.LiteralType() | inspect.EnumType():
                options = (
                    info.values if isinstance(info, inspect.LiteralType) else [e.value for e in info.cls]
                )
                return dice.choice(list(options))
            case inspect.StrType():
                return self.text(name)
            case inspect.IntType():
                return dice.choice(NUMBERS)
            case inspect.FloatType():
                return dice.choice((0.0, 1.0, 1.5, 16.0, 1e9))
            case inspect.BoolType():
                return dice.random() < 0.5
            case inspect.NoneType():
                return None
            case _:
                return self._anything(name, depth)

    def _struct(self, info: Any, depth: int) -> dict[str, Any]:
        found = {}
        for field in info.fields:
            if field.required or self.dice.random() < (0.3 if depth <= DEEPEST else 0):
                found[field.encode_name] = self._value(field.type, field.encode_name, depth + 1)
        return found

    def _anything(self, name: str, depth: int) -> Any:
        draw = self.dice.random()
        if draw < 0.5 or depth > 2:
            return self.text(name)
        if draw < 0.65:
            return self.dice.choice(NUMBERS)
        if draw < 0.75:
            return self.dice.random() < 0.5
        if draw < 0.85:
            return [self._anything(name, depth + 1)]
        names = self.dice.sample(sorted(self.known.values), k=min(2, len(self.known.values)))
        return {each.strip("/"): self._anything(each, depth + 1) for each in names}


def encoded(value: Any) -> bytes:
    """JSON, also of what msgspec does not write: half a surrogate pair, or a number of seventy digits."""
    try:
        return msgspec.json.encode(value)
    except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError, RecursionError):
        return json.dumps(value).encode()


def _places(value: Any) -> list[tuple[Any, Any]]:
    """(holder, key) of every value inside."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, (dict, list)):
        for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            found.append((value, key))
            found += _places(inner)
    return found

"""The cloud's options: sections of one file, decoded once, strictly, each into the Struct that declares it.

A service's section has the service's name; its Struct is the `Section` in the service's `config.py`. The
kernel's own sections are the `Section`s in this module. What nobody declares is a mistake that is told.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, MutableMapping
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar

import msgspec

S = TypeVar("S", bound="Section")


class OptionsProblem(Exception):
    """The options cannot be used; the message names the section and the option, and the nearest right one."""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One section. Every option in it has a default."""

    section: ClassVar[str] = ""
    """Its name, where it is the kernel's."""


class Config(MutableMapping[str, Any]):
    """What the operator says, by section; `of` gives a section as its Struct."""

    def __init__(self, kinds: Mapping[str, type[Section]], sections: Mapping[str, Any]) -> None:
        """Raises OptionsProblem."""
        self._kinds = dict(kinds)
        self._said: dict[str, Any] = {}
        self._decoded: dict[type, Any] = {kind: kind() for kind in self._kinds.values()}
        for name, values in sections.items():
            self[name] = values

    def of(self, kind: type[S]) -> S:
        """The section as it was decoded."""
        decoded: S = self._decoded[kind]
        return decoded

    def __getitem__(self, section: str) -> Any:
        return self._said[section]

    def __setitem__(self, section: str, values: Any) -> None:
        """The section says this from now on, if it can be used."""
        kind = self._kinds.get(section)
        if kind is None:
            raise OptionsProblem(f"there is no section [{section}]{_nearest(section, self._kinds)}")
        self._decoded[kind] = decode(section, kind, values)
        self._said[section] = values

    def __delitem__(self, section: str) -> None:
        del self._said[section]
        kind = self._kinds[section]
        self._decoded[kind] = kind()

    def __iter__(self) -> Iterator[str]:
        return iter(self._said)

    def __len__(self) -> int:
        return len(self._said)


def decode(section: str, kind: type[S], values: Any) -> S:
    """The section's values as its Struct; OptionsProblem names what is misspelt or does not fit."""
    for path, name, known in _unknown(kind, values, section):
        raise OptionsProblem(f"[{path}] has no option {name!r}{_nearest(name, known)}")
    try:
        return msgspec.convert(values, kind)
    except msgspec.ValidationError as problem:
        raise OptionsProblem(f"[{section}] {problem}") from None


def _nearest(name: str, known: Mapping[str, Any]) -> str:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(sorted(known))}"


def _unknown(kind: Any, values: Any, path: str) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(table, name, what there is) of everything that no Struct below has a field for."""
    for each in _alternatives(kind):
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and isinstance(values, dict):
            fields = {f.encode_name: f.type for f in msgspec.structs.fields(each)}
            for name, value in values.items():
                if name in fields:
                    yield from _unknown(fields[name], value, f"{path}.{name}")
                else:
                    yield path, name, fields
        elif typing.get_origin(each) is dict and isinstance(values, dict):
            for name, value in values.items():
                yield from _unknown(typing.get_args(each)[1], value, f"{path}.{name}")
        elif typing.get_origin(each) in (list, tuple) and isinstance(values, list):
            for value in values:
                yield from _unknown(typing.get_args(each)[0], value, path)


def _alternatives(kind: Any) -> list[Any]:
    """The types that the value may have, without what annotates them."""
    if typing.get_origin(kind) is typing.Annotated:
        return _alternatives(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [each for option in typing.get_args(kind) for each in _alternatives(option)]
    return [kind]

"""The shape of an answer: which fields it has, and of which types. And how two of them differ.

What people and operators put into an answer is no part of its shape: how long lists are, the keys of free
dictionaries, and which of a field's types are met where several are right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ID = re.compile(r"\b(?:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|[0-9a-f]{64})\b")
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
FREE = {
    *("extra_specs", "metadata", "addresses", "hosts", "volume_image_metadata", "configurations", "options"),
    *("capabilities", "cpu_info", "binding:vif_details", "connection_info", "fault", "volume-summary"),
    *("levels", "group_specs"),
}
"""Dictionaries whose keys are data, or tell of one driver."""
OF_A_TYPE = re.compile(r"^(gigabytes|snapshots|volumes)_.+")

Shape = Any
"""A type's name (several with `|` between), a list with what its items have together, or a dictionary."""


def shape(answer: Any) -> Shape:
    if isinstance(answer, dict):
        fields: dict[str, Shape] = {}
        for key, value in answer.items():
            name = OF_A_TYPE.sub(r"\1_{type}", ID.sub("{id}", key))
            of_value = {} if key in FREE and isinstance(value, dict) else shape(value)
            fields[name] = together(fields[name], of_value) if name in fields else of_value
        return fields
    if isinstance(answer, list):
        items: Shape = None
        for item in answer:
            items = shape(item) if items is None else together(items, shape(item))
        return [] if items is None else [items]
    return TYPES[type(answer)]


def together(one: Shape, other: Shape) -> Shape:
    """What has the fields of both."""
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: _either(one.get(key), other.get(key)) for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [together(one[0], other[0])] if one and other else one or other
    if isinstance(one, str) and isinstance(other, str):
        return "|".join(sorted({*one.split("|"), *other.split("|")}))
    return one if isinstance(other, str) else other


def _either(one: Shape, other: Shape) -> Shape:
    if one is None or other is None:
        return other if one is None else one
    return together(one, other)


def differences(right: Shape, ours: Shape, at: str = "") -> Iterator[str]:
    """How the second differs from the first: fields that are missing, that are more, and other types."""
    if isinstance(right, dict) and isinstance(ours, dict):
        for key, value in right.items():
            if key not in ours:
                yield f"{at}.{key} is missing"
            elif not (key in FREE and isinstance(value, dict) and isinstance(ours[key], dict)):
                yield from differences(value, ours[key], f"{at}.{key}")
        yield from (f"{at}.{key} is more" for key in ours if key not in right)
    elif isinstance(right, list) and isinstance(ours, list):
        if right and ours:
            yield from differences(right[0], ours[0], f"{at}[]")
    elif isinstance(right, str) and isinstance(ours, str):
        if new := "|".join(sorted(set(ours.split("|")) - set(right.split("|")))):
            yield f"{at} is {new}, not {right}"
    else:
        yield f"{at} is {_word(ours)}, not {_word(right)}"


def _word(each: Shape) -> str:
    return each if isinstance(each, str) else "a list" if isinstance(each, list) else "an object"

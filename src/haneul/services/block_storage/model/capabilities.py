"""What a back end can do, and whether that is what a volume type asks for: the grammar of upstream's filter."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping

from haneul.services.block_storage.model.volumes import BACK_END

FILE: Mapping[str, str | bool] = {
    "volume_backend_name": BACK_END,
    "vendor_name": "Haneul",
    "driver_version": "1",
    "storage_protocol": "file",
    "thin_provisioning_support": True,
    "multiattach": True,
    "QoS_support": False,
    "replication_enabled": False,
}
"""Of the one kind of back end that there is."""
SCOPE = "capabilities"
_NUMBERS: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
}
_TEXTS: Mapping[str, Callable[[str, str], bool]] = {
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
}
_TRUE = ("t", "true", "1", "on", "y", "yes")


def misses(specs: Mapping[str, str], able: Mapping[str, str | bool] = FILE) -> str | None:
    """The first of the specs that a back end with these capabilities does not meet; None if it meets all.

    A key with another scope than `capabilities` is for somebody else.
    """
    for key, wanted in specs.items():
        scope, colon, name = key.partition(":")
        if colon and scope != SCOPE:
            continue
        value = able.get(name if colon else key)
        if value is None or not _meets(value, wanted):
            return key
    return None


def _meets(value: str | bool, wanted: str) -> bool:
    words = wanted.split()
    if not words:
        return False
    first, rest = words[0], words[1:]
    if first == "<or>":
        return str(value) in [word for word in rest if word != "<or>"]
    if first == "<in>":
        return all(word in str(value) for word in rest)
    if first == "<is>":
        return (str(value).lower() in _TRUE) == (" ".join(rest).lower() in _TRUE)
    if first in _TEXTS:
        return bool(rest) and _TEXTS[first](str(value), rest[0])
    if first in _NUMBERS:
        try:
            return bool(rest) and _NUMBERS[first](float(value), float(rest[0]))
        except ValueError:
            return False
    return str(value) == wanted

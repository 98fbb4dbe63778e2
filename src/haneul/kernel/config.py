"""Sections of the cloud's configuration, as the services' own Structs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def section(config: Mapping[str, Any], name: str, defaults: T) -> T:
    """What the operator says in that section, or the defaults; `msgspec.ValidationError` names what is wrong."""
    given = config.get(name)
    return msgspec.convert(given, type(defaults)) if given else defaults

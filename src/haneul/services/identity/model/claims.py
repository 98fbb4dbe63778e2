"""What an OpenID provider claims of somebody, as the attributes that mapping rules name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

_ODD = re.compile(r"[^A-Z0-9]")


def attributes(claims: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each claim as `OIDC-name` and, as web servers spell headers, `HTTP_OIDC_NAME`.

    Where two claims would have the same name in capitals, neither gets it: nobody shall become somebody
    else by a claim that only looks like another.
    """
    attributes_: dict[str, list[str]] = {}
    capitals = Counter(_in_capitals(name) for name in claims)
    for name, value in claims.items():
        texts = _texts(value)
        if not texts:
            continue
        attributes_[f"OIDC-{name}"] = texts
        if capitals[_in_capitals(name)] == 1:
            attributes_[f"HTTP_OIDC_{_in_capitals(name)}"] = texts
    return attributes_


def _in_capitals(name: str) -> str:
    return _ODD.sub("_", name.upper())


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [_text(each) for each in values if each is not None]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

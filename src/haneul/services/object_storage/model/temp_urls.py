"""Temporary addresses: whoever has one may do with one object, or with those of a prefix, what it was signed for.

The signature is an HMAC by the account's or the container's key, of the method, the time until which it holds, and
the path. Before these may stand the addresses from which it may be used.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

DIGESTS = ("sha1", "sha256", "sha512")
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
KEYS = ("-meta-temp-url-key", "-meta-temp-url-key-2")
_BY_LENGTH = {40: "sha1", 64: "sha256", 128: "sha512"}
_HEXADECIMAL = re.compile("[0-9a-fA-F]+")
NOT_TO_PUT = ("x-object-manifest", "x-symlink-target", "x-copy-from")
"""Headers that would let who has the address read something else by it."""


class Signed(NamedTuple):
    """What an address says beside its path."""

    signature: str
    until: str
    prefix: str | None = None
    network: str | None = None


def until(text: str) -> int | None:
    """The second until which it holds; None if that is no time."""
    if text.isascii() and text.isdecimal() and len(text) <= 12:
        return int(text)
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"):
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp())
        except (ValueError, OverflowError):
            continue
    return None


def digest_of(signature: str) -> tuple[str, bytes] | None:
    """(algorithm, value) of a signature; None if it is none."""
    algorithm, colon, value = signature.partition(":")
    if colon:
        if algorithm not in DIGESTS:
            return None
        try:
            padded = value.replace("-", "+").replace("_", "/")
            return algorithm, base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
        except (binascii.Error, ValueError):
            return None
    if _HEXADECIMAL.fullmatch(signature) is None or len(signature) not in _BY_LENGTH:
        return None
    return _BY_LENGTH[len(signature)], bytes.fromhex(signature)


def is_signed(signed: Signed, method: str, paths: Iterable[str], until_s: int, keys: Sequence[str]) -> bool:
    """Whether one of the keys signed this, for one of the ways to write the path."""
    read = digest_of(signed.signature)
    if read is None:
        return False
    algorithm, value = read
    methods = {"HEAD": ("HEAD", "GET", "PUT", "POST")}.get(method, (method,))
    network = f"ip={signed.network}\n" if signed.network is not None else ""
    is_right = False
    for path in paths:
        signed_path = f"prefix:{path}" if signed.prefix is not None else path
        for verb in methods:
            text = f"{network}{verb}\n{until_s}\n{signed_path}".encode()
            for key in keys:
                is_right |= hmac.compare_digest(hmac.digest(key.encode(), text, algorithm), value)
    return is_right


def is_from(address: str, network: str) -> bool:
    """Whether the address lies in the network, or is the address that is meant."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False

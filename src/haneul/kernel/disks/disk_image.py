"""Where the bytes of an image come from; hypervisors and volume drivers fetch from it."""

from __future__ import annotations

from msgspec import Struct


class ImageSource(Struct, frozen=True, kw_only=True):
    """One immutable image: a local file (`path`), or something to download (`url`, with a `token`).

    What was fetched is used only when size and checksum agree with what is said here.
    """

    format: str = "qcow2"
    path: str | None = None
    url: str | None = None
    token: str | None = None
    checksum: str | None = None
    """Hexadecimal digest; `checksum_algorithm` is any that hashlib knows."""
    checksum_algorithm: str = "sha256"
    size_bytes: int | None = None

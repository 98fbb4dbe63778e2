"""Users and groups of a directory under ids of our own."""

from __future__ import annotations

from hashlib import sha256

import msgspec


class DirectoryId(msgspec.Struct, frozen=True):
    """What is `id` for everybody here is `local_id` in the directory of its domain."""

    id: str
    domain_id: str
    kind: str
    local_id: str


def public_id(domain_id: str, kind: str, local_id: str) -> DirectoryId:
    """The same for the same thing, in every process and after every reinstallation."""
    text = "\0".join((domain_id, kind, local_id))
    return DirectoryId(sha256(text.encode()).hexdigest(), domain_id, kind, local_id)

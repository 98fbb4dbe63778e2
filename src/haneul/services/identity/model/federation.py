"""Who else may say who somebody is, and whom they have said it of; clouds that may be told by us."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

import msgspec


class IdentityProvider(msgspec.Struct, frozen=True):
    """`remote_ids` are the names by which it calls itself (an issuer, an entity id)."""

    id: str
    domain_id: str
    enabled: bool = False
    description: str | None = None
    authorization_ttl: int | None = None
    """Minutes for which the groups of a login count beyond its tokens; None means the usual."""
    remote_ids: list[str] = []


class RemoteId(msgspec.Struct, frozen=True):
    """No two identity providers have the same."""

    remote_id: str
    idp_id: str


class Protocol(msgspec.Struct, frozen=True):
    """A way to log in with an identity provider, and the mapping for what it asserts then."""

    idp_id: str
    id: str
    mapping_id: str
    remote_id_attribute: str | None = None
    """The attribute of an assertion that must be one of the provider's remote ids."""


class ServiceProvider(msgspec.Struct, frozen=True):
    """Another cloud."""

    id: str
    auth_url: str
    sp_url: str
    enabled: bool = False
    description: str | None = None
    relay_state_prefix: str | None = "ss:mem:"


class FederatedUser(msgspec.Struct, frozen=True):
    """A user here is who the provider calls `unique_id`."""

    idp_id: str
    protocol_id: str
    unique_id: str
    user_id: str


class ExpiringMembership(msgspec.Struct, frozen=True):
    """The user is in the group because a provider said so; no longer than until `expires_at`."""

    user_id: str
    group_id: str
    idp_id: str
    verified_at: datetime
    expires_at: datetime


def user_id(idp_id: str, protocol_id: str, unique_id: str) -> str:
    """The id that a user of a provider has here: the same at each login, and nobody else's."""
    parts = msgspec.json.encode([idp_id, protocol_id, unique_id])
    return sha256(parts).hexdigest()

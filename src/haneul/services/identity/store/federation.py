"""Identity providers, protocols, mappings, service providers and the users they bring, stored."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import sqlalchemy as sa

from haneul.kernel.db import Rows
from haneul.services.identity.model.federation import (
    ExpiringMembership,
    FederatedUser,
    IdentityProvider,
    Protocol,
    RemoteId,
    ServiceProvider,
)
from haneul.services.identity.model.mappings import AttributeMapping
from haneul.services.identity.model.saml import UsedAssertion

IDENTITY_PROVIDERS = Rows(IdentityProvider, "identity_identity_providers", indexes=(("domain_id",),))
REMOTE_IDS = Rows(RemoteId, "identity_remote_ids", key=("remote_id",), indexes=(("idp_id",),))
PROTOCOLS = Rows(Protocol, "identity_federation_protocols", key=("idp_id", "id"), indexes=(("mapping_id",),))
MAPPINGS = Rows(AttributeMapping, "identity_mappings")
SERVICE_PROVIDERS = Rows(ServiceProvider, "identity_service_providers", indexes=(("enabled",),))
FEDERATED_USERS = Rows(
    FederatedUser,
    "identity_federated_users",
    key=("idp_id", "protocol_id", "unique_id"),
    indexes=(("user_id",),),
)
EXPIRING_MEMBERSHIPS = Rows(
    ExpiringMembership,
    "identity_expiring_memberships",
    key=("user_id", "group_id", "idp_id"),
    indexes=(("group_id",), ("idp_id",)),
)
USED_ASSERTIONS = Rows(UsedAssertion, "identity_used_assertions", indexes=(("expires_at",),))
NEVER = "Z"
"""After all times."""


def known_as(fields: Mapping[str, str]) -> tuple[str, sa.ColumnElement[bool], dict[str, str]]:
    """A condition on users: a provider knows them by all of these fields."""
    wanted = {
        f"known_{name}": quote(value) if name == "unique_id" else value for name, value in fields.items()
    }
    links = sa.select(FEDERATED_USERS.c.user_id).where(
        *(FEDERATED_USERS.c[name] == sa.bindparam(f"known_{name}", type_=sa.Text) for name in fields)
    )
    return f"known_as/{'/'.join(fields)}", sa.column("id").in_(links), wanted

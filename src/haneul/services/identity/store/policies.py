"""Policies, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.policies import PolicyAssociation, StoredPolicy

POLICIES = Rows(StoredPolicy, "identity_policies")
POLICY_ASSOCIATIONS = Rows(
    PolicyAssociation,
    "identity_policy_associations",
    key=("endpoint_id", "service_id", "region_id"),
    indexes=(("policy_id",),),
)

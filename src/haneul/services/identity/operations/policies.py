"""Policies: kept, and given to endpoints and services."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import NotFound
from haneul.services.identity.model.catalog import Endpoint
from haneul.services.identity.model.policies import (
    PolicyAssociation,
    StoredPolicy,
    endpoints_of,
    policy_of,
)
from haneul.services.identity.store.catalog import ENDPOINTS, REGIONS
from haneul.services.identity.store.policies import POLICIES, POLICY_ASSOCIATIONS


async def create(ctx: Context, policy: StoredPolicy) -> StoredPolicy:
    """The policy is kept; nothing has it yet."""
    return await POLICIES.add(ctx.tx, policy)


async def update(ctx: Context, policy: StoredPolicy) -> StoredPolicy:
    """The policy as changed, for whatever has it."""
    return await POLICIES.update(ctx.tx, policy)


async def remove(ctx: Context, policy: StoredPolicy) -> None:
    """The policy is gone, from whatever it was given to."""
    await POLICY_ASSOCIATIONS.remove(ctx.tx, policy_id=policy.id)
    await POLICIES.remove(ctx.tx, id=policy.id)


async def give(ctx: Context, new: PolicyAssociation) -> None:
    """This policy, and no other, is that of the endpoint or service."""
    await _forget(ctx.tx, new)
    await POLICY_ASSOCIATIONS.add(ctx.tx, new)


async def require_given(ctx: Context, association: PolicyAssociation) -> None:
    """NotFound unless this very policy was given to the endpoint, service or region."""
    stored = await POLICY_ASSOCIATIONS.get(
        ctx.tx, association.endpoint_id, association.service_id, association.region_id
    )
    if stored is None or stored.policy_id != association.policy_id:
        raise NotFound("Could not find policy association.")


async def take(ctx: Context, association: PolicyAssociation) -> None:
    """It is not that one's policy; nothing is wrong if it never was."""
    stored = await POLICY_ASSOCIATIONS.get(
        ctx.tx, association.endpoint_id, association.service_id, association.region_id
    )
    if stored == association:
        await _forget(ctx.tx, association)


async def endpoints(ctx: Context, policy_id: str) -> list[Endpoint]:
    """Those that the policy is given to: themselves, by their service, or by their service in a region."""
    associations = await POLICY_ASSOCIATIONS.find(ctx.tx, policy_id=policy_id)
    return endpoints_of(associations, await ENDPOINTS.page(ctx.tx))


async def of_endpoint(ctx: Context, endpoint: Endpoint) -> StoredPolicy:
    """The policy that is nearest to the endpoint; NotFound if it has none."""
    parents = {region.id: region.parent_region_id for region in await REGIONS.page(ctx.tx)}
    chosen = policy_of(endpoint, await POLICY_ASSOCIATIONS.page(ctx.tx), parents)
    policy = await POLICIES.get(ctx.tx, chosen) if chosen else None
    if policy is None:
        raise NotFound(f"No policy is associated with endpoint {endpoint.id}.")
    return policy


async def _forget(tx: Tx, place: PolicyAssociation) -> None:
    await POLICY_ASSOCIATIONS.remove(
        tx, endpoint_id=place.endpoint_id, service_id=place.service_id, region_id=place.region_id
    )

"""/policies and OS-ENDPOINT-POLICY: texts for services, and whose they are"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.bounds import Document
from haneul.kernel.http.routes import Act, Query, Request, Routes, asking
from haneul.kernel.http.schema import Schema
from haneul.kernel.ids import new_hex
from haneul.kernel.policy import Rule
from haneul.services.identity import errors, policy
from haneul.services.identity.api import catalog_answers
from haneul.services.identity.api.bodies import Text, read, sent
from haneul.services.identity.api.catalog import endpoint_view
from haneul.services.identity.api.lists import links, listing, whole
from haneul.services.identity.errors import ImmutableId
from haneul.services.identity.model.policies import PolicyAssociation, StoredPolicy
from haneul.services.identity.operations import access, policies
from haneul.services.identity.operations.collections import ENDPOINTS, POLICIES, REGIONS, SERVICES

routes = Routes("/v3")

Kind = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^\x00]*$")]


class NewPolicy(Schema):
    type: Kind
    blob: Text


class ChangedPolicy(Schema):
    type: Kind | UnsetType = UNSET
    blob: Text | UnsetType = UNSET


class PolicyBody(Schema):
    policy: Document


def view(ctx: Context, stored: StoredPolicy) -> dict[str, Any]:
    return {
        **stored.extra,
        "id": stored.id,
        "type": stored.type,
        "blob": stored.blob,
        "links": links(ctx, f"policies/{stored.id}"),
    }


@routes.get("/policies", policy=policy.LIST_POLICIES, answer=catalog_answers.Policies, errors=(NotFound,))
async def list_policies(ctx: Context, request: Request, query: Query) -> dict[str, Any]:
    """List policies."""
    ctx.authorize(policy.LIST_POLICIES, {})
    return await listing(ctx, request, query, POLICIES, "policies", view, texts=("type",))


@routes.post("/policies", status=201, policy=policy.CREATE_POLICY, answer=catalog_answers.OnePolicy)
async def create_policy(ctx: Context, body: PolicyBody) -> dict[str, Any]:
    """Create a policy."""
    ctx.authorize(policy.CREATE_POLICY, {})
    new, extra = read(NewPolicy, body.policy, of="policy")
    made = await policies.create(ctx, StoredPolicy(new_hex(), new.type, new.blob, extra))
    return {"policy": view(ctx, made)}


@routes.get(
    "/policies/{policy_id}",
    policy=policy.GET_POLICY,
    answer=catalog_answers.OnePolicy,
    errors=(errors.ThingNotFound,),
)
async def show_policy(ctx: Context, policy_id: str) -> dict[str, Any]:
    """Show a policy."""
    return {"policy": view(ctx, await access.find(ctx, policy.GET_POLICY, POLICIES, policy_id))}


@routes.patch(
    "/policies/{policy_id}",
    policy=policy.UPDATE_POLICY,
    answer=catalog_answers.OnePolicy,
    errors=(
        errors.ThingNotFound,
        errors.ImmutableId,
    ),
)
async def update_policy(ctx: Context, policy_id: str, body: PolicyBody) -> dict[str, Any]:
    """Change a policy."""
    changed, extra = read(ChangedPolicy, body.policy, of="policy", may_be_empty=False)
    policy_ = await access.find(ctx, policy.UPDATE_POLICY, POLICIES, policy_id)
    if extra.pop("id", policy_id) != policy_id:
        raise ImmutableId(kind="policy")
    new = access.changed(policy_, sent(changed), extra)
    return {"policy": view(ctx, await policies.update(ctx, new))}


@routes.delete("/policies/{policy_id}", policy=policy.DELETE_POLICY, errors=(errors.ThingNotFound,))
async def delete_policy(ctx: Context, policy_id: str) -> None:
    """Delete a policy; nothing has it any more."""
    await policies.remove(ctx, await access.find(ctx, policy.DELETE_POLICY, POLICIES, policy_id))


@routes.get(
    "/policies/{policy_id}/OS-ENDPOINT-POLICY/endpoints",
    policy=policy.LIST_ENDPOINTS_FOR_POLICY,
    answer=catalog_answers.Endpoints,
    errors=(errors.ThingNotFound,),
)
async def list_endpoints(ctx: Context, policy_id: str, request: Request) -> dict[str, Any]:
    """List the endpoints that a policy is given to, alone or by their service."""
    policy_ = await access.find(ctx, policy.LIST_ENDPOINTS_FOR_POLICY, POLICIES, policy_id)
    endpoints = await policies.endpoints(ctx, policy_.id)
    return whole(ctx, request, "endpoints", [endpoint_view(ctx, each) for each in endpoints])


@routes.get(
    "/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy",
    policy=policy.GET_POLICY_FOR_ENDPOINT,
    answer=catalog_answers.OnePolicy,
    errors=(NotFound, errors.ThingNotFound),
)
async def show_policy_of_endpoint(ctx: Context, endpoint_id: str) -> dict[str, Any]:
    """Show the policy of an endpoint."""
    endpoint = await access.find(ctx, policy.GET_POLICY_FOR_ENDPOINT, ENDPOINTS, endpoint_id)
    return {"policy": view(ctx, await policies.of_endpoint(ctx, endpoint))}


async def _asked(ctx: Context, rule: Rule, request: Request) -> PolicyAssociation:
    """What the path is about, if all of it exists."""
    ctx.authorize(rule, {})
    words = request.path.split("/v3/policies/", 1)[1].split("/")
    names = dict(zip(words[2::2], words[3::2], strict=False))
    association = PolicyAssociation(
        names.get("endpoints", ""), names.get("services", ""), names.get("regions", ""), words[0]
    )
    await access.exists(ctx, POLICIES, association.policy_id)
    if association.endpoint_id:
        await access.exists(ctx, ENDPOINTS, association.endpoint_id)
    if association.service_id:
        await access.exists(ctx, SERVICES, association.service_id)
    if association.region_id:
        await access.exists(ctx, REGIONS, association.region_id)
    return association


async def give(ctx: Context, rule: Rule, request: Request) -> None:
    """Give a policy."""
    await policies.give(ctx, await _asked(ctx, rule, request))


async def check(ctx: Context, rule: Rule, request: Request) -> None:
    """Whether a policy is given."""
    await policies.require_given(ctx, await _asked(ctx, rule, request))


async def take(ctx: Context, rule: Rule, request: Request) -> None:
    """Take a policy."""
    await policies.take(ctx, await _asked(ctx, rule, request))


_PLACES = {
    "endpoint": "/endpoints/{endpoint_id}",
    "service": "/services/{service_id}",
    "region_and_service": "/services/{service_id}/regions/{region_id}",
}
_VERBS: dict[str, tuple[dict[str, Rule], Act]] = {
    "PUT": (policy.CREATE_POLICY_ASSOCIATION, give),
    "GET": (policy.CHECK_POLICY_ASSOCIATION, check),
    "DELETE": (policy.DELETE_POLICY_ASSOCIATION, take),
}
for _place, _path in _PLACES.items():
    for _method, (_rules, _act) in _VERBS.items():
        _whole = "/policies/{policy_id}/OS-ENDPOINT-POLICY" + _path
        routes.route(
            _method, _whole, status=204, policy=_rules[_place], errors=(NotFound, errors.ThingNotFound)
        )(asking(_rules[_place], _act))

"""Policies: texts that services may fetch, given to endpoints, services, or services in a region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from haneul.services.identity.model.catalog import Endpoint


class StoredPolicy(msgspec.Struct, frozen=True):
    id: str
    type: str
    blob: str
    extra: dict[str, Any] = {}


class PolicyAssociation(msgspec.Struct, frozen=True):
    """The policy of an endpoint, of a service, or of a service in a region; what is not meant is empty."""

    endpoint_id: str
    service_id: str
    region_id: str
    policy_id: str


def endpoints_of(associations: Iterable[PolicyAssociation], endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """The endpoints that any of the associations speaks of."""
    known = list(associations)
    return [each for each in endpoints if any(_speaks_of(one, each) for one in known)]


def _speaks_of(association: PolicyAssociation, endpoint: Endpoint) -> bool:
    if association.endpoint_id:
        return association.endpoint_id == endpoint.id
    in_region = not association.region_id or association.region_id == endpoint.region_id
    return association.service_id == endpoint.service_id and in_region


def policy_of(
    endpoint: Endpoint,
    associations: Iterable[PolicyAssociation],
    parents: Mapping[str, str | None],
) -> str | None:
    """The id of the endpoint's policy: its own, that of its service in its region or above, its service's."""
    known = {(one.endpoint_id, one.service_id, one.region_id): one.policy_id for one in associations}
    places = [(endpoint.id, "", "")]
    region = endpoint.region_id
    while region is not None:
        places.append(("", endpoint.service_id, region))
        region = parents.get(region)
    places.append(("", endpoint.service_id, ""))
    return next((known[place] for place in places if place in known), None)

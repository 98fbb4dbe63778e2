"""/networks"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.services.network import errors
from haneul.services.network.api import answers, checks, visibility
from haneul.services.network.api.collections import serve
from haneul.services.network.api.resource import NOT_GIVEN, Attribute, Extra, Resource, only, shown
from haneul.services.network.api.shapes import ADMIN_STATE_UP, ID, NAME, STANDARD, ZONE_HINTS
from haneul.services.network.model.networks import FIRST_SEGMENT, LAST_SEGMENT, Network
from haneul.services.network.operations import networks
from haneul.services.network.store.networks import NETWORKS

routes = Routes("/v2.0")


def _status(values: list[str]) -> Extra:
    """Every network is ACTIVE."""
    return f"status/{'ACTIVE' in values}", sa.true() if "ACTIVE" in values else sa.false(), {}


async def _default_of_external(ctx: Context, views: list[dict[str, Any]], networks: list[Network]) -> None:
    """As upstream: whether it is the default one is shown of external networks only."""
    for view, network in zip(views, networks, strict=True):
        if not network.is_external:
            view.pop("is_default", None)


NETWORK = Resource(
    "network",
    (
        ID,
        NAME,
        *STANDARD,
        ADMIN_STATE_UP,
        shown("status", show=lambda n: "ACTIVE"),
        shown("subnets", show=lambda n: n.subnet_ids),
        Attribute("shared", checks.truth, field="is_shared", default=False),
        Attribute("router:external", checks.truth, field="is_external", default=False),
        Attribute("is_default", checks.truth, default=False),
        Attribute(
            "port_security_enabled",
            checks.truth,
            field="is_port_security_enabled",
            default=True,
            is_filter=False,
        ),
        Attribute("mtu", checks.integer(0, 65535), default=NOT_GIVEN),
        Attribute(
            "provider:network_type",
            checks.or_none(checks.one_of(*networks.PROVIDER_TYPES)),
            field="network_type",
            default=None,
        ),
        Attribute(
            "provider:physical_network",
            checks.or_none(checks.text(64)),
            field="physical_network",
            default=None,
        ),
        Attribute(
            "provider:segmentation_id",
            checks.integer(FIRST_SEGMENT, LAST_SEGMENT),
            field="segment",
            default=None,
        ),
        Attribute("dns_domain", checks.hostname, default="", spellings=only(str.lower)),
        ZONE_HINTS,
        shown("availability_zones", show=lambda n: ["nova"] if n.subnet_ids else []),
        shown("ipv4_address_scope", show=lambda n: None),
        shown("ipv6_address_scope", show=lambda n: None),
    ),
    NETWORKS,
    errors.NetworkNotFound,
    networks.create,
    networks.update,
    networks.delete,
    visible=visibility.own(
        NETWORKS,
        "network",
        visibility.shared(NETWORKS),
        ("external", NETWORKS.c.is_external.is_(sa.true()), {"router:external": True}),
    ),
    filters={"status": _status},
    complete=_default_of_external,
    shape=answers.Network,
    refusals={
        "create": (errors.OverQuota, errors.SegmentInUse),
        "update": (
            errors.NetworkInUse,
            errors.InvalidSharedSetting,
            errors.SegmentInUse,
            errors.NetworkMTUSubnetConflict,
        ),
        "delete": (errors.NetworkInUse,),
    },
)
serve(routes, NETWORK)

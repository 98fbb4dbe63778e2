"""/networks"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.kernel.http.tables import CHANGES, Attribute, Resource, kinds, only, serve, shown
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.network import errors
from haneul.services.network.api import answers, checks
from haneul.services.network.api.shapes import ADMIN_STATE_UP, ID, NAME, STANDARD, ZONE_HINTS
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import wishes
from haneul.services.network.model.networks import FIRST_SEGMENT, LAST_SEGMENT, Network
from haneul.services.network.operations import networks
from haneul.services.network.operations.collections import NETWORKS

routes = Routes("/v2.0")


def _status(values: list[str]) -> bool:
    """Whether all networks are meant, or none: every one is ACTIVE."""
    return "ACTIVE" in values


async def _default_of_external(ctx: Context, views: list[dict[str, Any]], networks: list[Network]) -> None:
    """As upstream: whether it is the default one is shown of external networks only."""
    for view, network in zip(views, networks, strict=True):
        if not network.is_external:
            view.pop("is_default", None)


NETWORK = Resource(
    WORDS,
    "network",
    (
        ID,
        NAME,
        *STANDARD,
        ADMIN_STATE_UP,
        shown("status", show=lambda n: "ACTIVE"),
        shown("subnets", show=lambda n: n.subnet_ids),
        Attribute("shared", kinds.truth, field="is_shared", ruled=CHANGES),
        Attribute("router:external", kinds.truth, field="is_external", ruled=CHANGES),
        Attribute("is_default", kinds.truth, ruled=CHANGES),
        Attribute(
            "port_security_enabled",
            kinds.truth,
            field="is_port_security_enabled",
            is_filter=False,
            ruled=CHANGES,
        ),
        Attribute("mtu", kinds.integer(0, 65535)),
        Attribute(
            "provider:network_type",
            kinds.or_none(kinds.one_of(*networks.PROVIDER_TYPES)),
            field="network_type",
            ruled=("get", *CHANGES),
        ),
        Attribute(
            "provider:physical_network",
            kinds.or_none(kinds.text(64)),
            field="physical_network",
            ruled=("get", *CHANGES),
        ),
        Attribute(
            "provider:segmentation_id",
            kinds.integer(FIRST_SEGMENT, LAST_SEGMENT),
            field="segment",
            ruled=("get", *CHANGES),
        ),
        Attribute("dns_domain", checks.hostname, spellings=only(str.lower)),
        ZONE_HINTS,
        shown("availability_zones", show=lambda n: [DEFAULT_ZONE] if n.subnet_ids else []),
        shown("ipv4_address_scope", show=lambda n: None),
        shown("ipv6_address_scope", show=lambda n: None),
    ),
    NETWORKS,
    errors.NetworkNotFound,
    wishes.NewNetwork,
    networks.create,
    wishes.NetworkChange,
    networks.update,
    networks.delete,
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

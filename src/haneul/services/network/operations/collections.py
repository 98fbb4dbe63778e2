"""What can be listed and looked up of networks: by whom, and by what beside the fields of the things.

Lists hold one's own, what is shared, what is external, what lies on networks of one's own: as far as the rule of
reading such a thing lets the asker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from haneul.kernel import visibility
from haneul.kernel.collection import Collection
from haneul.kernel.context import Context
from haneul.kernel.db import Condition, Rows
from haneul.kernel.visibility import Way
from haneul.services.network import policy
from haneul.services.network.store import conditions, networks, ports, routers, security_groups
from haneul.services.network.store.conditions import external, on_own_networks, shared

_FOREIGN = {"project_id": "", "network:project_id": "", "shared": False, "router:external": False}


def _seen(kind: str, rows: Rows[Any], *also: Way) -> Callable[[Context], Sequence[Condition]]:
    """What the asker sees of things of that kind."""
    return visibility.own(rows, policy.named(f"get_{kind}"), *also, foreign=_FOREIGN)


NETWORKS = Collection(
    networks.NETWORKS,
    visible=_seen("network", networks.NETWORKS, shared(networks.NETWORKS), external(networks.NETWORKS)),
    by={"status": conditions.all_or_none},
)
SUBNETS = Collection(
    networks.SUBNETS,
    visible=_seen(
        "subnet",
        networks.SUBNETS,
        shared(networks.SUBNETS),
        external(networks.SUBNETS),
        on_own_networks(networks.SUBNETS),
    ),
    by={"shared": conditions.is_shared},
)
SUBNET_POOLS = Collection(
    networks.SUBNET_POOLS, visible=_seen("subnetpool", networks.SUBNET_POOLS, shared(networks.SUBNET_POOLS))
)
ADDRESS_SCOPES = Collection(
    networks.ADDRESS_SCOPES,
    visible=_seen("address_scope", networks.ADDRESS_SCOPES, shared(networks.ADDRESS_SCOPES)),
)
PORTS = Collection(
    ports.PORTS,
    visible=_seen("port", ports.PORTS, on_own_networks(ports.PORTS)),
    by={"fixed_ips": conditions.has_addresses, "security_groups": conditions.in_groups},
)
ROUTERS = Collection(routers.ROUTERS, visible=_seen("router", routers.ROUTERS))
FLOATING_IPS = Collection(routers.FLOATING_IPS, visible=_seen("floatingip", routers.FLOATING_IPS))
SECURITY_GROUPS = Collection(
    security_groups.SECURITY_GROUPS, visible=_seen("security_group", security_groups.SECURITY_GROUPS)
)
RULES = Collection(security_groups.RULES, visible=_seen("security_group_rule", security_groups.RULES))

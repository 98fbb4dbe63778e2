"""/subnets"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes
from haneul.kernel.http.tables import CHANGES, Attribute, Resource, kinds, only, serve, shown
from haneul.kernel.http.tables.resource import truth_of
from haneul.services.network import errors, policy
from haneul.services.network.api import answers, checks
from haneul.services.network.api.shapes import ID, NAME, STANDARD
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import wishes
from haneul.services.network.operations import subnets
from haneul.services.network.operations.collections import NETWORKS, SUBNETS

routes = Routes("/v2.0")

POOL = kinds.mapping({"start": checks.ip, "end": checks.ip})
HOST_ROUTE = kinds.mapping({"destination": checks.subnet, "nexthop": checks.ip})
OWNERS = ("network:", "neutron:", "compute:", "baremetal:")
IPV6_MODE = kinds.or_none(kinds.one_of("dhcpv6-stateful", "dhcpv6-stateless", "slaac"))


def _or_empty(check: kinds.Check) -> kinds.Check:
    """Null is an empty list: clients send it for what they were not told of."""
    return lambda value: check([] if value is None else value)


async def network_target(ctx: Context, fields: dict[str, Any]) -> dict[str, Any]:
    """What policy may ask of the network that a thing lies on.

    One that is to lie on a network that is not there, or that the asker cannot know, is told that it is missing.
    """
    network = await NETWORKS.get(ctx, fields.get("network_id") or "")
    if network is None:
        seen = {"project_id": "", "shared": False, "router:external": False}
    else:
        shared, external = network.is_shared, network.is_external
        seen = {"project_id": network.project_id, "shared": shared, "router:external": external}
    if "id" not in fields and not (network and ctx.may(policy.named("get_network"), seen)):
        raise errors.NetworkNotFound(id=fields.get("network_id"))
    owner = seen.pop("project_id")
    return {"network:project_id": owner, "network:tenant_id": owner, **seen}


def _service_type(value: Any) -> str:
    """The owners of ports that may have an address here, as ports name them."""
    if not isinstance(value, str) or len(value) > 255 or "\x00" in value:
        raise errors.InvalidInputSubnetServiceType(service_type=value)
    if not value.startswith(OWNERS):
        raise errors.InvalidSubnetServiceType(service_type=value)
    return value


def ip_version(value: Any) -> int:
    """4 or 6, also as text: templates and forms write numbers so."""
    try:
        number = int(value) if isinstance(value, (str, int)) else None
    except ValueError:
        number = None
    if number is None:
        raise errors.InvalidOperation(reason=f"'{str(value)[:40]}' is not an integer")
    if number not in (4, 6):
        raise ValueError(f"{number} is not in valid_values")
    return number


def _shared(values: list[str]) -> bool:
    """Whether those of shared networks are meant, or others."""
    return truth_of(WORDS, values[-1])


def _cidr_spellings(text: str) -> list[str]:
    try:
        return [checks.subnet(text)]
    except ValueError as problem:
        raise errors.InvalidInput(attribute="cidr", reason=str(problem)) from None


SUBNET = Resource(
    WORDS,
    "subnet",
    (
        ID,
        NAME,
        *STANDARD,
        Attribute("network_id", kinds.uuid),
        Attribute("ip_version", ip_version),
        Attribute("cidr", kinds.or_none(checks.subnet), spellings=_cidr_spellings),
        Attribute("prefixlen", kinds.integer(0, 128), is_shown=False),
        Attribute("gateway_ip", kinds.or_none(checks.ip), spellings=only(checks.ip)),
        Attribute("allocation_pools", _or_empty(kinds.list_of(POOL, most=256)), is_stored=False),
        Attribute(
            "dns_nameservers",
            _or_empty(kinds.list_of(checks.ip, unique=True)),
            is_stored=False,
        ),
        Attribute("host_routes", _or_empty(kinds.list_of(HOST_ROUTE, unique=True)), is_stored=False),
        Attribute("enable_dhcp", kinds.truth, field="is_dhcp_enabled"),
        Attribute("ipv6_address_mode", IPV6_MODE),
        Attribute("ipv6_ra_mode", IPV6_MODE),
        Attribute("subnetpool_id", kinds.or_none(kinds.uuid)),
        Attribute("service_types", kinds.list_of(_service_type), is_stored=False, ruled=CHANGES),
        shown("router:external", "is_external"),
    ),
    SUBNETS,
    errors.SubnetNotFound,
    wishes.NewSubnet,
    subnets.create,
    wishes.SubnetChange,
    subnets.update,
    subnets.delete,
    target=network_target,
    filters={"shared": _shared},
    shape=answers.Subnet,
    refusals={
        "create": (
            errors.NetworkNotFound,
            errors.NetworkMTUSubnetConflict,
            errors.OverQuota,
            errors.NetworkSubnetPoolAffinityError,
            errors.InvalidSubnetServiceType,
            errors.InvalidInputSubnetServiceType,
            errors.BadSubnetRequest,
            errors.NetworkSubnetPoolAffinityError,
            errors.SubnetPoolNotFound,
            errors.SubnetPoolQuotaExceeded,
            errors.SubnetAllocationError,
            errors.DNSNameServersExhausted,
            errors.HostRoutesExhausted,
            errors.InvalidAllocationPool,
            errors.OutOfBoundsAllocationPool,
            errors.OverlappingAllocationPools,
            errors.GatewayConflictWithAllocationPools,
        ),
        "update": (
            errors.InvalidSubnetServiceType,
            errors.InvalidInputSubnetServiceType,
            errors.GatewayIpInUse,
            errors.DNSNameServersExhausted,
            errors.HostRoutesExhausted,
            errors.InvalidAllocationPool,
            errors.OutOfBoundsAllocationPool,
            errors.OverlappingAllocationPools,
            errors.GatewayConflictWithAllocationPools,
        ),
        "delete": (errors.SubnetInUse,),
    },
)
serve(routes, SUBNET)

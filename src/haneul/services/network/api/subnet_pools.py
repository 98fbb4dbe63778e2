"""/subnetpools and /address-scopes"""

from __future__ import annotations

from haneul.kernel.http import Routes
from haneul.services.network import errors
from haneul.services.network.api import answers, checks, visibility
from haneul.services.network.api.collections import serve
from haneul.services.network.api.resource import Attribute, Resource, shown
from haneul.services.network.api.shapes import ID, NAME, STANDARD
from haneul.services.network.api.subnets import ip_version
from haneul.services.network.operations import subnet_pools
from haneul.services.network.store.networks import ADDRESS_SCOPES, SUBNET_POOLS

routes = Routes("/v2.0")

LENGTH = checks.integer(0, 128)


def _length(name: str) -> Attribute:
    """A number that upstream shows as text."""
    return Attribute(name, LENGTH, default=None, show=lambda pool: str(getattr(pool, name)))


SUBNET_POOL = Resource(
    "subnetpool",
    (
        ID,
        Attribute("name", checks.not_blank(checks.NAME)),
        *STANDARD,
        Attribute("prefixes", checks.list_of(checks.subnet, most=1000), is_stored=False),
        shown("ip_version"),
        _length("default_prefixlen"),
        _length("min_prefixlen"),
        _length("max_prefixlen"),
        Attribute("default_quota", checks.integer(0), default=None),
        Attribute("address_scope_id", checks.or_none(checks.uuid), default=None),
        Attribute("shared", checks.truth, field="is_shared", put=False, default=False),
        Attribute("is_default", checks.truth, default=False),
    ),
    SUBNET_POOLS,
    errors.SubnetPoolNotFound,
    subnet_pools.create,
    subnet_pools.update,
    subnet_pools.delete,
    visible=visibility.own(SUBNET_POOLS, "subnetpool", visibility.shared(SUBNET_POOLS)),
    shape=answers.SubnetPool,
    refusals={
        "create": (errors.OverQuota, errors.AddressScopeNotFound),
        "update": (errors.AddressScopeNotFound,),
        "delete": (errors.SubnetPoolInUse,),
    },
)
serve(routes, SUBNET_POOL)

ADDRESS_SCOPE = Resource(
    "address_scope",
    (
        ID,
        NAME,
        Attribute("ip_version", ip_version, put=False),
        Attribute("shared", checks.truth, field="is_shared", default=False),
    ),
    ADDRESS_SCOPES,
    errors.AddressScopeNotFound,
    subnet_pools.create_scope,
    subnet_pools.update_scope,
    subnet_pools.delete_scope,
    visible=visibility.own(ADDRESS_SCOPES, "address_scope", visibility.shared(ADDRESS_SCOPES)),
    shape=answers.AddressScope,
    refusals={
        "create": (errors.OverQuota,),
        "delete": (errors.AddressScopeInUse,),
    },
)
serve(routes, ADDRESS_SCOPE)

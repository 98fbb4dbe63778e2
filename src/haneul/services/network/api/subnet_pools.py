"""/subnetpools and /address-scopes"""

from __future__ import annotations

from haneul.kernel.http import Routes
from haneul.kernel.http.tables import CHANGES, Attribute, Resource, kinds, serve, shown
from haneul.services.network import errors
from haneul.services.network.api import answers, checks
from haneul.services.network.api.shapes import ID, NAME, STANDARD
from haneul.services.network.api.subnets import ip_version
from haneul.services.network.api.words import WORDS
from haneul.services.network.model import wishes
from haneul.services.network.operations import subnet_pools
from haneul.services.network.operations.collections import ADDRESS_SCOPES, SUBNET_POOLS

routes = Routes("/v2.0")

LENGTH = kinds.integer(0, 128)


def _length(name: str) -> Attribute:
    """A number that upstream shows as text."""
    return Attribute(name, LENGTH, show=lambda pool: str(getattr(pool, name)))


SUBNET_POOL = Resource(
    WORDS,
    "subnetpool",
    (
        ID,
        Attribute("name", kinds.not_blank(kinds.NAME)),
        *STANDARD,
        Attribute("prefixes", kinds.list_of(checks.subnet, most=1000), is_stored=False),
        shown("ip_version"),
        _length("default_prefixlen"),
        _length("min_prefixlen"),
        _length("max_prefixlen"),
        Attribute("default_quota", kinds.integer(0)),
        Attribute("address_scope_id", kinds.or_none(kinds.uuid)),
        Attribute("shared", kinds.truth, field="is_shared", ruled=("create",)),
        Attribute("is_default", kinds.truth, ruled=CHANGES),
    ),
    SUBNET_POOLS,
    errors.SubnetPoolNotFound,
    wishes.NewSubnetPool,
    subnet_pools.create,
    wishes.SubnetPoolChange,
    subnet_pools.update,
    subnet_pools.delete,
    shape=answers.SubnetPool,
    refusals={
        "create": (errors.OverQuota, errors.AddressScopeNotFound),
        "update": (errors.AddressScopeNotFound,),
        "delete": (errors.SubnetPoolInUse,),
    },
)
serve(routes, SUBNET_POOL)

ADDRESS_SCOPE = Resource(
    WORDS,
    "address_scope",
    (
        ID,
        NAME,
        Attribute("ip_version", ip_version),
        Attribute("shared", kinds.truth, field="is_shared", ruled=CHANGES),
    ),
    ADDRESS_SCOPES,
    errors.AddressScopeNotFound,
    wishes.NewAddressScope,
    subnet_pools.create_scope,
    wishes.AddressScopeChange,
    subnet_pools.update_scope,
    subnet_pools.delete_scope,
    shape=answers.AddressScope,
    refusals={
        "create": (errors.OverQuota,),
        "delete": (errors.AddressScopeInUse,),
    },
)
serve(routes, ADDRESS_SCOPE)

"""The network service's section of the cloud's configuration. Names and defaults are Neutron's where it has them."""

from __future__ import annotations

from typing import Annotated

import msgspec

from haneul.kernel.config import Section

Most = Annotated[int, msgspec.Meta(ge=0)]


class NetworkOptions(Section, frozen=True):
    """Read from the section `network`: how much of what no quota counts there may be."""

    max_dns_nameservers: Most = 5
    """Of a subnet."""
    max_subnet_host_routes: Most = 20
    """Of a router."""
    max_allowed_address_pair: Most = 10
    """Of a port."""
    max_fixed_ips_per_port: Most = 5
    pagination_max_limit: Annotated[int, msgspec.Meta(ge=1)] = 1000
    """Things on a page; who asks for more, or for all, gets a link to the next page, as clients know it."""
    max_address_scopes: Most = 100
    """Of a project."""
    max_subnet_pools: Most = 1000
    """Of a project whose quota says that it may have any number."""

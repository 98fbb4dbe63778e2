"""Arithmetic of addresses, and what a host is told: pure, so tried with many values."""

from __future__ import annotations

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from haneul.services.network.model import addresses
from haneul.services.network.model.host_view import GroupMembers, rule_spec
from haneul.services.network.model.security_groups import Rule

RANGES = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 40)), max_size=4)


@given(RANGES, st.sets(st.integers(0, 350)), st.integers(0, 350))
def test_the_first_free_address_is_the_lowest_that_is_free(
    spans: list[tuple[int, int]], taken: set[int], start: int
) -> None:
    pools: list[tuple[int, int]] = []
    for low, length in sorted(spans):
        if not pools or low > pools[-1][1]:
            pools.append((low, low + length))
    used = sorted(t for t in taken if t >= start)
    free = [n for low, high in pools for n in range(low, high + 1) if n >= start and n not in taken]
    assert addresses.first_free(pools, used, start) == (free[0] if free else None)


@given(st.integers(0, 2**32 - 1), st.integers(8, 30), st.booleans())
def test_default_pools_hold_everything_but_the_gateway(number: int, length: int, has_gateway: bool) -> None:
    network = ipaddress.IPv4Network((number, length), strict=False)
    gateway = addresses.default_gateway(network) if has_gateway else None
    pools = addresses.default_pools(network, gateway)
    addresses.check_pools(network, pools)
    addresses.check_gateway(gateway, pools)
    assert addresses.size(addresses.ranges(pools)) == network.num_addresses - 2 - has_gateway


def test_a_rule_that_names_a_group_holds_its_members_of_the_same_version() -> None:
    rule = Rule(
        "r", "p", "g", "ingress", "IPv6", "icmp", None, None, None, "other", None, "", False, None, "", "", ""
    )
    spec = rule_spec(rule, GroupMembers({"other": ["10.0.0.3", "fd00::3", "fd00:1::/64"]}))
    assert spec.protocol == "icmpv6"
    assert spec.remote_addresses == ["fd00:1::/64", "fd00::3"]
    assert rule_spec(rule, GroupMembers({})).remote_addresses == []

"""What people reported of other clouds: `docs/reports.md` says who, and what is right."""

from __future__ import annotations

import pytest

from tests.services.network.control_plane.conftest import BASE, Neutron


async def test_a_router_stays_where_its_routes_lead_through(member: Neutron) -> None:
    _, subnet = await member.network()
    router = (await member.make("router", name="r"))["id"]
    path = f"/routers/{router}/remove_router_interface"
    assert await member.refused("PUT", path, {"subnet_id": subnet}) == (
        404,
        "RouterInterfaceNotFoundForSubnet",
    )
    await member.act(router, "add_router_interface", subnet_id=subnet)
    await member.change("router", router, routes=[{"destination": "10.9.0.0/24", "nexthop": "10.0.0.9"}])
    assert await member.refused("PUT", path, {"subnet_id": subnet}) == (409, "RouterInterfaceInUseByRoute")


@pytest.mark.parametrize("change", [{"ip_version": 4}, {"cidr": "10.0.0.0/24"}])
async def test_what_a_subnet_was_made_with_is_no_longer_written(
    member: Neutron, change: dict[str, object]
) -> None:
    _, subnet = await member.network()
    answer = await member.who.put(f"{BASE}/subnets/{subnet}", {"subnet": change})
    assert (answer.status_code, "read-only" in answer.text) == (400, True), answer.text


async def test_without_port_security_a_port_has_neither_groups_nor_address_pairs(member: Neutron) -> None:
    network, _ = await member.network()
    group = (await member.make("security_group", name="g"))["id"]
    open_port = {"network_id": network, "port_security_enabled": False}
    named = {"port": {**open_port, "security_groups": [group]}}
    assert await member.refused("POST", "/ports", named) == (
        400,
        "PortSecurityAndIPRequiredForSecurityGroups",
    )
    paired = {"port": {**open_port, "allowed_address_pairs": [{"ip_address": "10.0.0.77"}]}}
    assert await member.refused("POST", "/ports", paired) == (409, "AddressPairAndPortSecurityRequired")


async def test_tags_are_replaced_by_a_list_which_may_be_empty(member: Neutron) -> None:
    network, _ = await member.network()
    path = f"/networks/{network}/tags"
    for tags in (["a"], []):
        answer = await member.who.put(BASE + path, {"tags": tags})
        assert (answer.status_code, answer.json()["tags"]) == (200, tags)
    for tags in (None, ["x" * 256]):
        assert await member.refused("PUT", path, {"tags": tags}) == (400, "InvalidInput")


async def test_all_subnets_of_a_network_are_of_one_pool(member: Neutron) -> None:
    pools = [
        (await member.make("subnetpool", name="p", prefixes=[prefix], default_prefixlen=26))
        for prefix in ("10.8.0.0/16", "10.9.0.0/16")
    ]
    assert [p["default_prefixlen"] for p in pools] == ["26", "26"]  # upstream shows it as text
    network = (await member.make("network"))["id"]
    of_one = {"network_id": network, "ip_version": 4, "subnetpool_id": pools[0]["id"]}
    for _ in range(2):
        await member.make("subnet", **of_one)
    for other in (
        {**of_one, "subnetpool_id": pools[1]["id"]},
        {"network_id": network, "ip_version": 4, "cidr": "10.1.0.0/24"},
    ):
        refusal = await member.refused("POST", "/subnets", {"subnet": other})
        assert refusal == (400, "NetworkSubnetPoolAffinityError")
    await member.make("subnet", network_id=network, ip_version=6, cidr="fd01::/64")


async def test_a_page_that_is_not_full_names_the_one_before(member: Neutron) -> None:
    """Upstream's rule, by which Horizon draws its buttons: even the first page has one before it."""
    await member.make("network", name="n")
    answer = (await member.who.get(f"{BASE}/networks?limit=21")).json()
    (link,) = answer["networks_links"]
    assert link["rel"] == "previous"
    assert (await member.who.get(link["href"])).json()["networks"] == []

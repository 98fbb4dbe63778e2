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


async def test_only_administrators_ask_for_routers_that_stand_by(member: Neutron, admin: Neutron) -> None:
    router = (await member.make("router", name="r"))["id"]
    wanted = {"router": {"ha": True}}
    for method, path in (("POST", "/routers"), ("PUT", f"/routers/{router}")):
        assert await member.refused(method, path, wanted) == (403, "PolicyNotAuthorized")
        assert await admin.refused(method, path, wanted) == (409, "HANotEnoughAvailableAgents")


async def test_each_router_has_as_many_routes_as_its_projects_quota_says(
    member: Neutron, admin: Neutron
) -> None:
    network, subnet = await member.network()
    first, second = [(await member.make("router", name="r"))["id"] for _ in range(2)]
    await member.act(first, "add_router_interface", subnet_id=subnet)
    port = (await member.make("port", network_id=network))["id"]
    await member.act(second, "add_router_interface", port_id=port)
    routes = [{"destination": f"10.{n}.0.0/24", "nexthop": "10.0.0.99"} for n in range(50, 53)]
    quotas = f"{BASE}/quotas/{member.auth.project_id}"
    assert (await member.who.get(f"{quotas}/default")).json()["quota"]["router_route"] == 30
    assert (await admin.who.put(quotas, {"quota": {"router_route": 2}})).status_code == 200
    too_many = {"router": {"routes": routes}}
    for method, path in (("PUT", f"/routers/{first}"), ("PUT", f"/routers/{first}/add_extraroutes")):
        assert await member.refused(method, path, too_many) == (409, "OverQuota")
    for router in (first, second):  # each has its own
        await member.change("router", router, routes=routes[:2])
    assert (await admin.who.put(quotas, {"quota": {"router_route": -1}})).status_code == 200
    many = [{"destination": f"10.60.{n}.0/24", "nexthop": "10.0.0.99"} for n in range(100)]
    assert len((await member.change("router", first, routes=many))["routes"]) == 100


async def test_addresses_of_ipv6_are_counted_to_the_last(member: Neutron, admin: Neutron) -> None:
    network, _ = await member.network()
    for n in (1, 2):
        await member.make("subnet", network_id=network, cidr=f"fd00:{n}::/64", ip_version=6)
    answer = await admin.who.get(f"{BASE}/network-ip-availabilities/{network}")
    told = answer.json()["network_ip_availability"]
    each = [s["total_ips"] for s in told["subnet_ip_availability"]]
    assert told["total_ips"] == sum(each) > 2**65 - 2**16
    assert all(isinstance(n, int) for n in each)


async def test_packets_of_a_network_are_long_enough_for_its_subnets(member: Neutron) -> None:
    network = (await member.make("network", mtu=1279))["id"]
    v6 = {"network_id": network, "ip_version": 6, "cidr": "2001:db8::/64"}
    short = (409, "NetworkMTUSubnetConflict")
    assert await member.refused("POST", "/subnets", {"subnet": v6}) == short
    await member.make("subnet", network_id=network, ip_version=4, cidr="10.0.0.0/24")
    assert await member.refused("PUT", f"/networks/{network}", {"network": {"mtu": 67}}) == short
    await member.change("network", network, mtu=1280)
    await member.make("subnet", **v6)
    assert await member.refused("PUT", f"/networks/{network}", {"network": {"mtu": 1279}}) == short
    assert (await member.show("network", network))["mtu"] == 1280


@pytest.mark.parametrize("mac", ["00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF"])
async def test_a_port_is_one_machines(member: Neutron, mac: str) -> None:
    network, _ = await member.network()
    wrong = {"port": {"network_id": network, "mac_address": mac}}
    assert await member.refused("POST", "/ports", wrong) == (400, "HTTPBadRequest")
    pair = {
        "port": {
            "network_id": network,
            "allowed_address_pairs": [{"ip_address": "10.0.0.9", "mac_address": mac}],
        }
    }
    assert (await member.refused("POST", "/ports", pair))[0] == 400


async def test_a_floating_address_leads_to_one_address_that_is_named_where_there_are_several(
    member: Neutron, admin: Neutron
) -> None:
    outside, _ = await admin.network("203.0.113.0/24", router__external=True)
    network, subnet = await member.network()
    router = (await member.make("router", external_gateway_info={"network_id": outside}))["id"]
    await member.act(router, "add_router_interface", subnet_id=subnet)
    port = await member.make("port", network_id=network, fixed_ips=[{"subnet_id": subnet}] * 2)
    wanted = {"floating_network_id": outside, "port_id": port["id"]}
    assert await member.refused("POST", "/floatingips", {"floatingip": wanted}) == (400, "BadRequest")
    named = {**wanted, "fixed_ip_address": port["fixed_ips"][1]["ip_address"]}
    await member.make("floatingip", **named)
    assert await member.refused("POST", "/floatingips", {"floatingip": named}) == (
        409,
        "FloatingIPPortAlreadyAssociated",
    )


async def test_whether_a_gateway_hides_addresses_is_said_by_administrators_only(
    member: Neutron, admin: Neutron
) -> None:
    outside, _ = await admin.network("203.0.113.0/24", router__external=True)
    gateway = {"network_id": outside}
    hiding = {"router": {"name": "r", "external_gateway_info": {**gateway, "enable_snat": True}}}
    assert await member.refused("POST", "/routers", hiding) == (403, "PolicyNotAuthorized")
    made = await member.make("router", external_gateway_info=gateway)
    assert made["external_gateway_info"]["enable_snat"] is True


async def test_a_range_and_its_length_are_not_said_together(member: Neutron) -> None:
    pool = (await member.make("subnetpool", name="p", prefixes=["10.8.0.0/16"], default_prefixlen=24))["id"]
    network = (await member.make("network"))["id"]
    new = {"network_id": network, "ip_version": 4}
    both = {"cidr": "10.8.9.0/25", "prefixlen": 25}
    for wish in (both, both | {"subnetpool_id": pool}, {"prefixlen": 25}):
        assert await member.refused("POST", "/subnets", {"subnet": new | wish}) == (400, "BadRequest")
    made = await member.make("subnet", **new, subnetpool_id=pool, cidr="10.8.9.0/25")
    assert made["cidr"] == "10.8.9.0/25"


async def test_what_the_network_says_of_a_port_is_not_written_by_its_owner(member: Neutron) -> None:
    network, _ = await member.network()
    port = await member.make("port", network_id=network)
    for name in (
        "id",
        "network_id",
        "status",
        "tenant_id",
        "created_at",
        "updated_at",
        "revision_number",
        "tags",
    ):
        answer = await member.who.put(f"{BASE}/ports/{port['id']}", {"port": {name: port[name]}})
        assert answer.status_code == 400, answer.text
        assert f"Cannot update read-only attribute {name}" in answer.text
    assert await member.change("port", port["id"]) == port
    assert (await member.change("port", port["id"], fixed_ips=[]))["fixed_ips"] == []

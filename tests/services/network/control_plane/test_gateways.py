"""A subnet's gateway: any port may have its address, and it may lie outside of the subnet."""

from __future__ import annotations

import pytest

from tests.services.network.control_plane.conftest import Neutron


async def test_a_router_is_made_of_a_port_at_the_gateways_address(member: Neutron) -> None:
    network, subnet = await member.network()
    at = [{"subnet_id": subnet, "ip_address": "10.0.0.1"}]
    port = await member.make("port", network_id=network, fixed_ips=at)
    router = (await member.make("router", name="r"))["id"]
    added = await member.act(router, "add_router_interface", port_id=port["id"])
    assert (added["port_id"], added["subnet_ids"]) == (port["id"], [subnet])
    leg = await member.show("port", port["id"])
    assert (leg["device_id"], leg["device_owner"]) == (router, "network:router_interface")
    assert leg["fixed_ips"] == at
    refusal = await member.refused("PUT", f"/subnets/{subnet}", {"subnet": {"gateway_ip": None}})
    assert refusal == (409, "GatewayIpInUse")


async def test_a_router_gets_no_address_that_somebody_has(member: Neutron) -> None:
    network, subnet = await member.network()
    await member.make("port", network_id=network, fixed_ips=[{"ip_address": "10.0.0.1"}])
    router = (await member.make("router", name="r"))["id"]
    path = f"/routers/{router}/add_router_interface"
    assert await member.refused("PUT", path, {"subnet_id": subnet}) == (409, "IpAddressAlreadyAllocated")


async def test_a_port_moves_to_the_gateways_address(member: Neutron) -> None:
    network, subnet = await member.network()
    port = await member.make("port", network_id=network)
    at = [{"subnet_id": subnet, "ip_address": "10.0.0.1"}]
    assert (await member.change("port", port["id"], fixed_ips=at))["fixed_ips"] == at


async def test_no_port_gets_the_gateways_address_unasked(member: Neutron) -> None:
    network = (await member.make("network"))["id"]
    await member.make("subnet", network_id=network, cidr="10.0.0.0/29", ip_version=4, enable_dhcp=False)
    ports = [await member.make("port", network_id=network) for _ in range(5)]
    assert "10.0.0.1" not in [p["fixed_ips"][0]["ip_address"] for p in ports]


@pytest.mark.parametrize(
    ("cidr", "version", "gateway"),
    [("10.6.0.0/24", 4, "192.168.77.1"), ("fd00:66::/64", 6, "fd00:7::1"), ("fd00:66::/64", 6, "fe80::1")],
)
async def test_a_gateway_may_lie_outside_of_its_subnet(
    member: Neutron, cidr: str, version: int, gateway: str
) -> None:
    network = (await member.make("network"))["id"]
    subnet = await member.make(
        "subnet", network_id=network, cidr=cidr, ip_version=version, gateway_ip=gateway
    )
    assert subnet["gateway_ip"] == gateway
    assert len(subnet["allocation_pools"]) == 1
    router = (await member.make("router", name="r"))["id"]
    path = f"/routers/{router}/add_router_interface"
    assert await member.refused("PUT", path, {"subnet_id": subnet["id"]}) == (400, "InvalidIpForSubnet")


async def test_a_gateway_moves_out_of_its_subnet(member: Neutron) -> None:
    _, subnet = await member.network()
    assert (await member.change("subnet", subnet, gateway_ip="192.168.1.1"))["gateway_ip"] == "192.168.1.1"


@pytest.mark.parametrize(("text", "cidr"), [("4", "10.9.0.0/24"), ("6", "fd00:9::/64")])
async def test_the_version_of_a_subnet_may_be_text(member: Neutron, text: str, cidr: str) -> None:
    network = (await member.make("network"))["id"]
    subnet = await member.make("subnet", network_id=network, cidr=cidr, ip_version=text)
    assert subnet["ip_version"] == int(text)


@pytest.mark.parametrize("nothing", [None, []])
async def test_a_subnet_without_pools_is_made_by_a_change_only(
    member: Neutron, nothing: list[str] | None
) -> None:
    network = (await member.make("network"))["id"]
    lists = dict.fromkeys(("allocation_pools", "dns_nameservers", "host_routes"), nothing)
    subnet = await member.make("subnet", network_id=network, cidr="10.3.0.0/24", ip_version=4, **lists)
    assert subnet["allocation_pools"] == [{"start": "10.3.0.2", "end": "10.3.0.254"}]
    assert (subnet["dns_nameservers"], subnet["host_routes"]) == ([], [])
    assert (await member.change("subnet", subnet["id"], allocation_pools=nothing))["allocation_pools"] == []
    refusal = await member.refused("POST", "/ports", {"port": {"network_id": network}})
    assert refusal == (409, "IpAddressGenerationFailure")
    at = [{"subnet_id": subnet["id"], "ip_address": "10.3.0.9"}]
    assert (await member.make("port", network_id=network, fixed_ips=at))["fixed_ips"] == at


async def test_all_ipv6_subnets_of_a_network_are_on_one_port_of_a_router(member: Neutron) -> None:
    network = (await member.make("network"))["id"]
    version_6 = {"network_id": network, "ip_version": 6}
    one = (await member.make("subnet", cidr="fd01::/64", gateway_ip="fd01::1", **version_6))["id"]
    other = (await member.make("subnet", cidr="fd02::/64", gateway_ip="fd02::1", **version_6))["id"]
    version_4 = (await member.make("subnet", network_id=network, cidr="10.0.0.0/24", ip_version=4))["id"]
    router = (await member.make("router", name="r"))["id"]
    port = (await member.act(router, "add_router_interface", subnet_id=one))["port_id"]
    added = await member.act(router, "add_router_interface", subnet_id=other)
    assert (added["port_id"], added["subnet_id"], added["subnet_ids"]) == (port, other, [other])
    apart = await member.act(router, "add_router_interface", subnet_id=version_4)
    assert apart["port_id"] != port
    addresses = {f["subnet_id"]: f["ip_address"] for f in (await member.show("port", port))["fixed_ips"]}
    assert addresses == {one: "fd01::", other: "fd02::"}
    removed = await member.act(router, "remove_router_interface", subnet_id=one)
    assert (removed["port_id"], removed["subnet_ids"]) == (port, [one])
    assert [f["subnet_id"] for f in (await member.show("port", port))["fixed_ips"]] == [other]
    await member.act(router, "remove_router_interface", subnet_id=other)
    assert await member.refused("GET", f"/ports/{port}") == (404, "PortNotFound")

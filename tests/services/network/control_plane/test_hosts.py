"""What reaches the hosts: ports of servers, rules, routers, floating addresses."""

from __future__ import annotations

import msgspec
import pytest

from haneul.services.network import public as network
from haneul.services.network.errors import PortInUse
from haneul.services.network.public import RequestedNic
from haneul.services.network.reconcilers.lost_routers import move_lost_routers
from haneul.services.network.reconcilers.stray_networks import compare_hosts
from haneul.services.placement import public as placement
from tests.conftest import Cloud
from tests.services.network.control_plane.conftest import Hosts, Neutron

SERVER = "5e57e700-0000-4000-8000-000000000001"


async def boot(cloud: Cloud, network_id: str, host: str, server: str = SERVER) -> list[network.WiredPort]:
    """The member's server has a port on that network, wired on that host."""
    platform = cloud.platform
    async with platform.context(cloud.member.auth) as ctx:
        await network.prepare_ports(ctx, server, [RequestedNic(network_id=network_id)], [], "nova")
    async with platform.context() as ctx:
        await network.bind_ports(ctx, server, host)
    async with platform.context() as ctx:
        return await network.wire_ports(ctx, server, host)


async def outside(admin: Neutron) -> str:
    made = await admin.make("network", router__external=True, provider__network_type="flat",
                            provider__physical_network="physnet1")  # fmt: skip
    await admin.make("subnet", network_id=made["id"], cidr="192.0.2.0/24", ip_version=4, enable_dhcp=False)
    return str(made["id"])


async def test_a_servers_port_is_wired_and_goes_with_the_server(
    cloud: Cloud, member: Neutron, hosts: Hosts
) -> None:
    blue, _ = await member.network(name="blue")
    (wired,) = await boot(cloud, blue, "h1")
    world = hosts.networks["h1"]
    assert world.networks[blue].subnets[0].dhcp_address == "10.0.0.2"
    assert world.ports[wired.port_id].mac == wired.mac
    assert {r.direction for r in world.ports[wired.port_id].rules} == {"ingress", "egress"}
    assert wired.mtu == 1450
    assert (await member.show("port", wired.port_id))["status"] == "ACTIVE"
    async with cloud.platform.reading() as ctx:
        (address,) = (await network.addresses(ctx, [SERVER]))[SERVER]
        assert (address.network_name, address.ip, address.kind) == ("blue", "10.0.0.3", "fixed")
        assert await network.security_groups(ctx, [SERVER]) == {SERVER: ["default"]}
        assert await network.find_servers_by_ip(ctx, "0.0.3") == [SERVER]
    async with cloud.platform.context() as ctx:
        await network.unwire_ports(ctx, SERVER, "h1")
    assert world.ports == {}
    for _ in range(2):
        async with cloud.platform.context() as ctx:
            await network.unbind_ports(ctx, SERVER)
            await network.release_ports(ctx, SERVER)
    await hosts.told()
    assert world.networks == {}
    assert await member.list("port", f"device_id={SERVER}") == []


async def test_a_port_that_was_given_is_given_back(cloud: Cloud, member: Neutron, hosts: Hosts) -> None:
    blue, _ = await member.network()
    port = await member.make("port", network_id=blue)
    given = [RequestedNic(port_id=port["id"])]
    async with cloud.platform.context(cloud.member.auth) as ctx:
        await network.prepare_ports(ctx, SERVER, given, [], "nova")
    with pytest.raises(PortInUse):
        async with cloud.platform.context(cloud.member.auth) as ctx:
            await network.validate(ctx, given)
    async with cloud.platform.context() as ctx:
        await network.release_ports(ctx, SERVER)
    free = await member.show("port", port["id"])
    assert (free["device_id"], free["device_owner"]) == ("", "")


async def test_a_rule_reaches_the_ports_of_its_group(cloud: Cloud, member: Neutron, hosts: Hosts) -> None:
    blue, _ = await member.network()
    (wired,) = await boot(cloud, blue, "h1")
    group = (await member.show("port", wired.port_id))["security_groups"][0]
    rule = await member.make(
        "security_group_rule", security_group_id=group, direction="ingress", protocol="tcp",
        port_range_min=22,
        port_range_max=22,
    )  # fmt: skip
    await hosts.told()
    spec = hosts.networks["h1"].ports[wired.port_id]
    assert [(r.protocol, r.port_min) for r in spec.rules if r.protocol] == [("tcp", 22)]
    (other,) = await boot(cloud, blue, "h2", SERVER[:-1] + "2")
    await hosts.told()
    members = [
        r.remote_addresses for r in hosts.networks["h1"].ports[wired.port_id].rules if r.remote_addresses
    ]
    assert members == [["10.0.0.3", "10.0.0.4"]]
    await member.remove("security_group_rule", rule["id"])
    await hosts.told()
    assert not [r for r in hosts.networks["h2"].ports[other.port_id].rules if r.protocol]


async def test_a_floating_address_leads_in_and_keeps_what_it_needs(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    blue, subnet = await member.network()
    ext = await outside(admin)
    (wired,) = await boot(cloud, blue, "h1")
    floating = await member.make("floatingip", floating_network_id=ext)
    assert (floating["floating_ip_address"], floating["status"]) == ("192.0.2.2", "DOWN")
    lead = {"floatingip": {"port_id": wired.port_id}}
    path = f"/floatingips/{floating['id']}"
    assert await member.refused("PUT", path, lead) == (404, "ExternalGatewayForFloatingIPNotFound")
    router = (await member.make("router", external_gateway_info={"network_id": ext}))["id"]
    joined = await member.act(router, "add_router_interface", subnet_id=subnet)
    assert joined["subnet_ids"] == [subnet]
    await member.change("floatingip", floating["id"], port_id=wired.port_id)
    await hosts.told()
    spec = hosts.networks["h1"].routers[router]
    assert [(f.floating, f.fixed) for f in spec.floating_ips] == [("192.0.2.2", "10.0.0.3")]
    assert spec.interfaces[0].addresses[0].ip == "10.0.0.1"
    assert spec.gateway is not None
    assert spec.gateway.gateway_ips == ["192.0.2.1"]
    assert (await member.show("floatingip", floating["id"]))["status"] == "ACTIVE"
    async with cloud.platform.reading() as ctx:
        kinds = [(a.ip, a.kind) for a in (await network.addresses(ctx, [SERVER]))[SERVER]]
    assert kinds == [("10.0.0.3", "fixed"), ("192.0.2.2", "floating")]

    body = {"subnet_id": subnet}
    refused = await member.refused("PUT", f"/routers/{router}/remove_router_interface", body)
    assert refused == (409, "RouterInterfaceInUseByFloatingIP")
    clear = {"router": {"external_gateway_info": {}}}
    assert await member.refused("PUT", f"/routers/{router}", clear) == (
        409,
        "RouterExternalGatewayInUseByFloatingIp",
    )
    assert await member.refused("DELETE", f"/routers/{router}") == (409, "RouterInUse")
    await member.change("floatingip", floating["id"], port_id=None)
    await member.act(router, "remove_router_interface", subnet_id=subnet)
    await hosts.told()
    assert hosts.networks["h1"].routers[router].floating_ips == []
    await member.remove("router", router)
    await member.remove("floatingip", floating["id"])
    await hosts.told()
    assert hosts.networks["h1"].routers == {}
    assert set(hosts.networks["h1"].networks) == {blue}


async def test_a_host_that_fails_is_told_later(cloud: Cloud, member: Neutron, hosts: Hosts) -> None:
    blue, subnet = await member.network()
    await boot(cloud, blue, "h1")
    await hosts.told()
    hosts.networks["h1"].failures["ensure_network"] = 1
    await member.change("subnet", subnet, dns_nameservers=["9.9.9.9"])
    await hosts.told()
    await hosts.told()
    assert hosts.networks["h1"].networks[blue].subnets[0].dns_nameservers == ["9.9.9.9"]


async def test_what_nobody_wants_is_found_and_what_was_lost_is_made_again(
    cloud: Cloud, member: Neutron, hosts: Hosts
) -> None:
    blue, _ = await member.network()
    (wired,) = await boot(cloud, blue, "h1")
    await hosts.told()
    there = hosts.networks["h1"]
    await hosts.networks["h2"].ensure_network(there.networks[blue])
    await hosts.networks["h2"].ensure_port(there.ports[wired.port_id])
    await there.ensure_network_gone(blue)
    await hosts.compared()
    assert set(there.ports) == {wired.port_id}
    assert hosts.networks["h2"].networks == {}
    assert hosts.networks["h2"].ports == {}


async def routed(admin: Neutron, member: Neutron, cloud: Cloud, hosts: Hosts) -> str:
    """A router on h1 that joins a network there to the outside."""
    blue, subnet = await member.network()
    await boot(cloud, blue, "h1")
    ext = await outside(admin)
    router = (await member.make("router", external_gateway_info={"network_id": ext}))["id"]
    await member.act(router, "add_router_interface", subnet_id=subnet)
    await hosts.told()
    assert router in hosts.networks["h1"].routers
    return router


async def test_a_router_leaves_a_host_that_is_lost(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    router = await routed(admin, member, cloud, hosts)
    async with cloud.platform.context() as ctx:
        h1 = await placement.host(ctx, "h1")
        assert h1 is not None
        await placement.save_host(ctx, msgspec.structs.replace(h1, is_forced_down=True))
    await cloud.plane.reconcilers.look(move_lost_routers)
    await hosts.told()
    assert [name for name, at in hosts.networks.items() if router in at.routers and name != "h1"] == ["h2"]
    async with cloud.platform.context() as ctx:  # it comes back, and still has what it had
        h1 = await placement.host(ctx, "h1")
        assert h1 is not None
        await placement.save_host(ctx, msgspec.structs.replace(h1, is_forced_down=False))
    await hosts.told()
    assert [name for name, at in hosts.networks.items() if router in at.routers] == ["h2"]


async def test_a_host_that_was_off_gets_its_networks_back_at_once(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    router = await routed(admin, member, cloud, hosts)
    await cloud.plane.reconcilers.stop()  # from here on nothing is looked at but by us
    await hosts.restart("h1")
    assert hosts.networks["h1"].routers == {}
    await cloud.plane.reconcilers.look(compare_hosts)
    assert router in hosts.networks["h1"].routers
    assert hosts.networks["h1"].networks


async def test_what_is_down_or_unfiltered_is_so_on_its_host(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    blue, subnet = await member.network()
    ext = await outside(admin)
    (wired,) = await boot(cloud, blue, "h1")
    router = (await member.make("router", external_gateway_info={"network_id": ext}))["id"]
    await member.act(router, "add_router_interface", subnet_id=subnet)
    await hosts.told()
    assert hosts.networks["h1"].routers[router].is_up
    await member.change("router", router, admin_state_up=False)
    open_ = {"port_security_enabled": False, "security_groups": []}
    await member.change("port", wired.port_id, admin_state_up=False, **open_)
    await hosts.told()
    assert not hosts.networks["h1"].routers[router].is_up
    port = hosts.networks["h1"].ports[wired.port_id]
    assert (port.is_up, port.is_secured) == (False, False)


async def test_a_floating_address_leads_to_the_address_that_was_named(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    blue, subnet = await member.network()
    ext = await outside(admin)
    (wired,) = await boot(cloud, blue, "h1")
    more = [{"subnet_id": subnet, "ip_address": ip} for ip in ("10.0.0.3", "10.0.0.30")]
    await member.change("port", wired.port_id, fixed_ips=more)
    router = (await member.make("router", external_gateway_info={"network_id": ext}))["id"]
    await member.act(router, "add_router_interface", subnet_id=subnet)
    wish = {"floating_network_id": ext, "port_id": wired.port_id, "fixed_ip_address": "10.0.0.30"}
    floating = await member.make("floatingip", **wish)
    assert floating["fixed_ip_address"] == "10.0.0.30"


async def test_a_subnet_of_a_pool_is_as_long_as_the_pool_allows(member: Neutron) -> None:
    lengths = {"min_prefixlen": 24, "default_prefixlen": 26, "max_prefixlen": 27}
    pool = (await member.make("subnetpool", name="p", prefixes=["10.8.0.0/16"], **lengths))["id"]
    network = (await member.make("network"))["id"]
    for length, wanted in ((24, True), (27, True), (23, False), (28, False)):
        body = {"network_id": network, "subnetpool_id": pool, "ip_version": 4, "prefixlen": length}
        if wanted:
            assert (await member.make("subnet", **body))["cidr"].endswith(f"/{length}")
        else:
            assert (await member.refused("POST", "/subnets", {"subnet": body}))[0] == 400


async def test_a_network_has_the_segment_that_was_asked_for(admin: Neutron) -> None:
    where = {"provider__network_type": "vlan", "provider__physical_network": "physnet1"}
    made = await admin.make("network", **where, provider__segmentation_id=77)
    assert made["provider:segmentation_id"] == 77
    second = {"network": {k.replace("__", ":"): v for k, v in where.items()}}
    second["network"]["provider:segmentation_id"] = 77  # type: ignore[assignment]
    assert (await admin.refused("POST", "/networks", second))[0] == 409

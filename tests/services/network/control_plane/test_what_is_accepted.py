"""What a body may ask for is done, or refused as upstream refuses it where it cannot be."""

from __future__ import annotations

import pytest

from haneul.services.network import errors
from haneul.services.network import public as network
from haneul.services.network.public import RequestedNic
from tests.conftest import Cloud
from tests.services.network.control_plane.conftest import BASE, Hosts, Neutron
from tests.services.network.control_plane.test_hosts import SERVER, boot

CIDR = "10.7.0.0/24"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("ha", 409, "Not enough l3 agents"), ("distributed", 400, "Unrecognized attribute(s) 'distributed'")],
)
async def test_a_router_that_no_host_can_be_is_refused(
    cloud: Cloud, name: str, status: int, words: str
) -> None:
    assert (
        await cloud.member.post(f"{BASE}/routers", {"router": {"name": "r", name: True}})
    ).status_code in (403, status)
    answer = await cloud.admin.post(f"{BASE}/routers", {"router": {"name": "r", name: True}})
    assert answer.status_code == status, answer.text
    assert words in answer.json()["NeutronError"]["message"]
    made = await cloud.admin.post(f"{BASE}/routers", {"router": {"name": "r", name: False}})
    assert made.json()["router"][name] is False
    path = f"{BASE}/routers/{made.json()['router']['id']}"
    assert (await cloud.admin.put(path, {"router": {name: True}})).status_code == status
    assert (await cloud.admin.put(path, {"router": {name: False}})).status_code == 200
    assert (await cloud.admin.get(path)).json()["router"][name] is False


async def test_a_subnet_gives_addresses_only_to_the_ports_that_it_serves(
    cloud: Cloud, admin: Neutron, member: Neutron
) -> None:
    net, plain = await member.network()
    served = await admin.make(
        "subnet", network_id=net, cidr=CIDR, ip_version=4, service_types=["compute:nova", "network:test"]
    )
    assert served["service_types"] == ["compute:nova", "network:test"]
    port = await member.make("port", network_id=net)
    assert [f["subnet_id"] for f in port["fixed_ips"]] == [plain]
    of_server = await member.make("port", network_id=net, device_owner="compute:nova")
    assert [f["subnet_id"] for f in of_server["fixed_ips"]] == [served["id"]]
    for fixed in ({"subnet_id": served["id"]}, {"ip_address": "10.7.0.9"}):
        body = {"port": {"network_id": net, "fixed_ips": [fixed]}}
        assert (await cloud.member.post(f"{BASE}/ports", body)).status_code == 400
    await admin.change("subnet", plain, service_types=["compute:foo"])
    answer = await cloud.member.post(f"{BASE}/ports", {"port": {"network_id": net}})
    assert answer.status_code == 409, answer.text
    assert answer.json()["NeutronError"]["type"] == "IpAddressGenerationFailureNoMatchingSubnet"
    await admin.change("subnet", served["id"], service_types=[])
    port = await member.make("port", network_id=net)
    assert [f["subnet_id"] for f in port["fixed_ips"]] == [served["id"]]


async def test_a_servers_nic_is_on_the_subnet_for_servers(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    net, _ = await member.network()
    await admin.make("subnet", network_id=net, cidr=CIDR, ip_version=4, service_types=["compute:nova"])
    (wired,) = await boot(cloud, net, "h1")
    port = await member.show("port", wired.port_id)
    assert port["fixed_ips"][0]["ip_address"].startswith("10.7.0.")


@pytest.mark.parametrize("types", [["nonsense"], [7], ["network:a", None]])
async def test_a_service_type_that_no_port_has_is_refused(
    cloud: Cloud, member: Neutron, types: object
) -> None:
    net, subnet = await member.network()
    body = {"subnet": {"network_id": net, "cidr": CIDR, "ip_version": 4, "service_types": types}}
    assert (await cloud.admin.post(f"{BASE}/subnets", body)).status_code == 400
    answer = await cloud.admin.put(f"{BASE}/subnets/{subnet}", {"subnet": {"service_types": types}})
    assert answer.status_code == 400
    assert (await member.show("subnet", subnet))["service_types"] == []


async def test_a_nic_that_no_host_can_make_is_not_bound(
    cloud: Cloud, admin: Neutron, member: Neutron, hosts: Hosts
) -> None:
    host = "h1"
    net, _ = await member.network()
    port = await member.make("port", network_id=net, binding__vnic_type="direct")
    assert (await admin.show("port", port["id"]))["binding:vif_type"] == "unbound"
    bound = await admin.change("port", port["id"], binding__host_id=host)
    assert (bound["binding:vif_type"], bound["binding:vif_details"]) == ("binding_failed", {})
    answer = await cloud.member.put(f"{BASE}/ports/{port['id']}", {"port": {"binding:vnic_type": "normal"}})
    assert answer.status_code == 409, answer.text
    await admin.change("port", port["id"], binding__host_id="")
    async with cloud.platform.context(cloud.member.auth) as ctx:
        await network.prepare_ports(ctx, SERVER, [RequestedNic(port_id=port["id"])], [], "nova")
    with pytest.raises(errors.PortBindingFailed):
        async with cloud.platform.context() as ctx:
            await network.bind_ports(ctx, SERVER, host)
    await member.change("port", port["id"], binding__vnic_type="normal")
    async with cloud.platform.context() as ctx:
        await network.bind_ports(ctx, SERVER, host)
    assert (await admin.show("port", port["id"]))["binding:vif_type"] == "ovs"


async def test_a_stateless_group_is_so_on_the_host(cloud: Cloud, member: Neutron, hosts: Hosts) -> None:
    group = await member.make("security_group", name="quick", stateful=False)
    net, _ = await member.network()
    (wired,) = await boot(cloud, net, "h1")
    assert hosts.networks["h1"].ports[wired.port_id].is_stateful
    await member.change("port", wired.port_id, security_groups=[group["id"]])
    await hosts.told()
    assert not hosts.networks["h1"].ports[wired.port_id].is_stateful
    other = await member.make("security_group", name="careful")
    body = {"port": {"security_groups": [group["id"], other["id"]]}}
    answer = await cloud.member.put(f"{BASE}/ports/{wired.port_id}", body)
    assert answer.status_code == 409, answer.text
    assert answer.json()["NeutronError"]["type"] == "SecurityGroupConflict"
    answer = await cloud.member.put(
        f"{BASE}/security-groups/{group['id']}", {"security_group": {"stateful": True}}
    )
    assert answer.status_code == 409


async def test_members_see_the_subnets_of_external_networks_as_an_extension_says(
    member: Neutron, admin: Neutron
) -> None:
    outside, subnet = await admin.network("203.0.113.0/24", router__external=True)
    aliases = {e["alias"] for e in (await member.who.get(f"{BASE}/extensions")).json()["extensions"]}
    assert "subnet-external-network" in aliases
    assert [s["id"] for s in await member.list("subnet", f"network_id={outside}")] == [subnet]
    assert (await member.show("subnet", subnet))["router:external"] is True
    router = (await member.make("router", name="r"))["id"]
    path = f"/routers/{router}/add_router_interface"
    assert await member.refused("PUT", path, {"subnet_id": subnet}) == (400, "BadRequest")
    _, hidden = await admin.network("10.1.0.0/24")
    assert await member.refused("PUT", path, {"subnet_id": hidden}) == (404, "SubnetNotFound")


async def test_null_is_what_one_gets_anyway_where_a_rule_guards_more(member: Neutron, admin: Neutron) -> None:
    network, _ = await member.network()
    other = {"network_id": network, "cidr": "10.5.0.0/24", "ip_version": 4}
    assert (await member.make("subnet", **other, service_types=None))["service_types"] == []
    assert (await member.make("network", shared="false"))["shared"] is False
    assert await member.refused("POST", "/networks", {"network": {"shared": "true"}}) == (
        403,
        "PolicyNotAuthorized",
    )
    for word in ("ha", "distributed"):
        for value in (None, "true", "false"):
            refusal = await member.refused("POST", "/routers", {"router": {word: value}})
            assert refusal == (403, "PolicyNotAuthorized"), (word, value)
        made = await admin.make("router", **{word: None})
        assert made[word] is False
        assert (await admin.change("router", made["id"], **{word: None}))[word] is False
    assert await admin.refused("POST", "/routers", {"router": {"distributed": True}}) == (
        400,
        "HTTPBadRequest",
    )


async def test_a_subnet_says_whether_its_network_is_external(admin: Neutron) -> None:
    net, subnet = await admin.network()
    assert (await admin.show("subnet", subnet))["router:external"] is False
    await admin.change("network", net, router__external=True)
    assert (await admin.show("subnet", subnet))["router:external"] is True
    assert subnet in [s["id"] for s in await admin.list("subnet", "router:external=True")]
    assert subnet not in [s["id"] for s in await admin.list("subnet", "router:external=False")]


async def test_a_floating_address_is_of_the_subnet_that_was_named(admin: Neutron, member: Neutron) -> None:
    net = await admin.make("network", router__external=True)
    for cidr in ("192.0.2.0/24", "198.51.100.0/24"):
        subnet = await admin.make("subnet", network_id=net["id"], cidr=cidr, ip_version=4)
        floating = await member.make("floatingip", floating_network_id=net["id"], subnet_id=subnet["id"])
        assert floating["floating_ip_address"].startswith(cidr.removesuffix("0/24"))

"""What a port's owner writes on it changes nobody's machine, router or addresses but by the system's doors."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.compute import public as compute
from haneul.services.compute.operations import verification
from haneul.services.compute.reconcilers.lost_interfaces import detach_lost_ports
from tests.security.two_tenants import COMPUTE, NETWORK, Tenants, make
from tests.services.compute.world import V


async def port_of(t: Tenants, server_id: str) -> str:
    answer = await t.cloud.admin.get(f"{COMPUTE}/servers/{server_id}/os-interface", version=V)
    (interface,) = answer.json()["interfaceAttachments"]
    return str(interface["port_id"])


async def own_server(t: Tenants) -> str:
    return await t.w.create(t.alt, networks=[{"uuid": t.network}])


USER_DATA = "/openstack/latest/user_data"


async def host_of(t: Tenants, port_id: str) -> str:
    shown = await t.cloud.admin.get(f"{NETWORK}/ports/{port_id}")
    return str(shown.json()["port"]["binding:host_id"])


async def read_at(t: Tenants, port_id: str, path: str = USER_DATA) -> bytes:
    _, _, content = await compute.metadata(t.cloud.platform, await host_of(t, port_id), port_id, path)
    return content


async def nics(t: Tenants, server_id: str) -> list[str]:
    return [n.port_id for n in (await t.machine(server_id)).nics]


async def test_a_ports_label_does_not_lead_to_anothers_metadata(t: Tenants) -> None:
    victim = await t.w.create(user_data="c2VjcmV0")
    mine = await own_server(t)
    port = await port_of(t, mine)
    label = {"port": {"device_id": victim}}
    answer = await t.alt.put(f"{NETWORK}/ports/{port}", label)
    assert (answer.status_code, answer.json()["port"]["device_id"]) == (200, victim)
    assert b"secret" not in await read_at(t, port)
    assert mine in (await read_at(t, port, "/openstack/latest/meta_data.json")).decode()
    assert await read_at(t, await port_of(t, victim)) == b"secret"
    assert await nics(t, mine) == [port]


async def test_a_host_reads_the_metadata_of_its_own_ports_only(t: Tenants) -> None:
    """What its agent says of a port is not believed: the binding is what we wrote."""
    victim = await t.w.create(user_data="c2VjcmV0")
    port = await port_of(t, victim)
    host = await host_of(t, port)
    label = {"port": {"binding:host_id": "elsewhere"}}
    assert (await t.cloud.member.put(f"{NETWORK}/ports/{port}", label)).status_code == 403
    answers = {
        each: await compute.metadata(t.cloud.platform, each, port, USER_DATA) for each in t.cloud.hosts
    }
    assert {each for each, (status, *_) in answers.items() if status == 200} == {host}
    assert answers[host][2] == b"secret"
    assert {status for each, (status, *_) in answers.items() if each != host} == {404}


@pytest.mark.parametrize("again", ["restart", "shelve", "rebuild"])
async def test_a_label_puts_no_interface_into_anothers_machine(t: Tenants, again: str) -> None:
    victim = await t.w.create()
    own = await port_of(t, victim)
    label = {"network_id": t.network, "device_id": victim, "device_owner": "compute:nova"}
    port = (await make(t.alt, f"{NETWORK}/ports", port=label))["id"]
    if again == "shelve":
        await t.rebooted(victim)
    elif again == "rebuild":
        assert await t.w.act(victim, {"rebuild": {"imageRef": t.w.image}}) == 202
    else:
        assert await t.w.act(victim, {"reboot": {"type": "HARD"}}) == 202
    await t.cloud.settled()
    assert await nics(t, victim) == [own]
    shown = await t.victim.get(f"{COMPUTE}/servers/{victim}/os-interface", version=V)
    assert [i["port_id"] for i in shown.json()["interfaceAttachments"]] == [own]
    assert list((await t.w.show(victim))["addresses"]) == ["n"]
    assert (await t.alt.delete(f"{NETWORK}/ports/{port}")).status_code == 403  # so says the label
    assert (await t.alt.put(f"{NETWORK}/ports/{port}", {"port": {"device_owner": ""}})).status_code == 200
    assert (await t.alt.delete(f"{NETWORK}/ports/{port}")).status_code == 204
    await t.cloud.settled()
    assert await nics(t, victim) == [own]
    assert (await t.victim.delete(f"{COMPUTE}/servers/{victim}")).status_code == 204


async def outside(t: Tenants) -> str:
    wish = {"router:external": True, "provider:network_type": "flat", "provider:physical_network": "physnet1"}
    network = (await make(t.cloud.admin, f"{NETWORK}/networks", network=wish))["id"]
    subnet = {"network_id": network, "cidr": "192.0.2.0/24", "ip_version": 4, "enable_dhcp": False}
    await make(t.cloud.admin, f"{NETWORK}/subnets", subnet=subnet)
    return str(network)


async def test_nobody_gets_a_leg_on_anothers_router_by_a_label(t: Tenants) -> None:
    gateway = {"network_id": await outside(t)}
    router = (await make(t.victim, f"{NETWORK}/routers", router={"external_gateway_info": gateway}))["id"]
    label = {"device_id": router, "device_owner": "network:router_interface"}
    answer = await t.alt.post(f"{NETWORK}/ports", {"port": {"network_id": t.network, **label}})
    kind = answer.json()["NeutronError"]["type"]
    assert (answer.status_code, kind) == (409, "DeviceIDNotOwnedByTenant")
    port = (await make(t.alt, f"{NETWORK}/ports", port={"network_id": t.network}))["id"]
    answer = await t.alt.put(f"{NETWORK}/ports/{port}", {"port": label})
    assert answer.status_code == 409, answer.text
    assert (await t.alt.put(f"{NETWORK}/ports/{port}", {"port": {"device_id": router}})).status_code == 200
    answer = await t.alt.put(f"{NETWORK}/ports/{port}", {"port": {"device_owner": label["device_owner"]}})
    assert answer.status_code == 409, answer.text


async def test_a_label_of_ones_own_router_is_no_leg_and_no_way_out(t: Tenants) -> None:
    external = await outside(t)
    wish = {"external_gateway_info": {"network_id": external}}
    router = (await make(t.alt, f"{NETWORK}/routers", router=wish))["id"]
    label = {"device_id": router, "device_owner": "network:router_interface"}
    false = (await make(t.alt, f"{NETWORK}/ports", port={"network_id": t.network, **label}))["id"]
    port = await port_of(t, await own_server(t))
    wish = {"floating_network_id": external, "port_id": port}
    answer = await t.alt.post(f"{NETWORK}/floatingips", {"floatingip": wish})
    assert answer.json()["NeutronError"]["type"] == "ExternalGatewayForFloatingIPNotFound"
    assert (await t.alt.delete(f"{NETWORK}/ports/{false}")).status_code == 204
    assert (await t.alt.delete(f"{NETWORK}/routers/{router}")).status_code == 204


async def test_only_who_owns_the_network_labels_ports_as_its_own(t: Tenants) -> None:
    shared = (await make(t.cloud.admin, f"{NETWORK}/networks", network={"shared": True}))["id"]
    port = (await make(t.alt, f"{NETWORK}/ports", port={"network_id": shared}))["id"]
    for owner in ("network:dhcp", "network:router_interface", "network:floatingip"):
        label = {"device_owner": owner}
        answer = await t.alt.post(f"{NETWORK}/ports", {"port": {"network_id": shared, **label}})
        assert answer.status_code == 403, answer.text
        answer = await t.alt.put(f"{NETWORK}/ports/{port}", {"port": label})
        assert answer.status_code == 403, answer.text
    assert (
        await t.alt.put(f"{NETWORK}/ports/{port}", {"port": {"device_owner": "baremetal:x"}})
    ).status_code == 200


async def test_a_leg_is_given_back_by_its_router_only(t: Tenants) -> None:
    router = (await make(t.alt, f"{NETWORK}/routers", router={}))["id"]
    joined = await t.alt.put(f"{NETWORK}/routers/{router}/add_router_interface", {"subnet_id": t.subnet})
    leg = f"{NETWORK}/ports/{joined.json()['port_id']}"
    for label in ({"device_id": ""}, {"device_owner": ""}, {"device_owner": "compute:nova"}):
        assert (await t.alt.put(leg, {"port": label})).status_code == 400
    answer = await t.alt.delete(leg)
    assert (answer.status_code, answer.json()["NeutronError"]["type"]) == (409, "ServicePortInUse")
    assert (await t.alt.delete(f"{NETWORK}/routers/{router}")).status_code == 409


async def test_a_port_without_its_label_is_still_its_servers(t: Tenants) -> None:
    mine = await own_server(t)
    other = await own_server(t)
    port = await port_of(t, mine)
    label = {"port": {"device_id": "", "device_owner": ""}}
    assert (await t.alt.put(f"{NETWORK}/ports/{port}", label)).status_code == 200
    body = {"interfaceAttachment": {"port_id": port}}
    answer = await t.alt.post(f"{COMPUTE}/servers/{other}/os-interface", body, version=V)
    assert answer.status_code == 409, answer.text
    router = (await make(t.alt, f"{NETWORK}/routers", router={}))["id"]
    answer = await t.alt.put(f"{NETWORK}/routers/{router}/add_router_interface", {"port_id": port})
    assert answer.status_code == 409, answer.text
    assert await port_of(t, mine) == port


async def test_a_servers_port_that_is_deleted_leaves_its_machine(t: Tenants) -> None:
    mine = await own_server(t)
    port = await port_of(t, mine)
    assert (await t.alt.delete(f"{NETWORK}/ports/{port}")).status_code == 403
    assert (await t.cloud.admin.delete(f"{NETWORK}/ports/{port}")).status_code == 204
    assert (await t.alt.get(f"{NETWORK}/ports/{port}")).status_code == 404
    await t.cloud.plane.reconcilers.look(detach_lost_ports)
    await t.cloud.settled()
    assert await nics(t, mine) == []
    answer = await t.alt.get(f"{COMPUTE}/servers/{mine}/os-interface", version=V)
    assert answer.json()["interfaceAttachments"] == []
    assert (await t.w.show(mine))["status"] == "ACTIVE"
    async with t.cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None


async def test_an_administrator_gives_no_server_the_port_of_another_project(t: Tenants) -> None:
    mine = await own_server(t)
    port = (await make(t.victim, f"{NETWORK}/ports", port={"network_id": t.w.network}))["id"]
    body: dict[str, Any] = {"interfaceAttachment": {"port_id": port}}
    answer = await t.cloud.admin.post(f"{COMPUTE}/servers/{mine}/os-interface", body, version=V)
    assert answer.status_code == 400, answer.text
    body = {"interfaceAttachment": {"net_id": t.network}}
    answer = await t.cloud.admin.post(f"{COMPUTE}/servers/{mine}/os-interface", body, version=V)
    assert answer.status_code == 200, answer.text
    made = await t.cloud.admin.get(f"{NETWORK}/ports/{answer.json()['interfaceAttachment']['port_id']}")
    assert made.json()["port"]["project_id"] == t.alt.auth.project_id


async def shared_network(t: Tenants) -> tuple[str, str]:
    """A network of the victim's project that everybody may use, and its subnet; no port has its gateway's address."""
    owner = t.victim.auth.project_id
    network = await make(t.cloud.admin, f"{NETWORK}/networks", network={"shared": True, "project_id": owner})
    wish = {"network_id": network["id"], "cidr": "10.75.0.0/24", "ip_version": 4, "project_id": owner}
    subnet = await make(t.cloud.admin, f"{NETWORK}/subnets", subnet=wish)
    return network["id"], subnet["id"]


async def addresses_on(t: Tenants, network: str) -> set[str]:
    answer = await t.cloud.admin.get(f"{NETWORK}/ports?network_id={network}")
    return {fixed["ip_address"] for port in answer.json()["ports"] for fixed in port["fixed_ips"]}


async def test_no_router_of_others_takes_the_gateways_address_of_a_shared_network(t: Tenants) -> None:
    network, subnet = await shared_network(t)
    router = (await make(t.alt, f"{NETWORK}/routers", router={}))["id"]
    answer = await t.alt.put(f"{NETWORK}/routers/{router}/add_router_interface", {"subnet_id": subnet})
    assert (answer.status_code, answer.json()["NeutronError"]["type"]) == (400, "BadRequest"), answer.text
    assert "10.75.0.1" not in await addresses_on(t, network)
    port = (await make(t.alt, f"{NETWORK}/ports", port={"network_id": network}))["id"]
    answer = await t.alt.put(f"{NETWORK}/routers/{router}/add_router_interface", {"port_id": port})
    assert answer.status_code == 200, answer.text
    router = (await make(t.victim, f"{NETWORK}/routers", router={}))["id"]
    answer = await t.victim.put(f"{NETWORK}/routers/{router}/add_router_interface", {"subnet_id": subnet})
    assert answer.status_code == 200, answer.text
    assert "10.75.0.1" in await addresses_on(t, network)


@pytest.mark.parametrize("address", ["10.75.0.1", "10.75.0.50"])
async def test_a_server_chooses_no_address_on_a_network_of_others(t: Tenants, address: str) -> None:
    network, _ = await shared_network(t)
    mine = await own_server(t)
    wish = {
        "name": "thief", "flavorRef": t.w.flavor, "imageRef": t.w.image,
        "networks": [{"uuid": network, "fixed_ip": address}],
    }  # fmt: skip
    answer = await t.alt.post(f"{COMPUTE}/servers", {"server": wish}, version=V)
    assert answer.status_code == 403, answer.text
    nic = {"net_id": network, "fixed_ips": [{"ip_address": address}]}
    answer = await t.alt.post(
        f"{COMPUTE}/servers/{mine}/os-interface", {"interfaceAttachment": nic}, version=V
    )
    assert answer.status_code == 403, answer.text
    assert address not in await addresses_on(t, network)
    owned = await t.w.create(networks=[{"uuid": network, "fixed_ip": address}])
    assert await port_of(t, owned)
    assert address in await addresses_on(t, network)
    given = await t.w.create(t.alt, networks=[{"uuid": network}])
    assert await port_of(t, given)

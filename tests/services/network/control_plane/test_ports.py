"""Ports over HTTP: addresses, uniqueness, quota, filters, bad input."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from haneul.kernel.db.sqlite import SqliteDatabase
from tests.conftest import Cloud
from tests.services.network.control_plane.conftest import BASE, Neutron

NOWHERE = "11111111-1111-4111-8111-111111111111"


async def test_a_port_lives(member: Neutron) -> None:
    network, subnet = await member.network()
    port = await member.make("port", network_id=network, name="p", device_id="d1")
    assert port["fixed_ips"] == [{"subnet_id": subnet, "ip_address": "10.0.0.3"}]
    assert port["mac_address"].startswith("fa:16:3e:")
    assert port["status"] == "DOWN"
    assert "binding:host_id" not in port
    default = next(g for g in await member.list("security_group") if g["name"] == "default")
    assert port["security_groups"] == [default["id"]]
    changed = await member.change(
        "port",
        port["id"],
        fixed_ips=[{"subnet_id": subnet, "ip_address": "10.0.0.50"}, {"ip_address": "10.0.0.3"}],
    )
    assert sorted(f["ip_address"] for f in changed["fixed_ips"]) == ["10.0.0.3", "10.0.0.50"]
    for query in (
        "device_id=d1",
        "fixed_ips=ip_address%3D10.0.0.50",
        f"security_groups={default['id']}",
        "name=p",
    ):
        assert [p["id"] for p in await member.list("port", query)] == [port["id"]], query
    assert await member.list("port", "fixed_ips=ip_address%3D10.0.0.51") == []
    await member.remove("port", port["id"])
    again = await member.make("port", network_id=network)
    assert again["fixed_ips"][0]["ip_address"] == "10.0.0.3"


@pytest.mark.contended
async def test_two_hundred_ports_at_once_have_two_hundred_addresses(cloud: Cloud, member: Neutron) -> None:
    network, _ = await member.network("10.3.0.0/16")
    made = await asyncio.gather(
        *(cloud.member.post(f"{BASE}/ports", {"port": {"network_id": network}}) for _ in range(200))
    )
    assert {answer.status_code for answer in made} == {201}
    ports = [answer.json()["port"] for answer in made]
    assert len({p["fixed_ips"][0]["ip_address"] for p in ports}) == 200
    assert len({p["mac_address"] for p in ports}) == 200


@pytest.mark.contended
async def test_quota_is_exact_even_for_requests_that_come_together(
    cloud: Cloud, admin: Neutron, member: Neutron
) -> None:
    network, _ = await member.network()
    project = member.auth.project_id
    await cloud.admin.put(f"{BASE}/quotas/{project}", {"quota": {"port": 7}})
    made = await asyncio.gather(
        *(cloud.member.post(f"{BASE}/ports", {"port": {"network_id": network}}) for _ in range(20))
    )
    assert sorted(answer.status_code for answer in made) == [201] * 7 + [409] * 13
    refused = next(answer for answer in made if answer.status_code == 409)
    assert refused.json()["NeutronError"] == {
        "type": "OverQuota", "message": "Quota exceeded for resources: ['port'].", "detail": ""
    }  # fmt: skip
    details = (await cloud.admin.get(f"{BASE}/quotas/{project}/details.json")).json()["quota"]
    assert details["port"] == {"limit": 7, "used": 7, "reserved": 0}
    assert (await cloud.stranger.get(f"{BASE}/quotas/{project}")).status_code == 403
    assert (await cloud.reader.get(f"{BASE}/quotas/{project}")).json()["quota"]["port"] == 7
    elsewhere = cloud.persona("manager", roles=("manager", "member", "reader"))
    assert (await elsewhere.get(f"{BASE}/quotas/{project}")).status_code == 403
    assert (await cloud.member.put(f"{BASE}/quotas/{project}", {"quota": {}})).status_code == 403
    assert (await cloud.admin.delete(f"{BASE}/quotas/{project}")).status_code == 204
    assert (await cloud.admin.get(f"{BASE}/quotas/{project}")).json()["quota"]["port"] == 500


async def test_ports_of_one_batch_share_no_address_and_no_mac_with_each_other_or_with_others(
    cloud: Cloud, member: Neutron
) -> None:
    network, subnet = await member.network("10.0.0.0/28")
    other = await member.make("port", network_id=network, fixed_ips=[{"ip_address": "10.0.0.6"}])
    asked = {"fixed_ips": [{"ip_address": "10.0.0.4"}], "mac_address": "fa:16:3e:00:00:01"}
    wishes = [{"network_id": network}, {"network_id": network, **asked}, *({"network_id": network},) * 4]
    answer = await cloud.member.post(f"{BASE}/ports", {"ports": wishes})
    assert answer.status_code == 201, answer.text
    made = answer.json()["ports"]
    addresses = [port["fixed_ips"] for port in made]
    given = ("10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.7", "10.0.0.8", "10.0.0.9")
    assert addresses == [[{"subnet_id": subnet, "ip_address": ip}] for ip in given]
    assert made[1]["mac_address"] == "fa:16:3e:00:00:01"
    assert len({port["mac_address"] for port in (*made, other)}) == 7
    assert (await member.make("port", network_id=network))["fixed_ips"][0]["ip_address"] == "10.0.0.10"
    default = next(g for g in await member.list("security_group") if g["name"] == "default")
    assert all(port["security_groups"] == [default["id"]] for port in made)
    assert len(await member.list("port", f"security_groups={default['id']}")) == 8


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        ({"fixed_ips": [{"ip_address": "10.0.0.3"}]}, "IpAddressAlreadyAllocated"),
        ({"fixed_ips": [{"ip_address": "10.0.0.9"}]}, "IpAddressAlreadyAllocated"),
        ({"mac_address": "fa:16:3e:00:00:01"}, "MacAddressInUse"),
        ({"mac_address": "fa:16:3e:00:00:02"}, "MacAddressInUse"),
        ({"security_groups": [NOWHERE]}, "SecurityGroupNotFound"),
        ({"network_id": NOWHERE}, "NetworkNotFound"),
    ],
)
async def test_a_batch_with_one_port_that_cannot_be_is_none(
    cloud: Cloud, member: Neutron, wish: dict[str, Any], refusal: str
) -> None:
    """Whatever is in the way came before the batch, or is in it."""
    network, _ = await member.network()
    first = {"fixed_ips": [{"ip_address": "10.0.0.9"}], "mac_address": "fa:16:3e:00:00:01"}
    await member.make("port", network_id=network, **first)
    before = await member.list("port", "")
    own = {"network_id": network, "mac_address": "fa:16:3e:00:00:02"}
    refused = await cloud.member.post(f"{BASE}/ports", {"ports": [own, {"network_id": network, **wish}]})
    assert refused.json()["NeutronError"]["type"] == refusal
    assert await member.list("port", "") == before
    again = await member.make("port", network_id=network)
    assert again["fixed_ips"][0]["ip_address"] == "10.0.0.3"


async def test_a_batch_takes_all_of_its_ports_from_the_quota(cloud: Cloud, member: Neutron) -> None:
    network, _ = await member.network()
    await cloud.admin.put(f"{BASE}/quotas/{member.auth.project_id}", {"quota": {"port": 3}})
    for count, status in ((4, 409), (3, 201), (1, 409)):
        answer = await cloud.member.post(f"{BASE}/ports", {"ports": [{"network_id": network}] * count})
        assert answer.status_code == status, answer.text
    assert len(await member.list("port", f"network_id={network}&device_owner=")) == 3


async def test_nobody_waits_for_what_a_batch_asks_about_each_of_its_ports(
    cloud: Cloud, member: Neutron
) -> None:
    """While a batch is stored nobody else writes, so it reads as often for two ports as for fifty."""
    network, _ = await member.network("10.3.0.0/16")
    await member.make("port", network_id=network)
    if cloud.platform.db.is_shared:
        pytest.skip("a database server lets others write")
    writer = cast(SqliteDatabase, cloud.platform.db)._writer
    asked: list[str] = []
    counts = []
    for size in (2, 50):
        writer.set_trace_callback(asked.append)
        answer = await cloud.member.post(f"{BASE}/ports", {"ports": [{"network_id": network}] * size})
        writer.set_trace_callback(None)
        assert answer.status_code == 201, answer.text
        counts.append(sum(text.startswith("SELECT") and "network_" in text for text in asked))
        asked.clear()
    assert counts[0] == counts[1] > 0


async def test_a_full_subnet_gives_nothing(member: Neutron) -> None:
    network, _ = await member.network("10.0.0.0/29")
    for _ in range(4):
        await member.make("port", network_id=network)
    refused = await member.refused("POST", "/ports", {"port": {"network_id": network}})
    assert refused == (409, "IpAddressGenerationFailure")


async def test_addresses_of_somebody_else_or_of_nowhere_are_refused(member: Neutron) -> None:
    network, subnet = await member.network()
    first = await member.make("port", network_id=network)
    for fixed, expected in (
        ({"ip_address": first["fixed_ips"][0]["ip_address"]}, (409, "IpAddressAlreadyAllocated")),
        ({"ip_address": "10.9.9.9"}, (400, "InvalidIpForNetwork")),
        ({"subnet_id": subnet, "ip_address": "10.9.9.9"}, (400, "InvalidIpForSubnet")),
        ({"subnet_id": subnet, "ip_address": "10.0.0.255"}, (400, "InvalidIpForSubnet")),
        ({"subnet_id": NOWHERE}, (400, "InvalidInput")),
        ({}, (400, "InvalidInput")),
    ):
        body = {"port": {"network_id": network, "fixed_ips": [fixed]}}
        assert await member.refused("POST", "/ports", body) == expected, fixed
    taken = {"port": {"network_id": network, "mac_address": first["mac_address"]}}
    assert await member.refused("POST", "/ports", taken) == (409, "MacAddressInUse")
    assert len(await member.list("port", "device_owner=")) == 1


JUNK: list[Any] = [None, 5, "x", [], {}, [5], {"x": 5}, True]


@pytest.mark.parametrize(
    "kind",
    ["network", "subnet", "port", "router", "floatingip", "security_group", "security_group_rule",
     "subnetpool",
     "address_scope"],
)  # fmt: skip
async def test_bad_input_is_refused_and_changes_nothing(cloud: Cloud, member: Neutron, kind: str) -> None:
    path = f"{BASE}/{kind.replace('_', '-')}s"
    before = await member.list(kind)
    for junk in JUNK:
        for body in (junk, {kind: junk}, {kind: {"name": "x", "oops": junk}}, {kind + "s": [junk]}):
            answer = await cloud.admin.post(path, body)
            good = isinstance(junk, dict) and not junk and kind in ("network", "router", "security_group")
            if not (good and body in ({kind: {}}, {kind + "s": [{}]})):
                assert answer.status_code == 400, (body, answer.text)
                assert "NeutronError" in answer.json()
    assert (await cloud.admin.call("POST", path, content=b"{nonsense")).status_code == 400
    for method in ("GET", "DELETE"):
        for id in (NOWHERE, "x", "%00", "a" * 300):
            assert (await cloud.member.call(method, f"{path}/{id}")).status_code == 404
    for query in ("limit=x", "limit=-1", "sort_key=oops", "sort_key=id&sort_dir=up", "oops=1"):
        assert (await cloud.member.get(f"{path}?{query}")).status_code == 400, query
    assert await member.list(kind) == before


@pytest.mark.parametrize("junk", JUNK)
async def test_no_attribute_takes_junk_badly(cloud: Cloud, member: Neutron, junk: Any) -> None:
    """Whatever is given for any attribute of anything, the answer is one of ours."""
    network, subnet = await member.network()
    port = (await member.make("port", network_id=network))["id"]
    router = (await member.make("router"))["id"]
    group = (await member.make("security_group", name="g"))["id"]
    good: dict[str, tuple[str, dict[str, Any]]] = {
        "network": (network, {}),
        "subnet": (subnet, {"network_id": network, "cidr": "10.7.0.0/24", "ip_version": 4}),
        "port": (port, {"network_id": network}),
        "router": (router, {}),
        "security_group": (group, {"name": "h"}),
        "security_group_rule": ("", {"security_group_id": group, "direction": "ingress"}),
    }
    from haneul.services.network.api import networks, ports, routers, security_groups, subnets

    resources = [networks.NETWORK, subnets.SUBNET, ports.PORT, routers.ROUTER, security_groups.SECURITY_GROUP,
                 security_groups.RULE]  # fmt: skip
    for resource in resources:
        id, values = good[resource.name]
        path = f"{BASE}/{resource.collection.replace('_', '-')}"
        for attribute in resource.attributes:
            answer = await cloud.admin.post(path, {resource.name: {**values, attribute.name: junk}})
            refused = {403} if attribute.name == "binding:profile" else set()  # it is for services
            assert answer.status_code in {201, 400, 404, 409} | refused, (attribute.name, answer.text)
            if id:
                answer = await cloud.admin.put(f"{path}/{id}", {resource.name: {attribute.name: junk}})
                assert answer.status_code in {200, 400, 404, 409} | refused, (attribute.name, answer.text)


async def test_security_group_rules_must_make_sense(member: Neutron) -> None:
    group = (await member.make("security_group", name="web"))["id"]
    assert len((await member.show("security_group", group))["security_group_rules"]) == 2
    good = {"security_group_id": group, "direction": "ingress", "protocol": "tcp"}
    rule = await member.make("security_group_rule", **good, port_range_min=80, port_range_max=80)
    assert rule["ethertype"] == "IPv4"
    for values, expected in (
        ({"port_range_min": 80, "port_range_max": 80}, (409, "SecurityGroupRuleExists")),
        ({"port_range_min": 80, "port_range_max": 80, "protocol": "6"}, (409, "SecurityGroupRuleExists")),
        ({"port_range_min": 90, "port_range_max": 80}, (400, "SecurityGroupInvalidPortRange")),
        ({"protocol": "nothing"}, (400, "SecurityGroupRuleInvalidProtocol")),
        ({"protocol": None, "port_range_min": 1}, (400, "SecurityGroupProtocolRequiredWithPorts")),
        ({"protocol": "gre", "port_range_min": 1}, (400, "SecurityGroupInvalidProtocolForPort")),
        ({"protocol": "icmp", "port_range_min": 300}, (400, "SecurityGroupInvalidIcmpValue")),
        ({"protocol": "icmp", "port_range_max": 3}, (400, "SecurityGroupMissingIcmpType")),
        ({"remote_ip_prefix": "fd00::/8"}, (400, "SecurityGroupRuleParameterConflict")),
        (
            {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": group},
            (400, "SecurityGroupMultipleRemoteEntites"),
        ),
        ({"remote_group_id": NOWHERE}, (404, "SecurityGroupNotFound")),
    ):  # fmt: skip
        body = {"security_group_rule": {**good, **values}}
        assert await member.refused("POST", "/security-group-rules", body) == expected, values
    assert len((await member.show("security_group", group))["security_group_rules"]) == 3
    default = next(g for g in await member.list("security_group") if g["name"] == "default")
    assert len(default["security_group_rules"]) == 4
    assert (await member.refused("DELETE", f"/security-groups/{default['id']}"))[0] == 409
    network, _ = await member.network()
    await member.make("port", network_id=network, security_groups=[group])
    assert await member.refused("DELETE", f"/security-groups/{group}") == (409, "SecurityGroupInUse")

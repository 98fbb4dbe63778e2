"""What is spelled in another way is the same thing: in writes, in filters, and where it may be there once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Cloud
from tests.services.network.control_plane.conftest import BASE, Neutron

TCP = {"direction": "ingress", "protocol": "tcp"}
SAME_RULES = [
    ({"direction": "egress"}, {"direction": "egress", "remote_ip_prefix": "0.0.0.0/0"}),
    ({"direction": "egress", "ethertype": "IPv6"}, {"direction": "EGRESS", "ethertype": "ipv6",
                                                    "remote_ip_prefix": "::/0"}),
    (TCP, TCP | {"protocol": 6}),
    (TCP | {"protocol": "6"}, TCP | {"protocol": "TCP", "port_range_min": 1, "port_range_max": 65535}),
    (TCP | {"protocol": "udp"}, TCP | {"protocol": "17", "port_range_min": "1", "port_range_max": 65535}),
    (TCP | {"protocol": "icmpv6", "ethertype": "IPv6"}, TCP | {"protocol": "icmp", "ethertype": "IPv6"}),
    (TCP | {"protocol": "ipv6-icmp", "ethertype": "IPv6"}, TCP | {"protocol": 58, "ethertype": "IPv6"}),
    (TCP | {"protocol": None}, TCP | {"protocol": "any", "remote_ip_prefix": "0.0.0.0/0"}),
    (TCP | {"protocol": None}, TCP | {"protocol": None, "port_range_min": 1, "port_range_max": 65535}),
    (TCP | {"remote_ip_prefix": "10.0.0.0/24"}, TCP | {"remote_ip_prefix": "10.0.0.9/24"}),
    (TCP | {"remote_ip_prefix": "10.0.0.9"}, TCP | {"remote_ip_prefix": "10.0.0.9/32"}),
    (TCP | {"remote_ip_prefix": "FE80::1/64", "ethertype": "IPv6"},
     TCP | {"remote_ip_prefix": "fe80:0::/64", "ethertype": "IPv6"}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), SAME_RULES)
async def test_a_rule_in_another_spelling_is_there_already(
    member: Neutron, first: dict[str, Any], second: dict[str, Any]
) -> None:
    group = await member.make("security_group", name="web")
    for rule in group["security_group_rules"]:
        await member.remove("security_group_rule", rule["id"])
    made = await member.make("security_group_rule", security_group_id=group["id"], **first)
    body = {"security_group_rule": {"security_group_id": group["id"], **second}}
    answer = await member.who.post(f"{BASE}/security-group-rules", body)
    assert answer.status_code == 409, answer.text
    assert answer.json()["NeutronError"]["type"] == "SecurityGroupRuleExists"
    assert made["id"] in answer.json()["NeutronError"]["message"]
    assert len((await member.show("security_group", group["id"]))["security_group_rules"]) == 1


async def test_rules_that_let_through_something_else_stand_beside_each_other(member: Neutron) -> None:
    group = (await member.make("security_group", name="web"))["id"]
    for rule in (
        TCP,
        TCP | {"port_range_min": 1, "port_range_max": 65534},
        TCP | {"ethertype": "IPv6"},
        TCP | {"protocol": "udp"},
        TCP | {"remote_ip_prefix": "10.0.0.0/24"},
        TCP | {"remote_ip_prefix": "10.0.0.0/25"},
        TCP | {"remote_group_id": group},
        {"direction": "ingress", "protocol": "icmp"},
        {"direction": "ingress", "protocol": "icmp", "port_range_min": 8},
    ):
        await member.make("security_group_rule", security_group_id=group, **rule)


@pytest.mark.parametrize("other", [{}, {"protocol": "6"}, {"description": "the same"}])
async def test_rules_of_one_request_differ(member: Neutron, other: dict[str, Any]) -> None:
    group = (await member.make("security_group", name="web"))["id"]
    rule = TCP | {"security_group_id": group, "port_range_min": 22, "port_range_max": 22}
    body = {"security_group_rules": [rule, rule | other]}
    refusal = await member.refused("POST", "/security-group-rules", body)
    assert refusal == (409, "DuplicateSecurityGroupRuleInPost")
    assert len((await member.show("security_group", group))["security_group_rules"]) == 2


async def test_rules_of_one_request_are_of_one_group(member: Neutron) -> None:
    one, two = [(await member.make("security_group", name=name))["id"] for name in ("one", "two")]
    body = {"security_group_rules": [TCP | {"security_group_id": one}, TCP | {"security_group_id": two}]}
    refusal = await member.refused("POST", "/security-group-rules", body)
    assert refusal == (400, "SecurityGroupNotSingleGroupRules")


@pytest.mark.parametrize(
    ("rule", "refusal"),
    [
        (TCP | {"protocol": "icmpv6"}, "SecurityGroupEthertypeConflictWithProtocol"),
        (TCP | {"protocol": "sctp", "port_range_min": 0, "port_range_max": 9}, "SecurityGroupInvalidPortValue"),
        ({"direction": "ingress", "port_range_min": 1, "port_range_max": 9},
         "SecurityGroupProtocolRequiredWithPorts"),
    ],
)  # fmt: skip
async def test_a_rule_that_can_match_nothing_is_refused(
    member: Neutron, rule: dict[str, Any], refusal: str
) -> None:
    group = (await member.make("security_group", name="web"))["id"]
    body = {"security_group_rule": {"security_group_id": group, **rule}}
    assert await member.refused("POST", "/security-group-rules", body) == (400, refusal)


@pytest.mark.contended
async def test_of_two_equal_rules_at_once_one_is_made(cloud: Cloud, member: Neutron) -> None:
    group = (await member.make("security_group", name="web"))["id"]
    rules = [TCP, TCP | {"protocol": "6"}, TCP | {"port_range_min": 1, "port_range_max": 65535}]
    answers = await asyncio.gather(
        *(
            cloud.member.post(
                f"{BASE}/security-group-rules", {"security_group_rule": {"security_group_id": group, **rule}}
            )
            for rule in rules
        )
    )
    assert sorted(a.status_code for a in answers) == [201, 409, 409]
    assert len((await member.show("security_group", group))["security_group_rules"]) == 3


async def test_lists_find_a_thing_by_every_spelling(member: Neutron) -> None:
    network, subnet = await member.network()
    port = await member.make(
        "port", network_id=network, mac_address="FA-16-3E-00-0a-0B", fixed_ips=[{"ip_address": "10.0.0.9"}]
    )
    assert port["mac_address"] == "fa:16:3e:00:0a:0b"
    for asked in ("FA:16:3E:00:0A:0B", "fa-16-3e-0-a-b", "fa16.3e00.0a0b", "fa163e000a0b"):
        assert [p["id"] for p in await member.list("port", f"mac_address={asked}")] == [port["id"]]
    assert await member.list("port", "mac_address=fa:16:3e:00:0a") == []
    six = await member.make("subnet", network_id=network, cidr="FD00:0::7/64", ip_version=6)
    assert six["cidr"] == "fd00::/64"
    for asked in ("cidr=FD00::/64", "cidr=fd00:0:0::1/64", "gateway_ip=FD00:0::0000"):
        assert [s["id"] for s in await member.list("subnet", asked)] == [six["id"]]
    assert [s["id"] for s in await member.list("subnet", "cidr=10.0.0.77/24")] == [subnet]
    far = await member.make("port", network_id=network, fixed_ips=[{"ip_address": "FD00::00AA"}])
    assert [p["id"] for p in await member.list("port", "fixed_ips=ip_address=fd00:0::aa")] == [far["id"]]


async def test_names_of_hosts_are_the_same_in_capitals(member: Neutron) -> None:
    network = await member.make("network", dns_domain="Example.ORG.")
    assert network["dns_domain"] == "example.org."
    await member.make("subnet", network_id=network["id"], cidr="10.0.0.0/24", ip_version=4)
    port = await member.make("port", network_id=network["id"], dns_name="WEB")
    assert port["dns_name"] == "web"
    assert [p["id"] for p in await member.list("port", "dns_name=Web")] == [port["id"]]
    assert [n["id"] for n in await member.list("network", "dns_domain=EXAMPLE.org.")] == [network["id"]]


async def test_a_pair_without_a_mac_means_that_of_its_port(member: Neutron) -> None:
    network, _ = await member.network()
    port = await member.make("port", network_id=network)
    pairs = [
        {"ip_address": "10.9.9.9"},
        {"ip_address": "10.9.9.9/32", "mac_address": port["mac_address"].upper()},
    ]
    body = {"port": {"allowed_address_pairs": pairs}}
    refusal = await member.refused("PUT", f"/ports/{port['id']}", body)
    assert refusal == (400, "DuplicateAddressPairInRequest")
    pairs[1]["mac_address"] = "FA-16-3E-00-00-01"
    changed = await member.change("port", port["id"], allowed_address_pairs=pairs)
    assert [p["mac_address"] for p in changed["allowed_address_pairs"]] == [
        port["mac_address"], "fa:16:3e:00:00:01"
    ]  # fmt: skip


@pytest.mark.parametrize("spelling", ["FD00:9::00AA", "fd00:9:0:0:0:0:0:aa"])
async def test_an_address_that_is_taken_is_so_in_every_spelling(member: Neutron, spelling: str) -> None:
    network = (await member.make("network"))["id"]
    await member.make("subnet", network_id=network, cidr="fd00:9::/64", ip_version=6)
    await member.make("port", network_id=network, fixed_ips=[{"ip_address": "fd00:9::aa"}])
    body = {"port": {"network_id": network, "fixed_ips": [{"ip_address": spelling}]}}
    assert await member.refused("POST", "/ports", body) == (409, "IpAddressAlreadyAllocated")
    twice = {"port": {"network_id": network, "fixed_ips": [{"ip_address": "fd00:9::bb"}] * 2}}
    twice["port"]["fixed_ips"] = [{"ip_address": "fd00:9::bb"}, {"ip_address": "FD00:9::00BB"}]
    assert (await member.refused("POST", "/ports", twice))[0] == 400
    other = {"subnet": {"network_id": network, "cidr": "FD00:9:0::7/64", "ip_version": 6}}
    assert (await member.refused("POST", "/subnets", other))[0] == 400


async def test_a_mac_that_is_taken_is_so_in_every_spelling(member: Neutron) -> None:
    network, _ = await member.network()
    await member.make("port", network_id=network, mac_address="fa:16:3e:00:00:aa")
    for spelling in ("FA:16:3E:00:00:AA", "fa-16-3e-00-00-aa", "fa16.3e00.00aa"):
        body = {"port": {"network_id": network, "mac_address": spelling}}
        assert await member.refused("POST", "/ports", body) == (409, "MacAddressInUse")


async def test_rules_are_found_by_what_they_mean(member: Neutron) -> None:
    group = (await member.make("security_group", name="web"))["id"]
    web = await member.make("security_group_rule", security_group_id=group, **TCP)
    odd = await member.make(
        "security_group_rule",
        security_group_id=group,
        direction="ingress",
        protocol="112",
        remote_ip_prefix="10.1.2.3/8",
    )
    assert (odd["remote_ip_prefix"], odd["normalized_cidr"]) == ("10.1.2.3/8", "10.0.0.0/8")

    async def found(query: str) -> list[str]:
        rules = await member.list("security_group_rule", f"security_group_id={group}&{query}")
        return [r["id"] for r in rules]

    assert await found("protocol=6") == await found("protocol=TCP") == [web["id"]]
    assert await found("protocol=vrrp") == await found("protocol=112") == [odd["id"]]
    assert await found("remote_ip_prefix=10.0.0.0/8") == [odd["id"]]
    assert (
        await found("remote_ip_prefix=10.1.2.3/8") == await found("normalized_cidr=10.0.0.0/8") == [odd["id"]]
    )
    assert await found("protocol=udp") == []
    refusal = await member.refused("GET", "/security-group-rules?protocol=nix")
    assert refusal == (400, "SecurityGroupRuleInvalidProtocol")
    assert len(await found("direction=Egress&ethertype=ipv4")) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"mac_address": "fa:16:3e:00:00"},
        {"mac_address": "00-00-00-00-00-00"},
        {"mac_address": "fa:16:3e:00:00:zz"},
        {"fixed_ips": [{"ip_address": "fe80::1%eth0"}]},
        {"allowed_address_pairs": [{"ip_address": "10.0.0.9"}, {"ip_address": "10.0.0.9/32"}]},
    ],
)
async def test_what_has_no_form_or_stands_twice_is_refused(member: Neutron, values: dict[str, Any]) -> None:
    network, _ = await member.network()
    body = {"port": {"network_id": network, **values}}
    assert (await member.who.post(f"{BASE}/ports", body)).status_code == 400
    assert [p for p in await member.list("port") if p["device_owner"] == ""] == []


async def test_an_address_pair_is_shown_as_it_was_written(member: Neutron) -> None:
    network, _ = await member.network()
    written = ["10.0.0.1/24", "FE80::1", "10.0.9.5/32", "255.255.255.255"]
    port = await member.make(
        "port", network_id=network, allowed_address_pairs=[{"ip_address": ip} for ip in written]
    )
    assert [p["ip_address"] for p in port["allowed_address_pairs"]] == written
    for receivers in ("224.0.0.5", "239.0.0.0/8", "ff02::1"):
        wish = {"allowed_address_pairs": [{"ip_address": receivers}]}
        assert await member.refused("PUT", f"/ports/{port['id']}", {"port": wish}) == (400, "HTTPBadRequest")
        made = {"port": {"network_id": network, **wish}}
        assert await member.refused("POST", "/ports", made) == (400, "HTTPBadRequest")


@pytest.mark.parametrize("name", ["icmp", "icmpv6", "ICMPv6", "ipv6-icmp"])
async def test_icmp_of_ipv6_has_one_name(member: Neutron, name: str) -> None:
    group = (await member.make("security_group", name="g"))["id"]
    ping = {"security_group_id": group, "direction": "ingress", "port_range_min": 128}
    made = await member.make("security_group_rule", **ping, ethertype="ipv6", protocol=name)
    assert (made["protocol"], made["ethertype"]) == ("ipv6-icmp", "IPv6")
    listed = await member.list("security_group_rule", f"protocol=icmpv6&security_group_id={group}")
    assert [rule["id"] for rule in listed] == [made["id"]]
    nothing = {"security_group_rule": {**ping, "protocol": ""}}
    assert await member.refused("POST", "/security-group-rules", nothing) == (
        400,
        "SecurityGroupRuleInvalidProtocol",
    )

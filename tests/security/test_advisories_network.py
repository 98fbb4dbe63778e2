"""What others had to publish about their networks, tried on ours."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Cloud, Persona
from tests.services.network.control_plane.conftest import Neutron

V2 = "/networking/v2.0"


@pytest.fixture
async def mine(cloud: Cloud) -> Neutron:
    return Neutron(cloud.member)


@pytest.fixture
async def group(mine: Neutron) -> str:
    return (await mine.make("security_group", name="g"))["id"]


async def subnet_on(mine: Neutron, **more: Any) -> dict[str, Any]:
    network = await mine.make("network", name="n")
    wish = {"network_id": network["id"], "cidr": "10.1.0.0/24", "ip_version": 4, **more}
    return await mine.make("subnet", **wish)


async def rule(who: Persona, group: str, **values: Any) -> httpx.Response:
    body = {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4", **values}
    return await who.post(f"{V2}/security-group-rules", {"security_group_rule": body})


async def test_rules_have_a_quota(cloud: Cloud, mine: Neutron, group: str) -> None:
    """OSSA-2012-005."""
    project = cloud.member.auth.project_id
    limits = {"quota": {"security_group_rule": 6}}
    assert (await cloud.admin.put(f"{V2}/quotas/{project}", limits)).status_code == 200
    statuses = [
        (await rule(cloud.member, group, protocol="tcp", port_range_min=p, port_range_max=p)).status_code
        for p in range(1, 9)
    ]
    assert statuses[-1] == 409
    assert len(await mine.list("security_group_rule")) == 6


@pytest.mark.parametrize("given", ["TCP", "Tcp", "tcp", "6", 6])
async def test_a_protocol_in_any_spelling_is_the_same_protocol(
    cloud: Cloud, mine: Neutron, group: str, given: Any
) -> None:
    """OSSA-2012-007: what is stored is what hosts understand, or it is refused."""
    answer = await rule(cloud.member, group, protocol=given, port_range_min=22, port_range_max=22)
    assert answer.status_code == 201, answer.text
    assert answer.json()["security_group_rule"]["protocol"] in ("tcp", "6")
    again = await rule(cloud.member, group, protocol="tcp", port_range_min=22, port_range_max=22)
    assert again.status_code == 409


@pytest.mark.parametrize(
    "values",
    [
        {"remote_ip_prefix": "10.0.0.0/33"}, {"remote_ip_prefix": "10.0.0.0/-1"}, {"remote_ip_prefix": "0.0.0.0/"},
        {"remote_ip_prefix": "10.0.0.1 accept"}, {"remote_ip_prefix": "::/0"}, {"remote_ip_prefix": "10.0.0.0/24\n"},
        {"remote_ip_prefix": "10.0.0.0/24; drop"}, {"ethertype": "IPv6", "remote_ip_prefix": "fe80::%x } accept/64"},
        {"protocol": "tcp; accept"}, {"protocol": "-1"}, {"protocol": "256"}, {"protocol": "١"},
        {"protocol": "vrrp", "port_range_min": 1, "port_range_max": 2},
        {"protocol": "112", "port_range_min": 1, "port_range_max": 2},
        {"protocol": "tcp", "port_range_min": 9, "port_range_max": 1},
        {"protocol": "tcp", "port_range_min": -1, "port_range_max": 1},
        {"protocol": "tcp", "port_range_min": 1, "port_range_max": 65536},
        {"protocol": "icmp", "port_range_min": 256}, {"port_range_min": 1, "port_range_max": 2},
    ],
)  # fmt: skip
async def test_a_rule_that_no_filter_could_hold_is_refused(
    cloud: Cloud, mine: Neutron, group: str, values: dict[str, Any]
) -> None:
    """OSSA-2014-014, OSSA-2019-001: one bad rule would keep all others off the host."""
    before = await mine.list("security_group_rule")
    assert (await rule(cloud.member, group, **values)).status_code == 400
    assert await mine.list("security_group_rule") == before


async def test_overlapping_rules_of_two_groups_stand_side_by_side(cloud: Cloud, mine: Neutron) -> None:
    """OSSA-2019-002: the host holds all of them."""
    subnet = await subnet_on(mine)
    groups = [(await mine.make("security_group", name=name))["id"] for name in "ab"]
    for each, low, high in ((groups[0], 1, 100), (groups[1], 50, 200), (groups[1], 100, 100)):
        answer = await rule(cloud.member, each, protocol="tcp", port_range_min=low, port_range_max=high)
        assert answer.status_code == 201
    port = await mine.make("port", network_id=subnet["network_id"], security_groups=groups)
    assert set(port["security_groups"]) == set(groups)


@pytest.mark.parametrize(
    "values",
    [
        {"allowed_address_pairs": [{"ip_address": f"10.1.0.{i}"} for i in range(11)]},
        {"allowed_address_pairs": [{"ip_address": "10.1.0.0/33"}]},
        {"allowed_address_pairs": [{"ip_address": "10.1.0.9 accept"}]},
        {"allowed_address_pairs": [{"ip_address": "10.1.0.9\n"}]},
        {"allowed_address_pairs": [{"ip_address": "fe80::1%x } accept"}]},
        {"allowed_address_pairs": [{"ip_address": "10.1.0.9", "mac_address": "fa:16:3e:00:00:00 accept"}]},
        {"allowed_address_pairs": [{"mac_address": "fa:16:3e:00:00:01"}]},
        {"mac_address": "fa:16:3e:00:00:01;"}, {"mac_address": "fa:16:3e:00:00:01\n"},
        {"fixed_ips": [{"ip_address": f"10.1.0.{i}"} for i in range(10, 30)]},
        {"extra_dhcp_opts": [{"opt_name": "server-ip-address", "opt_value": "1.1.1.1\nport=0"}]},
        {"extra_dhcp_opts": [{"opt_name": "router\ndhcp-script=/bin/sh", "opt_value": "1.1.1.1"}]},
        {"dns_name": "a\nb"}, {"dns_name": "$(reboot)"}, {"dns_name": "a;b"},
    ],
)  # fmt: skip
async def test_nothing_that_a_port_is_given_reaches_beyond_its_own_line(
    cloud: Cloud, mine: Neutron, values: dict[str, Any]
) -> None:
    """OSSA-2014-025, OSSA-2015-012, OSSA-2021-005: not at its creation, and not later."""
    subnet = await subnet_on(mine)
    port = await mine.make("port", network_id=subnet["network_id"])
    made = await cloud.member.post(f"{V2}/ports", {"port": {"network_id": subnet["network_id"], **values}})
    assert made.status_code in (400, 403, 409), made.text
    changed = await cloud.member.put(f"{V2}/ports/{port['id']}", {"port": values})
    assert changed.status_code in (400, 403, 409), changed.text
    assert await mine.list("port", f"project_id={port['project_id']}") == [port]


@pytest.mark.parametrize("prefix", ["0.0.0.0/0", "::/0", "10.1.0.0/24", "10.1.0.7/32", "255.255.255.255"])
async def test_pairs_of_every_width_are_understood_by_the_host(mine: Neutron, prefix: str) -> None:
    """OSSA-2015-012: ipset knows no /0; what we store is one prefix, written one way."""
    subnet = await subnet_on(mine)
    pairs = [{"ip_address": prefix}]
    port = await mine.make("port", network_id=subnet["network_id"], allowed_address_pairs=pairs)
    assert [pair["ip_address"] for pair in port["allowed_address_pairs"]] == [prefix]


@pytest.mark.parametrize(
    "values",
    [
        {"dns_nameservers": ["10.1.0.1 10.1.0.2"]}, {"dns_nameservers": ["x" * 300]}, {"dns_nameservers": [" "]},
        {"dns_nameservers": ["a;reboot"]}, {"dns_nameservers": ["\n1.1.1.1"]}, {"dns_nameservers": "1" * 50000},
        {"dns_nameservers": ["1.1.1.1"] * 2}, {"dns_nameservers": [{}]}, {"dns_nameservers": ["fe80::1%;x"]},
        {"host_routes": [{"destination": "10.9.0.0/24", "nexthop": "10.1.0.1\n"}]},
        {"host_routes": [{"destination": "10.9.0.0/240", "nexthop": "10.1.0.1"}]},
        {"allocation_pools": [{"start": "10.1.0.9 ", "end": "10.1.0.99;"}]},
        {"gateway_ip": "10.1.0.1;x"},
    ],
)  # fmt: skip
async def test_a_subnet_says_nothing_that_its_dhcp_could_not(
    cloud: Cloud, mine: Neutron, values: dict[str, Any]
) -> None:
    """OSSA-2014-039."""
    subnet = await subnet_on(mine)
    answer = await cloud.member.put(f"{V2}/subnets/{subnet['id']}", {"subnet": values})
    assert answer.status_code == 400, answer.text
    assert await mine.show("subnet", subnet["id"]) == subnet


async def test_many_routers_with_subnets_of_ipv6_keep_nobody_waiting(cloud: Cloud, mine: Neutron) -> None:
    """OSSA-2014-019, OSSA-2015-001: and the next one still gets its floating address's port."""
    for number in range(9):
        subnet = await subnet_on(mine, cidr=f"fd00:{number + 1}::/64", ip_version=6)
        router = await mine.make("router", name=f"r{number}")
        await mine.act(router["id"], "add_router_interface", subnet_id=subnet["id"])
    await cloud.settled()
    subnet, router = await subnet_on(mine), await mine.make("router", name="last")
    await mine.act(router["id"], "add_router_interface", subnet_id=subnet["id"])
    await cloud.settled()
    legs = await mine.list("port", f"device_id={router['id']}")
    assert [leg["fixed_ips"][0]["ip_address"] for leg in legs] == ["10.1.0.1"]


ADMIN_ONLY: tuple[dict[str, Any], ...] = (
    {"shared": False}, {"router:external": False}, {"provider:network_type": None}, {"provider:segmentation_id": None},
    {"is_default": False}, {"provider:physical_network": None},
)  # fmt: skip


@pytest.mark.parametrize("values", ADMIN_ONLY)
async def test_what_only_administrators_set_members_do_not_reset_either(
    cloud: Cloud, values: dict[str, Any]
) -> None:
    """OSSA-2014-031: a network of the member's own, which an administrator has shared and opened."""
    wish = {"name": "n", "shared": True, "router:external": True, "project_id": cloud.member.auth.project_id}
    made = await cloud.admin.post(f"{V2}/networks", {"network": wish})
    assert made.status_code == 201, made.text
    network = made.json()["network"]
    answer = await cloud.member.put(f"{V2}/networks/{network['id']}", {"network": values})
    assert answer.status_code in (400, 403), answer.text
    shown = await cloud.admin.get(f"{V2}/networks/{network['id']}")
    assert shown.json()["network"] == network


@pytest.mark.parametrize(
    "owner", ["network:dhcp", "network:router_interface", "network:floatingip", "network:x"]
)
async def test_a_port_on_a_network_of_others_does_not_become_the_networks(cloud: Cloud, owner: str) -> None:
    """OSSA-2015-018: ports of the network itself are not filtered."""
    wish = {"name": "n", "shared": True}
    network = (await cloud.admin.post(f"{V2}/networks", {"network": wish})).json()["network"]["id"]
    subnet = {"network_id": network, "cidr": "10.2.0.0/24", "ip_version": 4}
    assert (await cloud.admin.post(f"{V2}/subnets", {"subnet": subnet})).status_code == 201
    port = (await cloud.member.post(f"{V2}/ports", {"port": {"network_id": network}})).json()["port"]
    answer = await cloud.member.put(f"{V2}/ports/{port['id']}", {"port": {"device_owner": owner}})
    assert answer.status_code == 403, answer.text
    body = {"port": {"network_id": network, "device_owner": owner}}
    assert (await cloud.member.post(f"{V2}/ports", body)).status_code == 403
    shown = (await cloud.member.get(f"{V2}/ports/{port['id']}")).json()["port"]
    assert (shown["device_owner"], shown["security_groups"]) == ("", port["security_groups"])


KINDS = ("networks", "subnets", "ports", "routers", "security-groups", "subnetpools", "floatingips")


@pytest.mark.parametrize("kind", KINDS)
async def test_tags_are_the_owners_to_set(cloud: Cloud, kind: str) -> None:
    """OSSA-2024-005: of a network that everybody sees, too."""
    wishes: dict[str, Any] = {
        "networks": {"network": {"name": "n", "shared": True}},
        "routers": {"router": {"name": "r"}},
        "security-groups": {"security_group": {"name": "g"}},
        "subnetpools": {"subnetpool": {"name": "p", "prefixes": ["10.64.0.0/16"], "shared": True}},
    }
    network = (await cloud.admin.post(f"{V2}/networks", wishes["networks"])).json()["network"]["id"]
    subnet = {"network_id": network, "cidr": "10.2.0.0/24", "ip_version": 4}
    wishes["subnets"] = {"subnet": subnet | {"cidr": "10.3.0.0/24"}}
    wishes["ports"] = {"port": {"network_id": network}}
    assert (await cloud.admin.post(f"{V2}/subnets", {"subnet": subnet})).status_code == 201
    if kind == "floatingips":
        outside = {"network": {"name": "out", "router:external": True}}
        network = (await cloud.admin.post(f"{V2}/networks", outside)).json()["network"]["id"]
        wide = {"subnet": {"network_id": network, "cidr": "10.4.0.0/24", "ip_version": 4}}
        assert (await cloud.admin.post(f"{V2}/subnets", wide)).status_code == 201
        wishes["floatingips"] = {"floatingip": {"floating_network_id": network}}
    made = await cloud.admin.post(f"{V2}/{kind}", wishes[kind])
    assert made.status_code == 201, made.text
    (thing,) = made.json().values()
    path = f"{V2}/{kind}/{thing['id']}/tags"
    assert (await cloud.admin.put(path, {"tags": ["kept"]})).status_code == 200
    for method, where, body in (
        ("PUT", path, {"tags": []}), ("PUT", f"{path}/mine", None), ("DELETE", f"{path}/kept", None),
        ("DELETE", path, None),
    ):  # fmt: skip
        refused = await cloud.member.call(method, where, json=body)
        assert refused.status_code in (403, 404), f"{method} {where}: {refused.text}"
    assert (await cloud.admin.get(path)).json()["tags"] == ["kept"]


async def test_what_lies_below_a_thing_is_not_reached_over_anothers_path(cloud: Cloud) -> None:
    """OSSN-0102: a child is looked for below its own parent only."""
    for route in next(s for s in cloud.plane.app.services if s.manifest.name == "network").routes:
        assert route.path.count("{") < 2 or route.path.endswith("/tags/{tag}"), route.path


async def test_a_group_that_is_not_there_opens_nothing(cloud: Cloud, mine: Neutron, group: str) -> None:
    """OSSN-0011: a rule names a group that exists and is the asker's to name."""
    before = await mine.list("security_group_rule")
    theirs = (await Neutron(cloud.stranger).make("security_group", name="g"))["id"]
    for remote in ("00000000-0000-4000-8000-000000000000", theirs, "x", ""):
        answer = await rule(cloud.member, group, remote_group_id=remote)
        assert answer.status_code in (400, 404), answer.text
    assert await mine.list("security_group_rule") == before

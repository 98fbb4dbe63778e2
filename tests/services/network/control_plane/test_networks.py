"""Networks and subnets over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud
from tests.services.network.control_plane.conftest import BASE, Neutron


async def test_a_network_lives(member: Neutron) -> None:
    network = await member.make("network", name="blue", description="sky")
    assert network["status"] == "ACTIVE"
    assert network["mtu"] == 1450
    assert network["project_id"] == network["tenant_id"] == member.auth.project_id
    assert "provider:network_type" not in network
    changed = await member.change("network", network["id"], name="green", admin_state_up=False)
    assert (changed["name"], changed["admin_state_up"], changed["description"]) == ("green", False, "sky")
    assert await member.show("network", network["id"]) == changed
    await member.remove("network", network["id"])
    assert await member.list("network") == []
    assert await member.refused("GET", f"/networks/{network['id']}") == (404, "NetworkNotFound")


async def test_many_networks_at_once_are_made_together_or_not_at_all(cloud: Cloud, member: Neutron) -> None:
    answer = await cloud.member.post(f"{BASE}/networks", {"networks": [{"name": "a"}, {"name": "b"}]})
    assert answer.status_code == 201
    assert [n["name"] for n in answer.json()["networks"]] == ["a", "b"]
    body = {"networks": [{"name": "c"}, {"name": 5}]}
    assert (await member.refused("POST", "/networks", body))[0] == 400
    assert len(await member.list("network")) == 2


async def test_only_administrators_touch_what_lies_below_or_outside(admin: Neutron, member: Neutron) -> None:
    for attribute in (
        {"shared": True},
        {"router:external": True},
        {"provider:network_type": "vxlan"},
        {"is_default": True},
    ):
        refused = await member.refused("POST", "/networks", {"network": attribute})
        assert refused == (403, "PolicyNotAuthorized"), attribute
    made = await admin.make(
        "network", provider__network_type="flat", provider__physical_network="physnet1", router__external=True
    )
    assert made["provider:physical_network"] == "physnet1"
    assert made["mtu"] == 1500
    seen = await member.show("network", made["id"])
    assert seen["router:external"] is True
    assert "provider:physical_network" not in seen


async def test_what_is_not_shared_is_not_there_for_others(
    admin: Neutron, member: Neutron, stranger: Neutron
) -> None:
    mine, subnet = await member.network()
    shared = await admin.make("network", shared=True)
    assert [n["id"] for n in await stranger.list("network")] == [shared["id"]]
    for method, path, body in (
        ("GET", f"/networks/{mine}", None),
        ("PUT", f"/networks/{mine}", {"network": {"name": "x"}}),
        ("DELETE", f"/networks/{mine}", None),
        ("POST", "/subnets", {"subnet": {"network_id": mine, "cidr": "10.9.0.0/24", "ip_version": 4}}),
        ("POST", "/ports", {"port": {"network_id": mine}}),
    ):
        assert await stranger.refused(method, path, body) == (404, "NetworkNotFound"), path
    assert await stranger.refused("GET", f"/subnets/{subnet}") == (404, "SubnetNotFound")
    assert await stranger.refused("DELETE", f"/networks/{shared['id']}") == (403, "PolicyNotAuthorized")


async def test_a_reader_reads_only(cloud: Cloud, member: Neutron) -> None:
    network, _ = await member.network()
    reader = Neutron(cloud.reader)
    assert (await reader.show("network", network))["id"] == network
    assert (await reader.refused("POST", "/networks", {"network": {}}))[0] == 403
    assert (await reader.refused("PUT", f"/networks/{network}", {"network": {"name": "x"}}))[0] == 403
    assert (await reader.refused("DELETE", f"/networks/{network}"))[0] == 403


async def test_a_network_with_ports_stays_and_one_without_goes_with_its_subnets(member: Neutron) -> None:
    network, subnet = await member.network()
    port = await member.make("port", network_id=network)
    assert await member.refused("DELETE", f"/networks/{network}") == (409, "NetworkInUse")
    assert await member.refused("DELETE", f"/subnets/{subnet}") == (409, "SubnetInUse")
    await member.remove("port", port["id"])
    await member.remove("network", network)
    assert await member.list("subnet") == []


async def test_a_subnet_gets_gateway_and_pools(member: Neutron) -> None:
    network = (await member.make("network"))["id"]
    one = await member.make("subnet", network_id=network, cidr="10.1.0.7/24", ip_version=4)
    assert (one["cidr"], one["gateway_ip"]) == ("10.1.0.0/24", "10.1.0.1")
    assert one["allocation_pools"] == [{"start": "10.1.0.2", "end": "10.1.0.254"}]
    two = await member.make(
        "subnet", network_id=network, cidr="10.2.0.0/24", ip_version=4, gateway_ip="10.2.0.100"
    )
    assert two["allocation_pools"] == [
        {"start": "10.2.0.1", "end": "10.2.0.99"},
        {"start": "10.2.0.101", "end": "10.2.0.254"},
    ]
    three = await member.make("subnet", network_id=network, cidr="fd00::/64", ip_version=6, gateway_ip=None)
    assert three["gateway_ip"] is None
    assert (await member.show("network", network))["subnets"].sort() == [
        one["id"],
        two["id"],
        three["id"],
    ].sort()
    changed = await member.change("subnet", one["id"], dns_nameservers=["9.9.9.9"], enable_dhcp=False)
    assert (changed["dns_nameservers"], changed["enable_dhcp"]) == (["9.9.9.9"], False)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"cidr": "10.0.0.128/25"}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "ip_version": 6}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "gateway_ip": "fd00::1"}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "gateway_ip": "10.5.0.0"}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "gateway_ip": "10.5.0.255"}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "ip_version": "five"}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "ip_version": None}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/24", "ip_version": 5}, (400, "HTTPBadRequest")),
        ({"cidr": "224.0.0.0/24"}, (400, "InvalidInput")),
        ({"cidr": "10.5.0.0/31"}, (400, "InvalidInput")),
        ({"cidr": "nonsense"}, (400, "HTTPBadRequest")),
        ({}, (400, "BadRequest")),
        (
            {"cidr": "10.5.0.0/24", "allocation_pools": [{"start": "10.5.0.9", "end": "10.5.0.2"}]},
            (400, "InvalidAllocationPool"),
        ),
        (
            {"cidr": "10.5.0.0/24", "allocation_pools": [{"start": "10.5.0.2", "end": "10.5.1.2"}]},
            (400, "OutOfBoundsAllocationPool"),
        ),
        (
            {"cidr": "10.5.0.0/24", "allocation_pools": [{"start": "10.5.0.1", "end": "10.5.0.9"}]},
            (409, "GatewayConflictWithAllocationPools"),
        ),
        (
            {
                "cidr": "10.5.0.0/24",
                "allocation_pools": [
                    {"start": "10.5.0.2", "end": "10.5.0.9"},
                    {"start": "10.5.0.9", "end": "10.5.0.20"},
                ],
            },
            (409, "OverlappingAllocationPools"),
        ),
        ({"cidr": "10.5.0.0/24", "dns_nameservers": ["nobody"]}, (400, "HTTPBadRequest")),
        ({"cidr": "10.5.0.0/24", "ipv6_ra_mode": "slaac"}, (400, "InvalidInput")),
    ],
)
async def test_a_subnet_that_makes_no_sense_is_refused(
    member: Neutron, values: dict[str, object], expected: tuple[int, str]
) -> None:
    network, subnet = await member.network()
    body = {"subnet": {"network_id": network, "ip_version": 4, **values}}
    assert await member.refused("POST", "/subnets", body) == expected
    assert [s["id"] for s in await member.list("subnet")] == [subnet]


async def test_a_subnet_says_of_which_version_it_is(member: Neutron) -> None:
    network, _ = await member.network()
    body = {"subnet": {"network_id": network, "cidr": "10.5.0.0/24"}}
    assert await member.refused("POST", "/subnets", body) == (400, "HTTPBadRequest")


async def test_the_usual_gateway_is_the_first_address_of_ipv4_and_the_anycast_one_of_ipv6(
    member: Neutron,
) -> None:
    network = await member.make("network")
    subnet = await member.make("subnet", network_id=network["id"], cidr="fd00:5::/64", ip_version=6)
    assert subnet["gateway_ip"] == "fd00:5::"
    assert subnet["allocation_pools"] == [{"start": "fd00:5::1", "end": "fd00:5::ffff:ffff:ffff:ffff"}]
    router = await member.make("router", name="r")
    attached = await member.act(router["id"], "add_router_interface", subnet_id=subnet["id"])
    port = await member.show("port", attached["port_id"])
    assert port["fixed_ips"][0]["ip_address"] == "fd00:5::"


async def test_an_unknown_marker_matters_only_where_pages_are_asked_for(member: Neutron) -> None:
    network, _ = await member.network()
    nobody = "11111111-1111-4111-8111-111111111111"
    assert [n["id"] for n in await member.list("network", f"marker={nobody}")] == [network]
    status, _ = await member.refused("GET", f"/networks?limit=1&marker={nobody}")
    assert status == 404


async def test_subnets_are_cut_from_a_pool(member: Neutron) -> None:
    scope = await member.make("address_scope", name="s", ip_version=4)
    pool = await member.make(
        "subnetpool", name="p", prefixes=["10.8.0.0/16"], default_prefixlen=24, address_scope_id=scope["id"]
    )
    network = (await member.make("network"))["id"]
    cidrs = []
    for more in ({}, {"prefixlen": 26}, {}):
        made = await member.make("subnet", network_id=network, subnetpool_id=pool["id"], ip_version=4, **more)
        cidrs.append(made["cidr"])
    assert cidrs == ["10.8.0.0/24", "10.8.1.0/26", "10.8.2.0/24"]
    assert await member.refused("DELETE", f"/subnetpools/{pool['id']}") == (409, "SubnetPoolInUse")
    assert await member.refused("DELETE", f"/address-scopes/{scope['id']}") == (409, "AddressScopeInUse")


async def test_a_project_cuts_no_more_from_a_pool_than_its_quota(member: Neutron) -> None:
    whole = {"prefixes": ["10.8.0.0/16"], "default_prefixlen": 26, "default_quota": 192}
    pool = await member.make("subnetpool", name="p", **whole)
    network = (await member.make("network"))["id"]
    wanted = {"network_id": network, "subnetpool_id": pool["id"], "ip_version": 4}
    for _ in range(2):
        await member.make("subnet", **wanted)
    for more in ({"prefixlen": 25}, {"cidr": "10.8.9.0/25"}):
        refused = await member.refused("POST", "/subnets", {"subnet": wanted | more})
        assert refused == (409, "SubnetPoolQuotaExceeded")
    await member.make("subnet", **wanted)
    assert await member.refused("POST", "/subnets", {"subnet": wanted}) == (409, "SubnetPoolQuotaExceeded")
    assert len(await member.list("subnet")) == 3


async def test_flavors_of_routers_and_segments_are_not_there(member: Neutron) -> None:
    network = (await member.make("network"))["id"]
    id = "5c1b6c7e-9f0c-4b2d-8f63-2a3f0d9f5b11"
    router = {"router": {"name": "r", "flavor_id": id}}
    assert await member.refused("POST", "/routers", router) == (404, "FlavorNotFound")
    subnet = {"subnet": {"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4, "segment_id": id}}
    assert await member.refused("POST", "/subnets", subnet) == (400, "HTTPBadRequest")
    assert await member.list("router") == [] == await member.list("subnet")


async def test_no_field_belongs_to_an_extension_that_is_not_there(member: Neutron) -> None:
    """As upstream without segments, quality of service, forwarded ports and uplink status."""
    network = await member.make("network")
    subnet = {"network_id": network["id"], "cidr": "10.9.0.0/24", "ip_version": 4}
    port = {"network_id": network["id"]}
    for kind, plain, names in (
        ("subnet", subnet, ("segment_id", "dns_publish_fixed_ip")),
        ("port", port, ("qos_policy_id", "dns_domain", "ip_allocation", "propagate_uplink_status")),
    ):
        assert not {*names} & (await member.make(kind, **plain)).keys()
        for name in names:
            body = {kind: plain | {name: None}}
            assert await member.refused("POST", f"/{kind}s", body) == (400, "HTTPBadRequest"), name


async def test_lists_are_filtered_sorted_paged_and_trimmed(cloud: Cloud, member: Neutron) -> None:
    for name in ("c", "a", "b", "d"):
        await member.make("network", name=name)
    names = [n["name"] for n in await member.list("network", "sort_key=name&sort_dir=desc")]
    assert names == ["d", "c", "b", "a"]
    either = await member.list("network", "name=a&name=b&sort_key=name&fields=name")
    assert either == [{"name": "a"}, {"name": "b"}]
    assert await member.list("network", "admin_state_up=False") == []
    page = (await cloud.member.get(f"{BASE}/networks?limit=2&sort_key=name&sort_dir=asc")).json()
    assert [n["name"] for n in page["networks"]] == ["a", "b"]
    link = next(each["href"] for each in page["networks_links"] if each["rel"] == "next")
    rest = (await cloud.member.get(link.removeprefix("http://cloud.test"))).json()
    assert [n["name"] for n in rest["networks"]] == ["c", "d"]
    back = next(each["href"] for each in rest["networks_links"] if each["rel"] == "previous")
    again = (await cloud.member.get(back.removeprefix("http://cloud.test"))).json()
    assert [n["name"] for n in again["networks"]] == ["a", "b"]


async def test_tags_come_go_and_find(member: Neutron, cloud: Cloud) -> None:
    one, two = (await member.make("network", name="one"))["id"], (await member.make("network"))["id"]
    put = await cloud.member.put(f"{BASE}/networks/{one}/tags", {"tags": ["red", "50%"]})
    assert put.json() == {"tags": ["red", "50%"]}
    assert (await cloud.member.put(f"{BASE}/networks/{two}/tags/red")).status_code == 201
    assert (await cloud.member.get(f"{BASE}/networks/{two}/tags/red")).status_code == 204
    assert len(await member.list("network", "tags=red")) == 2
    assert [n["id"] for n in await member.list("network", "tags=red,50%25")] == [one]
    assert [n["id"] for n in await member.list("network", "not-tags=50%25")] == [two]
    assert len(await member.list("network", "tags-any=red,blue")) == 2
    assert (await cloud.member.delete(f"{BASE}/networks/{two}/tags/red")).status_code == 204
    assert await member.refused("GET", f"/networks/{two}/tags/red") == (404, "TagNotFound")
    assert (await member.show("network", one))["tags"] == ["red", "50%"]


@pytest.mark.parametrize("kind", ["subnet", "port", "router", "floatingip", "security_group", "subnetpool"])
async def test_a_tag_is_seen_on_every_kind_of_thing(
    cloud: Cloud, admin: Neutron, member: Neutron, kind: str
) -> None:
    network, subnet = await member.network()
    outside, _ = await admin.network("192.0.2.0/24", router__external=True)
    values: dict[str, dict[str, Any]] = {
        "port": {"network_id": network},
        "floatingip": {"floating_network_id": outside},
        "security_group": {"name": "web"},
        "subnetpool": {"name": "pool", "prefixes": ["10.8.0.0/16"]},
    }
    id = subnet if kind == "subnet" else (await member.make(kind, **values.get(kind, {})))["id"]
    path = f"/{kind.replace('_', '-')}s/{id}/tags/red"
    assert await member.refused("GET", path) == (404, "TagNotFound")
    assert (await cloud.member.put(BASE + path)).status_code == 201
    assert (await cloud.member.get(BASE + path)).status_code == 204
    assert (await cloud.stranger.get(BASE + path)).status_code == 404
    assert (await member.show(kind, id))["tags"] == ["red"]


@pytest.mark.parametrize("kind", ["rbac-policies", "address-groups", "flavors", "service_profiles"])
async def test_of_what_cannot_be_made_there_is_none(cloud: Cloud, kind: str) -> None:
    for who in (cloud.admin, cloud.member):
        listed = (await who.get(f"{BASE}/{kind}")).json()
        assert list(listed.values()) == [[]]
        one = await who.get(f"{BASE}/{kind}/7d60a5d4-94d8-4cd5-b8a1-9d1e3ed0b0b1")
        assert one.status_code == 404 and one.json()["NeutronError"]["message"]


async def test_the_automatic_topology_is_made_once_and_goes(
    cloud: Cloud, admin: Neutron, member: Neutron
) -> None:
    path = f"/auto-allocated-topology/{member.auth.project_id}"
    assert (await member.refused("GET", f"{path}?fields=dry-run"))[0] == 409
    outside = await admin.make("network", router__external=True, is_default=True)
    await admin.make("subnet", network_id=outside["id"], cidr="192.0.2.0/24", ip_version=4)
    await admin.make(
        "subnetpool", name="p", prefixes=["10.9.0.0/16"], default_prefixlen=26, is_default=True, shared=True
    )
    dry = await cloud.member.get(f"{BASE}{path}?fields=dry-run")
    assert dry.json()["auto_allocated_topology"]["id"] == "dry-run=pass"
    first = (await cloud.member.get(BASE + path)).json()["auto_allocated_topology"]["id"]
    assert (await cloud.member.get(BASE + path)).json()["auto_allocated_topology"]["id"] == first
    assert len(await member.list("router")) == 1
    assert (await cloud.member.delete(BASE + path)).status_code == 204
    assert await member.list("router") == []
    assert [n["id"] for n in await member.list("network")] == [outside["id"]]


async def outside_with_pool(admin: Neutron, **pool: Any) -> str:
    """An external network that is the default one, and a default pool; the network's id."""
    outside, _ = await admin.network("192.0.2.0/24", router__external=True, is_default=True)
    await admin.make("subnetpool", name="p", is_default=True, shared=True, **pool)
    return outside


@pytest.mark.parametrize(
    ("pool", "refusal"),
    [
        ({"prefixes": ["10.9.0.0/24"], "default_prefixlen": 31}, (400, "InvalidInput")),
        ({"prefixes": ["192.0.2.0/24"], "default_prefixlen": 26}, (400, "BadRequest")),
        (
            {"prefixes": ["10.9.0.0/24"], "default_prefixlen": 26, "default_quota": 8},
            (409, "SubnetPoolQuotaExceeded"),
        ),
    ],
)
async def test_an_automatic_topology_that_cannot_be_is_not_begun(
    admin: Neutron, member: Neutron, pool: dict[str, Any], refusal: tuple[int, str]
) -> None:
    """Its subnet would be too small, overlap with what is outside, or be more than a project may have of the pool."""
    await outside_with_pool(admin, **pool)
    path = f"/auto-allocated-topology/{member.auth.project_id}"
    assert await member.refused("GET", path) == refusal
    assert await member.list("router") == await member.list("subnet", "name=auto_allocated_subnet_v4") == []


async def test_an_automatic_topology_that_is_used_stays(admin: Neutron, member: Neutron) -> None:
    outside = await outside_with_pool(admin, prefixes=["10.9.0.0/16"], default_prefixlen=26)
    path = f"/auto-allocated-topology/{member.auth.project_id}"
    inside = (await member.who.get(BASE + path)).json()["auto_allocated_topology"]["id"]
    port = await member.make("port", network_id=inside)
    address = await member.make("floatingip", floating_network_id=outside, port_id=port["id"])
    assert await member.refused("DELETE", path) == (409, "RouterInterfaceInUseByFloatingIP")
    [router] = await member.list("router")
    assert address["router_id"] == router["id"]
    await member.remove("floatingip", address["id"])
    await member.remove("port", port["id"])
    assert (await member.who.delete(BASE + path)).status_code == 204
    assert await member.list("router") == []


async def test_who_has_not_seen_the_last_change_changes_nothing(member: Neutron) -> None:
    network = await member.make("network", name="n")
    path, body = f"{BASE}/networks/{network['id']}", {"network": {"name": "m"}}
    old, now = (f"revision_number={network['revision_number'] + more}" for more in (7, 0))
    for method in ("PUT", "DELETE"):
        json = body if method == "PUT" else None
        refusal = await member.who.call(method, path, json=json, headers={"If-Match": old})
        assert refusal.status_code == 412
        assert refusal.json()["NeutronError"]["type"] == "RevisionNumberConstraintFailed"
    assert (await member.show("network", network["id"]))["name"] == "n"
    bad = await member.who.put(path, body, headers={"If-Match": "revision_number=x"})
    assert bad.status_code == 400
    assert (await member.who.put(path, body, headers={"If-Match": now})).status_code == 200
    assert (await member.who.delete(path, headers={"If-Match": now})).status_code == 412  # it was changed
    assert (await member.show("network", network["id"]))["name"] == "m"


async def test_whether_it_is_the_default_is_shown_of_external_networks(
    member: Neutron, admin: Neutron
) -> None:
    await member.make("network", name="inside")
    await admin.make("network", name="outside", router__external=True)
    shown = {n["name"]: n.get("is_default", "nothing") for n in await admin.list("network")}
    assert shown == {"inside": "nothing", "outside": False}


async def test_the_first_rules_of_a_group_have_no_description(member: Neutron) -> None:
    group = await member.make("security_group", name="g")
    assert "is_default" not in group
    assert {rule["description"] for rule in group["security_group_rules"]} == {None}
    wanted = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    assert (await member.make("security_group_rule", **wanted))["description"] == ""

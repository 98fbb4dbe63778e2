"""Security groups by compute's old way: the network's own, in another spelling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud

BASE = "/compute/v2.1"
NETWORK = "/networking/v2.0"


async def made(cloud: Cloud, name: str = "web") -> str:
    body = {"security_group": {"name": name, "description": "d"}}
    answer = await cloud.member.post(f"{BASE}/os-security-groups", body)
    assert answer.status_code == 200, answer.text
    found: str = answer.json()["security_group"]["id"]
    return found


async def add(cloud: Cloud, group: str, **rule: Any) -> Any:
    body = {"security_group_rule": {"parent_group_id": group, **rule}}
    return await cloud.member.post(f"{BASE}/os-security-group-rules", body)


async def test_a_group_of_compute_is_one_of_the_network(cloud: Cloud) -> None:
    id = await made(cloud)
    seen = (await cloud.member.get(f"{NETWORK}/security-groups/{id}")).json()["security_group"]
    assert (seen["name"], seen["description"]) == ("web", "d")
    listed = (await cloud.member.get(f"{BASE}/os-security-groups")).json()["security_groups"]
    assert {g["name"] for g in listed} == {"default", "web"}
    assert len((await cloud.member.get(f"{BASE}/os-security-groups?limit=1")).json()["security_groups"]) == 1
    body = {"security_group": {"name": "w2", "description": None}}
    changed = await cloud.member.put(f"{BASE}/os-security-groups/{id}", body)
    assert changed.json()["security_group"]["name"] == "w2"
    assert (await cloud.member.delete(f"{BASE}/os-security-groups/{id}")).status_code == 202
    assert (await cloud.member.get(f"{NETWORK}/security-groups/{id}")).status_code == 404


async def test_rules_are_shown_with_what_they_let_in(cloud: Cloud) -> None:
    id = await made(cloud)
    first = await add(cloud, id, ip_protocol="TCP", from_port="22", to_port=22, cidr="10.0.0.0/8")
    assert first.status_code == 200, first.text
    rule = first.json()["security_group_rule"]
    assert rule | {"id": ""} == {
        "id": "",
        "parent_group_id": id,
        "ip_protocol": "tcp",
        "from_port": 22,
        "to_port": 22,
        "group": {},
        "ip_range": {"cidr": "10.0.0.0/8"},
    }
    ping = (await add(cloud, id, ip_protocol="icmp", from_port=-1, to_port=-1)).json()["security_group_rule"]
    assert (ping["from_port"], ping["to_port"], ping["ip_range"]) == (-1, -1, {"cidr": "0.0.0.0/0"})
    mates = (await add(cloud, id, ip_protocol="udp", from_port=5, to_port=9, group_id=id)).json()
    assert mates["security_group_rule"]["group"]["name"] == "web"
    shown = (await cloud.member.get(f"{BASE}/os-security-groups/{id}")).json()["security_group"]
    assert {r["id"] for r in shown["rules"]} >= {rule["id"], ping["id"]}
    assert len(shown["rules"]) == 3
    assert (await cloud.member.delete(f"{BASE}/os-security-group-rules/{rule['id']}")).status_code == 202
    assert (await cloud.member.get(f"{NETWORK}/security-group-rules/{rule['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({}, 400),
        ({"ip_protocol": "bad", "from_port": 1, "to_port": 2}, 400),
        ({"ip_protocol": "udp", "from_port": 9, "to_port": 5}, 400),
        ({"ip_protocol": "tcp", "from_port": 1, "to_port": 70000}, 400),
        ({"ip_protocol": "tcp", "from_port": 1, "to_port": 2, "cidr": "zz"}, 400),
        ({"ip_protocol": "tcp", "from_port": 1, "to_port": 2, "group_id": "x"}, 400),
        ({"ip_protocol": "tcp", "from_port": None, "to_port": None}, 400),
        ({"ip_protocol": "tcp", "from_port": 1, "to_port": 2, "parent_group_id": "x"}, 400),
        ({"ip_protocol": "icmp", "from_port": 256, "to_port": 0}, 400),
    ],
)
async def test_a_rule_that_makes_no_sense_is_refused(cloud: Cloud, rule: dict[str, Any], status: int) -> None:
    id = await made(cloud)
    assert (await add(cloud, id, **rule)).status_code == status
    assert (await cloud.member.get(f"{BASE}/os-security-groups/{id}")).json()["security_group"]["rules"] == []


async def test_what_is_there_twice_foreign_or_in_no_form_is_refused(cloud: Cloud) -> None:
    id = await made(cloud)
    rule = {"ip_protocol": "tcp", "from_port": 1, "to_port": 2}
    assert (await add(cloud, id, **rule)).status_code == 200
    assert (await add(cloud, id, **rule)).status_code == 403
    nobody = "5a6b3cf1-6ba3-4c4d-8dfd-3fd4a2e9b0aa"
    for path in (f"os-security-groups/{nobody}", f"os-security-group-rules/{nobody}"):
        assert (await cloud.member.delete(f"{BASE}/{path}")).status_code == 404
    for path in ("os-security-groups/x", "os-security-group-rules/x"):
        assert (await cloud.member.delete(f"{BASE}/{path}")).status_code == 400
    assert (await cloud.stranger.get(f"{BASE}/os-security-groups/{id}")).status_code == 404
    assert (await cloud.stranger.delete(f"{BASE}/os-security-groups/{id}")).status_code == 404
    answer = await cloud.member.get(f"{BASE}/os-security-groups", version="compute 2.36")
    assert answer.status_code == 404
    body = {"security_group": {"name": "default", "description": ""}}
    assert (await cloud.member.post(f"{BASE}/os-security-groups", body)).status_code == 403


async def test_clients_older_than_microversions_are_served(cloud: Cloud) -> None:
    listed = (await cloud.member.get("/compute")).json()["versions"]
    assert [v["id"] for v in listed] == ["v2.0", "v2.1"]
    assert (await cloud.member.get("/compute/v2")).json()["version"]["status"] == "DEPRECATED"
    answer = await cloud.member.get("/compute/v2/os-security-groups", version="compute 2.90")
    assert answer.status_code == 200
    assert "OpenStack-API-Version" not in answer.headers

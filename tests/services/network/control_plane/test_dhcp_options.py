"""DHCP options of ports: what is kept, merged, told to hosts, refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud

BASE = "/networking/v2.0"


async def made(cloud: Cloud, kind: str, status: int = 201, **fields: Any) -> dict[str, Any]:
    answer = await cloud.member.post(f"{BASE}/{kind}s", {kind: fields})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json().get(kind, answer.json())
    return found


async def changed(cloud: Cloud, port: str, *options: dict[str, Any]) -> list[tuple[str, str, int]]:
    answer = await cloud.member.put(f"{BASE}/ports/{port}", {"port": {"extra_dhcp_opts": options}})
    assert answer.status_code == 200, answer.text
    found = answer.json()["port"]["extra_dhcp_opts"]
    return [(o["opt_name"], o["opt_value"], o["ip_version"]) for o in found]


async def test_a_change_merges_by_name_and_null_ends_one(cloud: Cloud) -> None:
    network = await made(cloud, "network")
    first = [{"opt_name": "bootfile-name", "opt_value": "a"}, {"opt_name": "ntp-server", "opt_value": None}]
    port = await made(cloud, "port", network_id=network["id"], extra_dhcp_opts=first)
    assert port["extra_dhcp_opts"] == [{"opt_name": "bootfile-name", "opt_value": "a", "ip_version": 4}]
    domain = {"opt_name": "domain-name", "opt_value": "x.org"}
    id = port["id"]
    boot = ("bootfile-name", "a", 4)
    assert await changed(cloud, id, domain) == [boot, ("domain-name", "x.org", 4)]
    other = domain | {"opt_value": "y.org", "ip_version": "6"}
    names = [boot, ("domain-name", "x.org", 4), ("domain-name", "y.org", 6)]
    assert await changed(cloud, id, other) == names
    gone = {"opt_name": "bootfile-name", "opt_value": None}
    assert await changed(cloud, id, gone, domain | {"opt_value": "z.org"}) == [
        ("domain-name", "z.org", 4), ("domain-name", "y.org", 6)
    ]  # fmt: skip
    assert len(await changed(cloud, id)) == 2


@pytest.mark.parametrize(
    "option",
    [
        {"opt_name": "bootfile-name", "opt_value": "a\nuser=nobody"},
        {"opt_name": "ntp\tserver", "opt_value": "a"},
        {"opt_name": " ", "opt_value": "a"},
        {"opt_name": "ntp-server", "opt_value": "a", "ip_version": 5},
        {"opt_value": "a"},
    ],
)
async def test_what_would_be_no_option_is_refused(cloud: Cloud, option: dict[str, Any]) -> None:
    network = await made(cloud, "network")
    await made(cloud, "port", 400, network_id=network["id"], extra_dhcp_opts=[option])
    assert (await cloud.member.get(f"{BASE}/ports")).json()["ports"] == []

"""Addresses and times are read by one reader each, which never fails otherwise than by saying no."""

from __future__ import annotations

import ast
import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import haneul
from haneul.kernel import addresses, times
from tests.conftest import Cloud
from tests.services.identity.conftest import Keystone

SOURCE = Path(haneul.__file__).parent
NO_TIMES = [
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-02-30T00:00:00",
    "now",
    "2" * 100_000,
    "\u0662\u0660\u0662\u0666-01-01",
]
NO_ADDRESSES = [
    "fe80::1%x } accept",
    "fe80::%eth0",
    "fe80::1%0/64",
    "1" * 100_000,
    "10.0.0.300",
    "::/0/0",
    "01.2.3.4",
]


@given(st.text())
def test_every_text_is_a_time_or_none(text: str) -> None:
    for read in (times.read, times.read_query, lambda t: times.read_as(t, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")):
        with contextlib.suppress(ValueError):
            assert read(text).tzinfo is not None


@given(st.one_of(st.text(), st.ip_addresses().map(lambda a: f"{a}%x"), st.ip_addresses().map(str)))
def test_every_text_is_an_address_or_none(text: str) -> None:
    for read in (addresses.address, addresses.prefix):
        with contextlib.suppress(ValueError):
            assert set(read(text)) <= set("0123456789abcdef.:/")


def test_nobody_reads_what_callers_write_by_other_means() -> None:
    own = {
        "fromisoformat",
        "strptime",
        "ip_address",
        "ip_network",
        "ip_interface",
        "IPv4Address",
        "IPv6Address",
    }
    for path in SOURCE.glob("services/*/api/**/*.py"):
        calls = {
            node.func.attr: node.lineno
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in own
        }
        if path.name == "others.py":
            calls.pop("ip_network", None)  # of what is stored
        assert not calls, path


@pytest.mark.parametrize("text", NO_TIMES)
async def test_what_is_no_time_is_refused_wherever_one_may_stand(keystone: Keystone, text: str) -> None:
    admin = await keystone.token()
    cloud = keystone.cloud
    for path, name in (
        ("/identity/v3/OS-REVOKE/events", "since"),
        ("/identity/v3/users", "password_expires_at"),
        ("/compute/v2.1/servers", "changes-since"),
        ("/compute/v2.1/servers", "changes-before"),
        ("/compute/v2.1/os-simple-tenant-usage", "start"),
        ("/image/v2/images", "created_at"),
    ):
        headers = {"X-Auth-Token": admin, "OpenStack-API-Version": "compute 2.66"}
        answer = await cloud.http.get(path, params={name: text[:1000]}, headers=headers)
        assert answer.status_code == 400, (path, name, answer.text)
    for path, body in (
        (
            f"/users/{keystone.ids['admin']}/application_credentials",
            {"application_credential": {"name": "x", "expires_at": text}},
        ),
        (
            "/OS-TRUST/trusts",
            {
                "trust": {
                    "trustor_user_id": keystone.ids["admin"],
                    "trustee_user_id": keystone.ids["member"],
                    "impersonation": False,
                    "expires_at": text,
                }
            },
        ),
    ):
        assert (await keystone.call(admin, "POST", path, body)).status_code == 400, path


@pytest.mark.parametrize("text", NO_ADDRESSES)
async def test_what_is_no_address_is_refused_wherever_one_may_stand(cloud: Cloud, text: str) -> None:
    member = cloud.member
    network = (await member.post("/network/v2.0/networks", {"network": {"name": "n"}})).json()["network"][
        "id"
    ]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.1.0.0/24"}
    id = (await member.post("/network/v2.0/subnets", {"subnet": subnet})).json()["subnet"]["id"]
    group = (await member.post("/network/v2.0/security-groups", {"security_group": {"name": "g"}})).json()
    rule = {
        "security_group_id": group["security_group"]["id"],
        "direction": "ingress",
        "remote_ip_prefix": text,
    }
    bodies: list[tuple[str, dict[str, object]]] = [
        ("subnets", {"subnet": subnet | {"cidr": text}}),
        ("subnets", {"subnet": subnet | {"gateway_ip": text}}),
        ("subnets", {"subnet": subnet | {"dns_nameservers": [text]}}),
        ("subnets", {"subnet": subnet | {"host_routes": [{"destination": text, "nexthop": "10.1.0.1"}]}}),
        ("subnets", {"subnet": subnet | {"host_routes": [{"destination": "10.9.0.0/24", "nexthop": text}]}}),
        ("subnets", {"subnet": subnet | {"allocation_pools": [{"start": text, "end": "10.1.0.9"}]}}),
        ("ports", {"port": {"network_id": network, "fixed_ips": [{"subnet_id": id, "ip_address": text}]}}),
        ("ports", {"port": {"network_id": network, "allowed_address_pairs": [{"ip_address": text}]}}),
        ("security-group-rules", {"security_group_rule": rule}),
        ("subnetpools", {"subnetpool": {"name": "p", "prefixes": [text]}}),
        ("address-groups", {"address_group": {"addresses": [text]}}),
    ]
    for kind, body in bodies:
        answer = await member.post(f"/network/v2.0/{kind}", body)
        assert answer.status_code == 400, (kind, body, answer.text)
    for body in (
        {"server": {"name": "x", "accessIPv4": text}},
        {"server": {"name": "x", "accessIPv6": text}},
        {"server": {"name": "x", "networks": [{"uuid": network, "fixed_ip": text}]}},
    ):
        flavor, image = {"flavorRef": "1", "imageRef": network}, {}
        answer = await member.post("/compute/v2.1/servers", {"server": body["server"] | flavor | image})
        assert answer.status_code == 400, (body, answer.text)


async def test_a_pattern_that_is_too_long_for_the_database_is_refused(cloud: Cloud) -> None:
    long = "x" * 60_000
    for path in (
        f"/image/v2/images?name=in:{long}",
        f"/compute/v2.1/servers?name={long}",
        f"/compute/v2.1/servers?ip={long}",
        f"/network/v2.0/ports?name={long}",
        f"/network/v2.0/ports?fixed_ips=ip_address_substr={long}",
        f"/identity/v3/users?name__contains={long}",
        f"/identity/v3/projects?tags={long}",
    ):
        answer = await cloud.admin.get(path)
        assert answer.status_code < 500, (path[:40], answer.text[:200])

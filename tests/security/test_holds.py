"""Requests that held the cloud once: each is answered now as it should be, at a price that nobody notices."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.conftest import Cloud, Persona
from tests.security.effort import cost_s, limit_s, memory_mib
from tests.services.compute.world import World, make

pytestmark = pytest.mark.sweep

V2, V3 = "/networking/v2.0", "/identity/v3"
GROWTH_MIB = 32.0


@pytest.fixture
async def world(cloud: Cloud) -> World:
    return await make(cloud)


async def answered(who: Persona, method: str, path: str, content: bytes = b"", **headers: str) -> Any:
    """The answer, which cost no more than a request may."""
    limit = limit_s()

    async def act() -> Any:
        return await who.call(
            method, path, content=content, headers={"Content-Type": "application/json", **headers}
        )

    spent, answer = await cost_s(act, limit)
    assert spent < limit, f"{method} {path[:60]}: {spent:.3f} s"
    return answer


async def sent(who: Persona, method: str, path: str, body: Any, **headers: str) -> Any:
    return await answered(who, method, path, json.dumps(body).encode(), **headers)


async def test_a_body_of_escaped_quotes_from_a_stranger(cloud: Cloud) -> None:
    body = b"{" * 101 + b'"' + b'\\"' * 57_000
    answer = await answered(cloud.stranger, "POST", f"{V3}/auth/tokens", body[:114_000])
    assert answer.status_code == 400


async def test_a_rule_of_stars(cloud: Cloud) -> None:
    from haneul.kernel import access_rules
    from haneul.services.compute.manifest import MANIFEST

    rules = [("compute", "GET", "/" + "**a" * 42)]
    limit = limit_s()

    async def act() -> bool:
        return access_rules.allow(rules, MANIFEST, "GET", "/compute/" + "a" * 30 + "/" * 4000)

    spent, is_allowed = await cost_s(act, limit)
    assert (is_allowed, spent < limit) == (False, True)


async def test_any_number_of_servers(world: World) -> None:
    member = world.cloud.member
    body = world.body(max_count=2**31 - 1, min_count=2**31 - 1)
    answer = await sent(member, "POST", "/compute/v2.1/servers", body)
    assert answer.status_code == 403
    assert "Quota exceeded" in answer.text
    body = world.body(max_count=2**31 - 1)
    answer = await member.post("/compute/v2.1/servers", body)
    assert answer.status_code == 202
    await world.cloud.settled()
    servers = (await member.get("/compute/v2.1/servers")).json()["servers"]
    assert len(servers) == 10, "as many as the quota allows"


async def test_any_number_of_networks_for_a_server(world: World) -> None:
    body = world.body(networks=[{"uuid": world.network}] * 20_000)
    answer = await sent(world.cloud.member, "POST", "/compute/v2.1/servers", body)
    assert answer.status_code == 400
    assert "networks" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "&".join(f"tag={i}" for i in range(5000)),
        "&".join(f"p{i}=x" for i in range(6000)),
        "&".join(f"p{i}=x" for i in range(500)),
        "&".join(f"tag={i}" for i in range(250)),
    ],
)
async def test_any_number_of_tags_and_properties_of_images(cloud: Cloud, query: str) -> None:
    answer = await answered(cloud.member, "GET", f"/image/v2/images?{query}")
    assert answer.status_code == (400 if query.count("&") >= 512 else 200)


async def test_any_number_of_prefixes_of_a_pool(cloud: Cloud) -> None:
    prefixes = [f"10.{i // 128}.{i % 128 * 2}.0/24" for i in range(6300)]
    pool = {"name": "p", "prefixes": prefixes[:1000], "default_prefixlen": 26, "min_prefixlen": 24}
    made = await cloud.member.post(f"{V2}/subnetpools", {"subnetpool": pool})
    assert made.status_code == 201, made.text
    path = f"{V2}/subnetpools/{made.json()['subnetpool']['id']}"
    same = await sent(cloud.member, "PUT", path, {"subnetpool": {"prefixes": prefixes[:1000]}})
    assert same.status_code == 200
    fewer = await sent(cloud.member, "PUT", path, {"subnetpool": {"prefixes": prefixes[:999]}})
    assert (fewer.status_code, "subset" in fewer.text) == (400, True)
    more = await sent(cloud.member, "PUT", path, {"subnetpool": {"prefixes": prefixes}})
    assert (more.status_code, "prefixes" in more.text) == (400, True)


async def test_any_number_of_name_servers(cloud: Cloud) -> None:
    network = (await cloud.member.post(f"{V2}/networks", {"network": {}})).json()["network"]["id"]
    subnet = {"network_id": network, "cidr": "10.9.0.0/24", "ip_version": 4}
    servers = [f"10.{i >> 8}.{i & 255}.1" for i in range(7000)]
    many = await sent(
        cloud.member, "POST", f"{V2}/subnets", {"subnet": subnet | {"dns_nameservers": servers}}
    )
    assert (many.status_code, "dns_nameservers" in many.text) == (400, True)
    six = await cloud.member.post(f"{V2}/subnets", {"subnet": subnet | {"dns_nameservers": servers[:6]}})
    assert (six.status_code, six.json()["NeutronError"]["type"]) == (400, "DNSNameServersExhausted")


async def test_any_number_of_address_scopes(cloud: Cloud) -> None:
    cloud.platform.config["network"] = {"max_address_scopes": 3}  # type: ignore[index]
    body = {"address_scope": {"name": "s", "ip_version": 4}}
    answers = [(await cloud.member.post(f"{V2}/address-scopes", body)).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 409]
    assert (await cloud.stranger.post(f"{V2}/address-scopes", body)).status_code == 201


async def test_lists_of_networks_have_pages(cloud: Cloud) -> None:
    cloud.platform.config["network"] = {"pagination_max_limit": 3}  # type: ignore[index]
    names = [f"n{i}" for i in range(7)]
    for name in names:
        await cloud.member.post(f"{V2}/networks", {"network": {"name": name}})
    pages, path = [], f"{V2}/networks?sort_key=name&sort_dir=asc"
    while path:
        page = (await cloud.member.get(path)).json()
        pages.append([n["name"] for n in page["networks"]])
        path = next((each["href"] for each in page.get("networks_links", ()) if each["rel"] == "next"), "")
    assert pages == [names[:3], names[3:6], names[6:]]
    asked = (await cloud.member.get(f"{V2}/networks?limit=100")).json()
    assert len(asked["networks"]) == 3


async def test_any_number_of_credentials(cloud: Cloud) -> None:
    cloud.platform.config["identity"] = {"credential": {"user_limit": 2}}  # type: ignore[index]
    user = cloud.member.auth.user_id
    body = {"credential": {"type": "cert", "blob": "x", "user_id": user}}
    answers = [(await cloud.member.post(f"{V3}/credentials", body)) for _ in range(3)]
    assert [a.status_code for a in answers] == [201, 201, 403]
    assert "maximum of 2 already exceeded for user" in answers[2].text


async def test_names_of_servers_are_patterns(world: World) -> None:
    member = world.cloud.member
    for name in ("web-1", "web-11", "aweb-1", "DB"):
        await world.create(name=name)

    async def names(pattern: str) -> list[str]:
        page = await member.get("/compute/v2.1/servers", params={"name": pattern})
        assert page.status_code == 200, page.text
        return sorted(s["name"] for s in page.json()["servers"])

    assert await names("^web-1$") == ["web-1"]
    assert await names("web-1") == ["aweb-1", "web-1", "web-11"]
    assert await names("^(web|db)") == ["DB", "web-1", "web-11"]
    assert await names("") == ["DB", "aweb-1", "web-1", "web-11"]
    for wrong in ("(", "*", "[a"):
        refused = await member.get("/compute/v2.1/servers", params={"name": wrong})
        assert (refused.status_code, "regex" in refused.text) == (400, True)
    slow = await answered(member, "GET", "/compute/v2.1/servers?name=" + "(a%2B)%2B" * 200 + "%24")
    assert slow.status_code in (200, 400)


async def test_queries_of_every_shape_leave_nothing_behind(world: World) -> None:
    member = world.cloud.member
    keys = ("name", "status", "size", "created_at", "updated_at", "id", "disk_format")

    async def ask(number: int) -> None:
        tags = "&".join(f"tag={i}" for i in range(number % 250))
        order = "&".join(
            f"sort_key={keys[(number // (i + 1) + i) % len(keys)]}" for i in range(1 + number % 6)
        )
        await member.get(f"/image/v2/images?{tags}")
        await member.get(f"/image/v2/images?{order}")
        await member.get(f"{V2}/networks?tags=" + ",".join(map(str, range(number))))
        await member.get(
            "/compute/v2.1/servers?tags=" + ",".join(map(str, range(number))), version="compute 2.79"
        )
        fields = sorted(("name", "id", "description", "mtu", "status", "revision_number"), key=hash)
        await member.get(f"{V2}/networks?" + "&".join(f"{f}=1" for f in fields[: number % 7]))

    for number in range(60):
        await ask(number)
    before = memory_mib(world.cloud.platform.db)
    for number in range(60, 300):
        await ask(number)
    assert memory_mib(world.cloud.platform.db) - before < GROWTH_MIB


async def turns_during(world: World, path: str, body: Any) -> int:
    """How often somebody else was answered while the member's request was."""
    other = world.cloud.stranger
    making = asyncio.create_task(world.cloud.member.post(path, body))
    await asyncio.sleep(0)
    turns = 0
    while not making.done():
        assert (await other.get(f"{V2}/networks")).status_code == 200
        await asyncio.sleep(0)
        turns += 1
    assert (await making).status_code in (201, 202)
    return turns


async def test_a_body_of_many_ports_leaves_others_their_turn(world: World) -> None:
    member = world.cloud.member
    network = (await member.post(f"{V2}/networks", {"network": {}})).json()["network"]["id"]
    wish = {"network_id": network, "cidr": "10.77.0.0/16", "ip_version": 4}
    assert (await member.post(f"{V2}/subnets", {"subnet": wish})).status_code == 201
    assert await turns_during(world, f"{V2}/ports", {"ports": [{"network_id": network}] * 100}) > 10


async def test_many_servers_at_once_leave_others_their_turn(world: World) -> None:
    cloud = world.cloud
    quota = f"/compute/v2.1/os-quota-sets/{cloud.member.auth.project_id}"
    assert (await cloud.admin.put(quota, {"quota_set": {"instances": 50, "cores": -1}})).status_code == 200
    body = world.body(min_count=50, max_count=50, networks="none")
    body["server"].pop("networks")
    assert await turns_during(world, "/compute/v2.1/servers", body) > 10


async def test_what_a_body_of_many_may_is_asked_before_anybody_has_to_wait(world: World) -> None:
    """While a transaction writes nobody else does: what it may is not found out inside of it."""
    member, db = world.cloud.member, world.cloud.platform.db
    network = (await member.post(f"{V2}/networks", {"network": {}})).json()["network"]["id"]
    bodies = [{"network_id": network}] * 40 + [{"network_id": network, "binding:host_id": "mine"}]
    if db.is_shared:
        pytest.skip("there are several writers")
    async with db.transaction() as tx:
        await tx.lock("held")  # nobody else writes, and the answer comes all the same
        answer = await member.post(f"{V2}/ports", {"ports": bodies})
    assert answer.status_code == 403, answer.text
    shown = (await member.get(f"{V2}/ports?network_id={network}")).json()["ports"]
    assert [p for p in shown if p["device_owner"] != "network:distributed"] == []

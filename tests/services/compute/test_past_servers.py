"""Servers that are gone, as lists and actions still tell of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from haneul.services.compute.api.server_filters import EXACT, NUMBERS, PATTERNS, SORT_KEYS
from haneul.services.compute.operations import verification
from haneul.services.compute.reconcilers.past_servers import forget_past_servers
from haneul.services.compute.store.past_servers import PAST_SERVERS
from tests.conftest import Cloud, Persona
from tests.services.compute import world
from tests.services.compute.world import World

BASE = "/compute/v2.1"
NEWEST = "compute 2.96"
LONG_AGO = "changes-since=2020-01-01T00:00:00Z"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def _gone(w: World, **more: Any) -> str:
    id = await w.create(**more)
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    return id


async def _listed(who: Persona, query: str, version: str = NEWEST) -> list[dict[str, Any]]:
    answer = await who.get(f"{BASE}/servers/detail?{query}", version=version)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["servers"]
    return found


async def _names(who: Persona, query: str, version: str = NEWEST) -> list[str]:
    return [s["name"] for s in await _listed(who, query, version)]


async def test_a_deleted_server_is_told_of_as_it_was(w: World) -> None:
    id = await w.create(name="old", metadata={"a": "b"}, user_data="c2VjcmV0", description="of mine")
    before = await w.show(id)
    assert (await w.cloud.member.delete(f"{BASE}/servers/{id}")).status_code == 204
    await w.cloud.settled()
    assert (await w.cloud.admin.get(f"{BASE}/servers/{id}")).status_code == 404
    (shown,) = await _listed(w.cloud.admin, "deleted=true&all_tenants=1", "compute 2.79")
    assert (shown["id"], shown["status"], shown["OS-EXT-STS:vm_state"]) == (id, "DELETED", "deleted")
    assert shown["OS-SRV-USG:terminated_at"] is not None
    assert shown["OS-EXT-STS:power_state"] == 0
    assert shown["OS-EXT-STS:task_state"] is None
    assert shown["addresses"] == {}
    assert shown["os-extended-volumes:volumes_attached"] == []
    assert shown["OS-EXT-SRV-ATTR:user_data"] is None
    assert (shown["metadata"], shown["tags"], shown["host_status"]) == ({}, [], "")
    for same in ("created", "flavor", "description", "OS-EXT-SRV-ATTR:host", "key_name"):
        assert shown[same] == before[same], same


async def test_only_administrators_may_ask_for_the_deleted(w: World) -> None:
    await _gone(w, name="gone")
    await w.create(name="there")
    admin, member = w.cloud.admin, w.cloud.member
    everywhere = "all_tenants=1&"
    assert await _names(admin, f"{everywhere}deleted=true") == ["gone"]
    assert await _names(admin, f"{everywhere}status=deleted") == ["gone"]
    assert await _names(admin, f"{everywhere}deleted=false&{LONG_AGO}") == ["there"]
    assert await _names(admin, f"{everywhere}deleted=nonsense") == ["there"]
    assert await _names(admin, f"{everywhere}deleted=true&status=ACTIVE") == []
    assert await _names(member, "deleted=true") == ["there"]
    refused = await member.get(f"{BASE}/servers?status=DELETED")
    assert refused.status_code == 403
    assert refused.json()["forbidden"]["message"] == "Only administrators may list deleted instances"


async def test_changes_tell_of_the_deleted_too(w: World) -> None:
    await _gone(w, name="gone")
    await w.create(name="there")
    member = w.cloud.member
    assert await _names(member, LONG_AGO) == ["there", "gone"]
    assert await _names(member, f"{LONG_AGO}&name=go") == ["gone"]
    assert await _names(member, "changes-before=2999-01-01T00:00:00Z") == ["there", "gone"]
    assert await _names(member, "changes-since=2999-01-01T00:00:00Z") == []
    assert await _names(w.cloud.stranger, LONG_AGO) == []
    both = "changes-since=2021-01-01T00:00:00Z&changes-before=2020-01-01T00:00:00Z"
    assert (await member.get(f"{BASE}/servers?{both}", version=NEWEST)).status_code == 400


@pytest.mark.parametrize(
    "order", ["created_at&sort_dir=asc", "display_name&sort_dir=desc", "key_name", "uuid"]
)
async def test_pages_lead_through_the_living_and_the_gone(w: World, order: str) -> None:
    for number in range(5):
        await (_gone(w, name=f"s{number}") if number % 2 else w.create(name=f"s{number}"))
    everything = await _names(w.cloud.member, f"{LONG_AGO}&sort_key={order}")
    assert sorted(everything) == ["s0", "s1", "s2", "s3", "s4"]
    path: str | None = f"{BASE}/servers?{LONG_AGO}&sort_key={order}&limit=2"
    found: list[str] = []
    while path is not None:
        answer = (await w.cloud.member.get(path, version=NEWEST)).json()
        found += [s["name"] for s in answer["servers"]]
        links = answer.get("servers_links")
        path = links[0]["href"].removeprefix("http://cloud.test") if links else None
    assert found == everything


async def test_every_filter_and_order_reaches_the_deleted(w: World) -> None:
    id = await _gone(w, name="gone")
    (known,) = await _listed(w.cloud.admin, "deleted=true&all_tenants=1")
    everything = f"{LONG_AGO}&all_tenants=1"
    for key in SORT_KEYS:
        assert await _names(w.cloud.admin, f"{everything}&sort_key={key}&marker={id}") == [], key
        assert await _names(w.cloud.admin, f"{everything}&sort_key={key}") == ["gone"], key
    values = {
        "host": known["OS-EXT-SRV-ATTR:host"],
        "user_id": known["user_id"],
        "uuid": id,
        "flavor": w.flavor,
    }
    values |= {
        "image": w.image,
        "power_state": 0,
        "vm_state": "deleted",
        "hostname": "gone",
        "locked": "false",
    }
    for name, value in values.items():
        assert await _names(w.cloud.admin, f"{everything}&{name}={value}") == ["gone"], name
    for name in {**EXACT, **PATTERNS, **NUMBERS}:
        assert await _names(w.cloud.admin, f"{everything}&{name}=nothing") == [], name


async def test_tags_go_with_the_server(w: World) -> None:
    id = await w.create(name="gone")
    await w.cloud.member.put(f"{BASE}/servers/{id}/tags", {"tags": ["x"]}, version=NEWEST)
    await w.cloud.member.delete(f"{BASE}/servers/{id}")
    await w.cloud.settled()
    assert await _names(w.cloud.member, f"{LONG_AGO}&tags=x") == []
    assert await _names(w.cloud.member, f"{LONG_AGO}&not-tags-any=x") == ["gone"]


async def test_what_was_done_to_a_deleted_server_is_told_from_2_21_on(w: World) -> None:
    id = await _gone(w)
    path = f"{BASE}/servers/{id}/os-instance-actions"
    assert (await w.cloud.member.get(path, version="compute 2.20")).status_code == 404
    found = (await w.cloud.member.get(path, version="compute 2.21")).json()["instanceActions"]
    assert [a["action"] for a in found] == ["delete", "create"]
    one = f"{path}/{found[0]['request_id']}"
    assert (await w.cloud.member.get(one, version="compute 2.20")).status_code == 404
    assert (await w.cloud.member.get(one, version="compute 2.21")).status_code == 200
    assert (await w.cloud.stranger.get(path, version="compute 2.21")).status_code == 404


async def test_what_is_gone_for_long_is_forgotten(w: World) -> None:
    old, recent = await _gone(w, name="old"), await _gone(w, name="recent")
    platform, look = w.cloud.platform, w.cloud.plane.reconcilers.look
    async with platform.context() as ctx:
        known = await PAST_SERVERS.get(ctx.tx, old)
        assert known is not None
        at = known.terminated_at - timedelta(days=91)
        await PAST_SERVERS.update(ctx.tx, msgspec.structs.replace(known, terminated_at=at))
    for days, kept in ((0, {old, recent}), (92, {old, recent}), (90, {recent})):
        platform.config["compute"] = {"deleted_servers_days": days}
        await look(forget_past_servers)
        async with platform.reading() as ctx:
            assert {s.id for s in await PAST_SERVERS.find(ctx.tx)} == kept
            assert await verification.verify(ctx) is None

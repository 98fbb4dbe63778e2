"""What projects used of the cloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from haneul.services.compute.model.servers import FlavorSnapshot, Server, VmState
from haneul.services.compute.model.usage import Period, UsedServer, by_project
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS
from tests.conftest import Cloud, Persona
from tests.services.compute import world
from tests.services.compute.world import World

USAGE = "/compute/v2.1/os-simple-tenant-usage"
NEWEST = "compute 2.96"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FLAVOR = FlavorSnapshot("f", "f", 2, 1024, 10, 5, 0)
DAY = "start=2026-01-01T00:00:00&end=2026-01-02T00:00:00"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


def _used(began: float, ended: float | None, project: str = "p") -> UsedServer:
    """There from then to then, in hours from noon."""
    launched_at = NOON + timedelta(hours=began)
    terminated_at = None if ended is None else NOON + timedelta(hours=ended)
    return UsedServer("s", project, "s", FLAVOR, VmState.ACTIVE, launched_at, terminated_at)


@pytest.mark.parametrize(
    ("began", "ended", "hours"),
    [(-5, None, 2), (-5, 1, 1), (0.5, 1, 0.5), (1.5, 9, 0.5), (-5, -4, 0), (3, None, 0)],
)
def test_what_lies_in_the_period_counts(began: float, ended: float | None, hours: float) -> None:
    assert _used(began, ended).hours(Period(NOON, NOON + timedelta(hours=2))) == hours


def test_sums_are_of_each_project() -> None:
    period = Period(NOON, NOON + timedelta(hours=4))
    first, second = by_project([_used(0, 1, "a"), _used(1, None, "a"), _used(2, None, "b")], period)
    assert (first.project_id, first.hours, first.vcpu_hours) == ("a", 4.0, 8.0)
    assert (first.memory_mib_hours, first.disk_gb_hours) == (4096.0, 60.0)
    assert (second.project_id, second.hours) == ("b", 2.0)


async def _server(w: World, name: str, began: int, ended: int | None) -> str:
    """A server of the member that was there from that hour of the first of January 2026 to that."""
    id = await w.create(name=name)
    if ended is not None:
        await w.cloud.member.delete(f"/compute/v2.1/servers/{id}")
        await w.cloud.settled()
    at = NOON.replace(hour=began)
    async with w.cloud.platform.context() as ctx:
        there: Server | None = await SERVERS.get(ctx.tx, id)
        if there is not None:
            await SERVERS.update(ctx.tx, msgspec.structs.replace(there, launched_at=at))
        elif (gone := await PAST_SERVERS.get(ctx.tx, id)) is not None:
            until = NOON.replace(hour=ended or 0)
            new = msgspec.structs.replace(gone, launched_at=at, terminated_at=until)
            await PAST_SERVERS.update(ctx.tx, new)
    return id


async def _get(who: Persona, path: str, version: str = NEWEST) -> dict[str, Any]:
    answer = await who.get(path, version=version)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_usage_counts_the_living_and_the_gone(w: World) -> None:
    there, gone = await _server(w, "there", 20, None), await _server(w, "gone", 1, 3)
    project = (await w.show(there))["tenant_id"]
    shown = (await _get(w.cloud.member, f"{USAGE}/{project}?{DAY}"))["tenant_usage"]
    assert shown["tenant_id"] == project
    assert (shown["total_hours"], shown["total_vcpus_usage"]) == (6.0, 6.0)
    assert (shown["total_memory_mb_usage"], shown["total_local_gb_usage"]) == (384.0, 6.0)
    assert (shown["start"], shown["stop"]) == ("2026-01-01T00:00:00.000000", "2026-01-02T00:00:00.000000")
    servers = {s.pop("instance_id"): s for s in shown["server_usages"]}
    assert list(servers) == sorted([there, gone])
    assert servers[gone] == {
        "name": "gone",
        "tenant_id": project,
        "flavor": "f",
        "vcpus": 1,
        "memory_mb": 64,
        "local_gb": 1,
        "hours": 2.0,
        "uptime": 7200,
        "started_at": "2026-01-01T01:00:00.000000",
        "ended_at": "2026-01-01T03:00:00.000000",
        "state": "terminated",
    }
    assert (servers[there]["state"], servers[there]["ended_at"], servers[there]["hours"]) == (
        "active",
        None,
        4.0,
    )
    later = "start=2026-01-01T04:00:00&end=2026-01-01T20:00:00"
    assert await _get(w.cloud.member, f"{USAGE}/{project}?{later}") == {"tenant_usage": {}}
    (listed,) = (await _get(w.cloud.admin, f"{USAGE}?{DAY}"))["tenant_usages"]
    del shown["server_usages"]
    assert listed == shown
    (listed,) = (await _get(w.cloud.admin, f"{USAGE}?{DAY}&detailed=1"))["tenant_usages"]
    assert [s["name"] for s in listed["server_usages"]] == [servers[i]["name"] for i in servers]


async def test_pages_are_of_servers_and_their_sums_make_up_the_whole(w: World) -> None:
    for number in range(5):
        await _server(w, f"s{number}", number, 20 if number % 2 else None)
    whole = (await _get(w.cloud.admin, f"{USAGE}?{DAY}"))["tenant_usages"][0]["total_hours"]
    project = (await _get(w.cloud.admin, f"{USAGE}?{DAY}"))["tenant_usages"][0]["tenant_id"]
    for path, key in ((USAGE, "tenant_usages"), (f"{USAGE}/{project}", "tenant_usage")):
        following: str | None = f"{path}?{DAY}&limit=2"
        names: list[str] = []
        hours = 0.0
        while following is not None:
            page = await _get(w.cloud.admin, following + "&detailed=1" * (path == USAGE))
            usage = page[key][0] if path == USAGE else page[key]
            names += [s["name"] for s in usage["server_usages"]]
            hours += usage["total_hours"]
            links = page.get(f"{key}_links")
            following = links[0]["href"].removeprefix("http://cloud.test") if links else None
        assert sorted(names) == ["s0", "s1", "s2", "s3", "s4"]
        assert hours == whole
    assert (await _get(w.cloud.admin, f"{USAGE}?{DAY}&limit=0"))["tenant_usages"] == []
    (all_at_once,) = (await _get(w.cloud.admin, f"{USAGE}?{DAY}&limit=2", "compute 2.39"))["tenant_usages"]
    assert all_at_once["total_hours"] == whole


async def test_a_project_sees_its_own_usage_only(w: World) -> None:
    id = await _server(w, "s", 1, 2)
    async with w.cloud.platform.reading() as ctx:
        gone = await PAST_SERVERS.get(ctx.tx, id)
    assert gone is not None
    own = f"{USAGE}/{gone.project_id}?{DAY}"
    for who, status in ((w.cloud.reader, 200), (w.cloud.admin, 200), (w.cloud.stranger, 403)):
        assert (await who.get(own, version=NEWEST)).status_code == status
    assert (await w.cloud.member.get(USAGE)).status_code == 403
    assert (await _get(w.cloud.admin, f"{USAGE}/nobody?{DAY}")) == {"tenant_usage": {}}


FORMAT = "Invalid datetime string: Datetime is in invalid format"
ORDER = "Invalid start time. The start time cannot occur after the end time."


@pytest.mark.parametrize(
    ("query", "version", "message"),
    [
        ("start=foo", "compute 2.1", FORMAT),
        ("end=2026-01-01", NEWEST, FORMAT),
        ("start=2026-01-01T00:00:00Z", NEWEST, FORMAT),
        ("start=2026-01-01%2000:00:00", NEWEST, FORMAT),
        ("start=2999-01-01T00:00:00", NEWEST, ORDER),
        ("end=2020-01-01T00:00:00", NEWEST, ORDER),
        ("start=2026-01-01T00:00:00&end=2026-01-01T00:00:00", NEWEST, ORDER),
        ("marker=foo", NEWEST, "Marker foo could not be found."),
        ("limit=-1", NEWEST, "limit"),
        ("foo=bar", NEWEST, "Additional properties are not allowed ('foo' was unexpected)"),
    ],
)
async def test_what_cannot_be_meant_is_refused(cloud: Cloud, query: str, version: str, message: str) -> None:
    answer = await cloud.admin.get(f"{USAGE}?{query}", version=version)
    assert answer.status_code == 400
    assert message in answer.json()["badRequest"]["message"]


@pytest.mark.parametrize(
    ("query", "version"),
    [
        ("", NEWEST),
        ("start=&end=", NEWEST),
        ("start=2026-01-01%2000:00:00.5", NEWEST),
        ("start=0001-01-01T00:00:00", NEWEST),
        ("start=2999-01-01T00:00:00&end=9999-12-31T23:59:59", NEWEST),
        ("start=2026-01-01T00:00:00&start=foo", NEWEST),
        ("marker=foo&limit=-1", "compute 2.39"),
        ("foo=bar", "compute 2.74"),
    ],
)
async def test_what_can_be_meant_is_answered(cloud: Cloud, query: str, version: str) -> None:
    assert await _get(cloud.admin, f"{USAGE}?{query}", version) == {"tenant_usages": []}

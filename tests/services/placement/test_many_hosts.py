"""Placing where there are more hosts than are looked at one by one."""

from __future__ import annotations

import msgspec

from haneul.services.placement import public as placement
from haneul.services.placement.model.placing import decide
from haneul.services.placement.model.providers import Consumer
from haneul.services.placement.operations import hosts, verification
from tests.conftest import Cloud

HOSTS = 150
WISH = placement.Wish({"VCPU": 2, "MEMORY_MB": 300, "DISK_GB": 1})


def has(vcpus: int, memory_mib: int, disk_gb: int) -> dict[str, int]:
    return {"VCPU": vcpus, "MEMORY_MB": memory_mib, "DISK_GB": disk_gb}


async def add_hosts(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        reports = [
            {"name": f"big-{n:03}", "resources": has(4 + n % 3, 2000 + 10 * n, 50)} for n in range(HOSTS)
        ]
        await placement.report(ctx, reports)


async def place(cloud: Cloud, number: int, wish: placement.Wish = WISH) -> placement.Decision:
    async with cloud.platform.context() as ctx:
        return await placement.place(ctx, wish, Consumer(f"c{number}", "p", "u", "INSTANCE", 1))


async def test_the_choice_is_the_one_that_looking_at_every_host_makes(cloud: Cloud) -> None:
    await add_hosts(cloud)
    for number in range(40):
        async with cloud.platform.reading() as ctx:
            expected = decide(await hosts.candidates(ctx), WISH)
        decision = await place(cloud, number)
        assert decision.chosen == expected.chosen
        assert decision.ranking[:5] == expected.ranking[:5]
    async with cloud.platform.reading() as ctx:
        assert await verification.verify(ctx) is None
        assert (await placement.holdings(ctx)).keys() == {f"c{n}" for n in range(40)}


async def test_what_only_few_hosts_have_is_found_among_all(cloud: Cloud) -> None:
    await add_hosts(cloud)
    async with cloud.platform.context() as ctx:
        await hosts.report(ctx, [{"name": "odd", "resources": has(2, 310, 2)}])
        odd = await placement.host(ctx, "odd")
        assert odd is not None
        await placement.save_host(ctx, msgspec.structs.replace(odd, zone="far"))
    decision = await place(cloud, 1, placement.Wish(WISH.resources, zone="far"))
    assert decision.chosen == "odd"


async def test_what_fits_nowhere_says_why_of_every_host(cloud: Cloud) -> None:
    await add_hosts(cloud)
    decision = await place(cloud, 1, placement.Wish({"VCPU": 1000, "MEMORY_MB": 1, "DISK_GB": 1}))
    assert decision.chosen is None
    assert len(decision.refusals) == 100
    assert decision.remedy


async def test_a_host_that_reports_the_same_again_is_seen(cloud: Cloud) -> None:
    await add_hosts(cloud)
    async with cloud.platform.reading() as ctx:
        before = {h.name: h for h in await placement.hosts(ctx)}
    await add_hosts(cloud)
    async with cloud.platform.reading() as ctx:
        after = {h.name: h for h in await placement.hosts(ctx)}
        assert {h.name for h in await placement.hosts_up(ctx)} == set(after)
    assert after["big-007"].last_seen_at > before["big-007"].last_seen_at
    assert after["big-007"].report == before["big-007"].report


async def test_a_host_whose_agent_started_anew_is_noticed_at_once(cloud: Cloud) -> None:
    seen: list[placement.HostsAppeared] = []
    cloud.platform.bus.listen(placement.HostsAppeared, seen.append)  # type: ignore[arg-type]

    async def reported(agent: str) -> int:
        seen.clear()
        async with cloud.platform.context() as ctx:
            await placement.report(ctx, [{"name": "h", "resources": {"VCPU": 2}, "agent_id": agent}])
        return len(seen)

    assert await reported("first") == 1
    assert await reported("first") == 0
    assert await reported("second") == 1

"""A host is what an agent reports, whatever it can do: one that only keeps disks is a host."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from haneul.host_agent import AgentConfig, HostAgent, build_agent, interfaces
from haneul.kernel.errors import ImpossibleHere
from haneul.kernel.hosts import Agents, Channel
from haneul.kernel.hosts.in_process import InProcessChannel
from haneul.kernel.hosts.reports import send_reports
from haneul.process import upcalls
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.compute.drivers.interface import Hypervisor
from haneul.services.placement import public as placement
from haneul.services.placement.model.providers import Consumer
from tests.conftest import SERVICES, Cloud

SHELF = "shelf"


class Both:
    """A channel to the hosts of two agents."""

    def __init__(self, usual: Channel, shelf: Channel) -> None:
        self.usual, self.shelf = usual, shelf

    async def call(self, host: str, *call: Any) -> bytes:
        return await (self.shelf if host == SHELF else self.usual).call(host, *call)


@pytest.fixture
async def shelf(cloud: Cloud, tmp_path: Path) -> AsyncIterator[HostAgent]:
    """A host with volumes, and nothing else, beside the usual ones."""
    upcall = upcalls(cloud.platform, SERVICES)
    config = AgentConfig(
        state=str(tmp_path / "shelf"),
        hosts=[SHELF],
        drivers={name: "fake" if name == "volumes" else "none" for name in interfaces()},
    )
    agent = build_agent(config, upcall)
    channel = InProcessChannel(agent)
    cloud.platform.agents = Agents(Both(cloud.platform.agents.channel, channel), interfaces())
    await agent.start()
    await send_reports(upcall, [await agent.report(SHELF)])
    yield agent
    await channel.close()
    await agent.close()


async def services(cloud: Cloud, path: str, binary: str) -> set[str]:
    answer = await cloud.admin.get(f"{path}/os-services?binary={binary}")
    return {each["host"].partition("@")[0] for each in answer.json()["services"]}


async def test_a_host_with_only_disks_is_listed_where_disks_are(cloud: Cloud, shelf: HostAgent) -> None:
    volume = f"/volume/v3/{cloud.admin.auth.project_id}"
    assert (await shelf.report(SHELF)).interfaces == {"volumes": {}}
    assert await services(cloud, volume, "cinder-volume") == {SHELF, *cloud.hosts}
    assert await services(cloud, "/compute/v2.1", "nova-compute") == set(cloud.hosts)
    agents = (await cloud.admin.get("/networking/v2.0/agents")).json()["agents"]
    assert {each["host"] for each in agents} == set(cloud.hosts)
    status = (await cloud.admin.get("/haneul/v1/status")).json()
    assert status["hosts"] == status["hosts_up"] == len(cloud.hosts) + 1
    pools = (await cloud.admin.get(f"{volume}/scheduler-stats/get_pools?detail=true")).json()["pools"]
    assert SHELF in {each["name"].partition("@")[0] for each in pools}


async def test_it_gets_volumes_and_no_servers(cloud: Cloud, shelf: HostAgent) -> None:
    listed = (await cloud.admin.get("/compute/v2.1/os-services?binary=nova-compute")).json()["services"]
    for each in listed:
        body = {"host": each["host"], "binary": "nova-compute"}
        answer = await cloud.admin.put("/compute/v2.1/os-services/disable", body)
        assert answer.status_code == 200, answer.text
    path = f"/volume/v3/{cloud.member.auth.project_id}/volumes"
    made = (await cloud.member.post(path, {"volume": {"size": 1}})).json()["volume"]["id"]
    await cloud.settled()
    assert (await cloud.member.get(f"{path}/{made}")).json()["volume"]["status"] == "available"
    assert made in await (await shelf.driver(SHELF, "volumes")).volumes()
    async with cloud.platform.context() as ctx:
        wish = placement.Wish({"VCPU": 1})
        decision = await placement.place(ctx, wish, Consumer("c", "p", "u", "INSTANCE", 1))
    assert decision.chosen is None
    for name in ("compare_machines", "prune_image_caches", "compare_hosts"):
        [reconciler] = [r for r in cloud.plane.reconcilers.reconcilers if r.name == name]
        await cloud.plane.reconcilers.look(reconciler)


async def test_what_it_lacks_is_said_when_it_is_asked_for(cloud: Cloud, shelf: HostAgent) -> None:
    agents = cloud.platform.agents
    assert await agents.typed(SHELF, Volumes).volumes() == {}
    with pytest.raises(ImpossibleHere, match="hypervisor"):
        await agents.typed(SHELF, Hypervisor).machines()
    with pytest.raises(TypeError, match="no Protocol"):
        agents.typed(SHELF, HostAgent)

"""What happened long ago is forgotten."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from haneul.kernel.events import EVENTS
from haneul.kernel.saga import OPERATIONS, STEPS
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.oversight.reconcilers.history import forget_history
from haneul.services.oversight.store import history
from tests.conftest import Cloud
from tests.services.compute import world


async def _grown_old(cloud: Cloud, days: int) -> None:
    """All that happened so far happened so much earlier."""
    async with cloud.platform.context() as ctx:
        for event in await EVENTS.find(ctx.tx):
            await EVENTS.update(ctx.tx, msgspec.structs.replace(event, at=event.at - timedelta(days=days)))
        for operation in await OPERATIONS.find(ctx.tx):
            ended = operation.ended_at and operation.ended_at - timedelta(days=days)
            await OPERATIONS.update(ctx.tx, msgspec.structs.replace(operation, ended_at=ended))


async def _forgotten(cloud: Cloud, days: int) -> tuple[set[str], int]:
    """With so many days kept: what operations there are of, and the number of events."""
    cloud.platform.config["oversight"] = {"history_days": days}
    await cloud.plane.reconcilers.look(forget_history)
    async with cloud.platform.reading() as ctx:
        operations = await OPERATIONS.find(ctx.tx)
        assert {s.operation_id for s in await STEPS.find(ctx.tx)} <= {o.id for o in operations}
        return {o.resource_id for o in operations}, await EVENTS.count(ctx.tx)


async def _volume(cloud: Cloud) -> str:
    answer = await cloud.member.post(
        f"/volume/v3/{cloud.member.auth.project_id}/volumes", {"volume": {"size": 1}}
    )
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    id: str = answer.json()["volume"]["id"]
    return id


@pytest.mark.parametrize("at_once", [500, 2])
async def test_what_is_over_is_forgotten_but_not_of_servers_still_known(
    cloud: Cloud, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "AT_ONCE", at_once)
    w = await world.make(cloud)
    living, gone, forgotten = [await w.create() for _ in range(3)]
    for id in (gone, forgotten):
        assert (await cloud.member.delete(f"/compute/v2.1/servers/{id}")).status_code == 204
    old = await _volume(cloud)
    await cloud.settled()
    async with cloud.platform.context() as ctx:
        assert await PAST_SERVERS.remove(ctx.tx, id=forgotten) == 1
    await _grown_old(cloud, 91)
    recent = await _volume(cloud)
    assert (await cloud.member.post("/image/v2/images", {"name": "new"})).status_code == 201
    everything, events = await _forgotten(cloud, 0)
    assert {living, gone, forgotten, old, recent} <= everything
    assert await _forgotten(cloud, 92) == (everything, events)
    kept, left = await _forgotten(cloud, 90)
    assert kept == {living, gone, recent}
    assert events > 1
    assert left == 1
    actions = await cloud.member.get(f"/compute/v2.1/servers/{living}/os-instance-actions")
    assert [a["action"] for a in actions.json()["instanceActions"]] == ["create"]
    explained = await cloud.member.get(f"/haneul/v1/servers/{living}/explain")
    assert explained.status_code == 200

"""What most of these tests do first."""

from __future__ import annotations

from typing import Any

from tests.conftest import Cloud, Persona

V3 = "/volume/v3"


async def make_volume(cloud: Cloud, who: Persona | None = None, **wish: Any) -> dict[str, Any]:
    """A volume that is there."""
    asker = who or cloud.member
    answer = await asker.post(f"{V3}/volumes", {"volume": {"size": 1, **wish}})
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    return await volume(cloud, answer.json()["volume"]["id"])


async def volume(cloud: Cloud, id: str) -> dict[str, Any]:
    """The volume as an administrator sees it now."""
    answer = await cloud.admin.get(f"{V3}/volumes/{id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["volume"]


async def make_snapshot(cloud: Cloud, volume_id: str, **wish: Any) -> dict[str, Any]:
    answer = await cloud.member.post(f"{V3}/snapshots", {"snapshot": {"volume_id": volume_id, **wish}})
    assert answer.status_code == 202, answer.text
    await cloud.settled()
    return answer.json()["snapshot"]


def message(answer: Any, fault: str) -> str:
    """What the fault says, if it is of that kind."""
    return answer.json()[fault]["message"]

"""What was done to a server."""

from __future__ import annotations

import pytest

from haneul.services.compute.reconcilers.machines import compare_machines
from tests.conftest import Cloud
from tests.services.compute import world
from tests.services.compute.world import World

BASE = "/compute/v2.1"
NEWEST = "compute 2.95"


@pytest.fixture
async def w(cloud: Cloud) -> World:
    return await world.make(cloud)


async def _listed(w: World, id: str, query: str = "", version: str = NEWEST) -> dict:
    answer = await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions{query}", version=version)
    assert answer.status_code == 200, answer.text
    found: dict = answer.json()
    return found


async def _names(w: World, id: str, query: str = "", version: str = NEWEST) -> list[str]:
    return [a["action"] for a in (await _listed(w, id, query, version))["instanceActions"]]


async def _stopped(w: World) -> str:
    id = await w.create()
    await w.cloud.member.post(f"{BASE}/servers/{id}/action", {"os-stop": None})
    await w.cloud.settled()
    return id


async def test_what_the_cloud_did_by_itself_is_told_and_hides_nothing_from_the_owner(w: World) -> None:
    id = await w.create()
    host = (await w.show(id))["OS-EXT-SRV-ATTR:host"]
    await w.cloud.platform.agents.on(host).hypervisor.ensure_gone(id)
    await w.cloud.plane.reconcilers.look(compare_machines)
    await w.cloud.settled()
    restore, create = (await _listed(w, id))["instanceActions"]
    assert [restore["action"], create["action"]] == ["restore", "create"]
    assert restore["project_id"] is None
    path = f"{BASE}/servers/{id}/os-instance-actions/{restore['request_id']}"
    shown = (await w.cloud.member.get(path, version=NEWEST)).json()["instanceAction"]
    assert shown["events"][0]["result"] == "Success"
    assert (await w.cloud.stranger.get(path, version=NEWEST)).status_code == 404


async def test_pages_follow_each_other(w: World) -> None:
    id = await _stopped(w)
    first = await _listed(w, id, "?limit=1")
    assert [a["action"] for a in first["instanceActions"]] == ["stop"]
    (link,) = first["links"]
    assert link["rel"] == "next"
    second = (await w.cloud.member.get(link["href"].removeprefix("http://cloud.test"), version=NEWEST)).json()
    assert [a["action"] for a in second["instanceActions"]] == ["create"]
    assert "links" not in second
    assert await _names(w, id, "?limit=0") == []
    assert await _names(w, id, "?limit=1", version="compute 2.57") == ["stop", "create"]


async def test_changes_are_found_by_their_time(w: World) -> None:
    id = await _stopped(w)
    stop, create = (await _listed(w, id))["instanceActions"]
    assert await _names(w, id, f"?changes-since={stop['updated_at']}Z") == ["stop"]
    assert await _names(w, id, f"?changes-before={create['updated_at']}Z") == ["create"]
    assert await _names(w, id, "?changes-before=2020-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "version", "problem"),
    [
        ("?marker=nobody", NEWEST, "Marker nobody could not be found."),
        ("?changes-since=foo", NEWEST, "changes-since"),
        ("?limit=-1", NEWEST, "limit"),
        ("?limit=x", NEWEST, "limit"),
        ("?colour=blue", NEWEST, "colour"),
        ("?changes-before=2020-01-01T00:00:00Z", "compute 2.65", "changes-before"),
        (
            "?changes-since=2026-01-02T00:00:00Z&changes-before=2026-01-01T00:00:00Z",
            NEWEST,
            "The value of changes-since must be less than or equal to changes-before.",
        ),
    ],
)
async def test_what_cannot_be_meant_is_refused(w: World, query: str, version: str, problem: str) -> None:
    id = await w.create()
    answer = await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions{query}", version=version)
    assert answer.status_code == 400
    assert problem in answer.json()["badRequest"]["message"]


async def test_a_request_that_did_nothing_here_is_not_found(w: World) -> None:
    id = await w.create()
    answer = await w.cloud.member.get(f"{BASE}/servers/{id}/os-instance-actions/req-x")
    assert answer.json()["itemNotFound"]["message"] == "Action req-x not found"


async def test_only_administrators_see_the_host(w: World) -> None:
    id = await w.create()
    (create,) = (await _listed(w, id))["instanceActions"]
    path = f"{BASE}/servers/{id}/os-instance-actions/{create['request_id']}"
    (own, *_) = (await w.cloud.member.get(path, version="compute 2.62")).json()["instanceAction"]["events"]
    (seen, *_) = (await w.cloud.admin.get(path, version="compute 2.62")).json()["instanceAction"]["events"]
    server = await w.show(id)
    assert "host" not in own
    assert own["hostId"] == server["hostId"]
    assert seen["host"] == server["OS-EXT-SRV-ATTR:host"]


async def test_what_is_done_at_once_is_in_the_history_too(w: World) -> None:
    id = await w.create()
    for action in ({"lock": None}, {"unlock": None}, {"os-resetState": {"state": "active"}}):
        assert await w.act(id, action, w.cloud.admin) == 202
    assert await _names(w, id) == ["resetState", "unlock", "lock", "create"]
    action = (await _listed(w, id))["instanceActions"][0]
    assert (action["message"], action["user_id"]) == (None, w.cloud.admin.auth.user_id)

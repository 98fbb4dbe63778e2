"""Bodies with one thing wrong are answered with the status of real OpenStack, but for what `differences.tsv` names.

A line there: the question, upstream's status, ours, and why that is so for good.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from haneul.services.block_storage import public as block_storage
from haneul.services.identity import public as identity
from tests.bodies.__main__ import PATCHES
from tests.bodies.asking import CASES, NO_ANSWER, statuses, without_limits
from tests.conftest import Cloud
from tests.filters.test_filters import BASES, Ours
from tests.filters.world import World, build

pytestmark = pytest.mark.sweep
HERE = Path(__file__).parent
UNEXPLAINED = "?"
BROKEN = (str(NO_ANSWER), "500")
"""What is nobody's right answer; ours is whatever it is, but no 5xx."""


class Answering(Ours):
    """The cloud of the test; nothing that is sent to it may be answered with a 5xx."""

    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, version: str | None = None
    ) -> tuple[int, Any]:
        if service == "image" and method == "PATCH":
            url, headers = BASES[service] + path, {"Content-Type": PATCHES}
            answer = await self.people[who].call(method, url, json=body, headers=headers)
            status, found = answer.status_code, None
        else:
            status, found = await super().call(who, method, service, path, body, version)
        assert status < 500, f"{status} {method} {path} {body} {found}"
        return status, found


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / name).read_text().splitlines()]


def test_each_difference_has_its_reason() -> None:
    assert [line for line in rows("differences.tsv") if len(line) != 8 or line[-1] == UNEXPLAINED] == []


async def _enrol(cloud: Cloud) -> None:
    """The member is a user of identity's, with a project and a role there."""
    http = cloud.admin
    made = await http.post("/identity/v3/projects", {"project": {"name": "bodies"}})
    project = made.json()["project"]["id"]
    new = {"name": "bodies", "password": "a-Secret-1"}
    user = (await http.post("/identity/v3/users", {"user": new})).json()["user"]["id"]
    roles = (await http.get("/identity/v3/roles?name=member")).json()["roles"]
    grant = await http.put(f"/identity/v3/projects/{project}/users/{user}/roles/{roles[0]['id']}", None)
    assert grant.status_code == 204, grant.text
    member = cloud.persona("member", roles=("member", "reader"), project_id=project)
    cloud.member = type(member)(cloud, replace(member.auth, user_id=user))


@pytest.mark.parametrize("service", list(CASES))
async def test_spoilt_bodies_are_answered_as_upstream_answers_them(
    service: str, cloud: Cloud, request: pytest.FixtureRequest
) -> None:
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
        await identity.bootstrap(ctx, admin_password="a password")
    await _enrol(cloud)
    world = World(Answering(cloud))
    await build(world)
    await without_limits(world)
    right = {tuple(line[:-1]): line[-1] for line in rows("answers.tsv")}
    differences = []
    async for question, status in statuses(world, service, cloud.settled):
        if right[question] != status and right[question] not in BROKEN:
            differences.append([*question, right[question], status])
    listed = rows("differences.tsv")
    if request.config.getoption("--rewrite-golden"):
        why = {tuple(line[:-1]): line[-1] for line in listed}
        kept = [line for line in listed if line[0] != service]
        kept += [[*each, why.get(tuple(each), UNEXPLAINED)] for each in differences]
        kept.sort(key=lambda line: list(CASES).index(line[0]))
        (HERE / "differences.tsv").write_text("".join("\t".join(line) + "\n" for line in kept))
    known = [line[:-1] for line in listed if line[0] == service]
    new = [each for each in differences if each not in known]
    gone = [each for each in known if each not in differences]
    assert not new, "\n".join(map(str, new[:20]))
    assert not gone, "these are mended: take them off the list\n" + "\n".join(map(str, gone[:20]))

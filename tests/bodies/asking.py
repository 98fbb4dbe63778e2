"""Sends every spoilt body to a cloud; what it made is taken away again, so that each finds the cloud as it was."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from tests.bodies import cases, more_cases
from tests.bodies.cases import Case
from tests.bodies.spoiling import spoilt
from tests.filters.world import World

CASES = {
    "compute": cases.COMPUTE,
    "volume": cases.VOLUME,
    "image": cases.IMAGE,
    "network": more_cases.NETWORK,
    "identity": more_cases.IDENTITY,
}


NO_ANSWER = 0
"""The status where the service broke off without one."""


class Question(NamedTuple):
    service: str
    who: str
    request: str
    """The method, the path, the version; and the number of the case, where several are alike."""
    field: str
    value: str


async def without_limits(world: World) -> None:
    """Neither project is short of room."""
    for thing in ("server_a", "network_a"):
        project = world.things[thing]["tenant_id"]
        many = {"instances": -1, "cores": -1, "ram": -1, "server_groups": -1}
        await world.cloud.call(
            "admin", "PUT", "compute", f"/os-quota-sets/{project}", {"quota_set": many}, "compute 2.1"
        )
        disks = {"quota_set": {"volumes": -1, "snapshots": -1, "gigabytes": -1}}
        await world.cloud.call("admin", "PUT", "volume", f"/os-quota-sets/{project}", disks)
        many = dict.fromkeys(("network", "subnet", "port", "router", "floatingip", "security_group"), -1)
        many |= {"security_group_rule": -1, "subnetpool": -1}
        await world.cloud.call("admin", "PUT", "network", f"/quotas/{project}", {"quota": many})


async def statuses(
    world: World, service: str, settled: Callable[[], Awaitable[None]], only: str = ""
) -> AsyncIterator[tuple[Question, str]]:
    """What each spoilt body of the service, or of one case by its number, is answered with."""
    for number, case in enumerate(CASES[service]):
        if only and only != str(number):
            continue
        for version in case.versions or cases.VERSIONS.get(service, ("",)):
            path = world.filled(case.path)
            request = f"{case.method} {case.path} {version}".strip() + f" #{number}"
            for each in spoilt(case.body):
                body = json.loads(world.filled(json.dumps(each.body)))
                status, answer = await world.cloud.call(
                    case.who, case.method, service, path, body, version or None
                )
                yield Question(service, case.who, request, each.field, each.value), str(status)
                if status < 300:
                    await settled()
                    await _undo(world, service, case, answer, settled)


async def _undo(
    world: World, service: str, case: Case, answer: Any, settled: Callable[[], Awaitable[None]]
) -> None:
    made = list(_made(answer)) or ["nothing"]
    for id in made if case.undo else ():
        path = world.filled(case.undo.replace("{made}", id))
        if service == "identity" and path.startswith("/domains/"):
            await world.cloud.call("admin", "PATCH", service, path, {"domain": {"enabled": False}})
        status, _ = await world.cloud.call(case.who, "DELETE", service, path)
        if status == 403:
            await world.cloud.call("admin", "DELETE", service, path)
        await settled()
    if case.path == "/registered_limits":
        for id in made:
            await world.cloud.call("admin", "DELETE", service, f"{case.path}/{id}")


def _made(answer: Any) -> Iterator[str]:
    """The ids of what was made."""
    if not isinstance(answer, dict):
        return
    things = [answer] if "id" in answer else list(answer.values())
    for thing in things[0] if things and isinstance(things[0], list) else things:
        if isinstance(thing, dict) and "id" in thing:
            yield str(thing["id"])

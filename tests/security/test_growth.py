"""What is added bit by bit has the bound of what is sent at once."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.kernel.http.bounds import MOST
from tests.security.two_tenants import COMPUTE, VOLUME, Tenants, make

STEP = 400
V3 = "/identity/v3"


def pairs(first: int, number: int) -> dict[str, str]:
    return {f"key{i}": "x" for i in range(first, first + number)}


async def grown(who: Any, method: str, path: str, field: str, *above: str, version: str = "") -> None:
    """It takes as many as one body may have, and then no more; those that are there may change."""

    async def send(part: dict[str, Any]) -> Any:
        body: dict[str, Any] = {field: part} if field else part
        for name in reversed(above):
            body = {name: body}
        return await who.call(method, path, json=body, version=version or "volume 3.70")

    for first in range(0, MOST - STEP + 1, STEP):
        answer = await send(pairs(first, STEP))
        assert answer.status_code in (200, 202), answer.text
    before = (await who.get(path.removesuffix("/action"))).text
    answer = await send(pairs(MOST - 100, STEP))
    assert answer.status_code == 400, answer.text
    assert f"more than {MOST} items" in answer.text
    assert (await who.get(path.removesuffix("/action"))).text == before
    assert (await send(pairs(0, 1))).status_code in (200, 202)


@pytest.fixture
async def volume(t: Tenants) -> str:
    made = await make(t.victim, f"{VOLUME}/{t.victim.auth.project_id}/volumes", volume={"size": 1})
    await t.cloud.settled()
    return f"{VOLUME}/{t.victim.auth.project_id}/volumes/{made['id']}"


async def test_metadata_of_a_volume(t: Tenants, volume: str) -> None:
    await grown(t.victim, "POST", f"{volume}/metadata", "metadata")
    for i in range(MOST):
        answer = await t.victim.put(f"{volume}/metadata/one{i}", {"meta": {f"one{i}": "x"}})
        if answer.status_code != 200:
            break
    assert answer.status_code == 400
    shown = (await t.victim.get(f"{volume}/metadata")).json()["metadata"]
    assert len(shown) == MOST


async def test_what_a_volume_knows_of_its_image(t: Tenants, volume: str) -> None:
    await grown(t.victim, "POST", f"{volume}/action", "metadata", "os-set_image_metadata")


async def test_metadata_of_a_snapshot(t: Tenants, volume: str) -> None:
    wish = {"volume_id": volume.rsplit("/", 1)[1], "force": True}
    made = await make(t.victim, f"{VOLUME}/{t.victim.auth.project_id}/snapshots", snapshot=wish)
    await t.cloud.settled()
    path = f"{VOLUME}/{t.victim.auth.project_id}/snapshots/{made['id']}/metadata"
    await grown(t.victim, "POST", path, "metadata")


async def test_what_administrators_add_to(t: Tenants) -> None:
    admin = t.cloud.admin
    types = f"{VOLUME}/{admin.auth.project_id}/types"
    made = await make(admin, types, volume_type={"name": "grown"})
    await grown(admin, "POST", f"{types}/{made['id']}/extra_specs", "extra_specs")
    flavor = {"name": "grown", "vcpus": 1, "ram": 64, "disk": 1}
    made = await make(admin, f"{COMPUTE}/flavors", flavor=flavor)
    await grown(admin, "POST", f"{COMPUTE}/flavors/{made['id']}/os-extra_specs", "extra_specs")
    made = await make(admin, f"{COMPUTE}/os-aggregates", aggregate={"name": "grown"})
    path = f"{COMPUTE}/os-aggregates/{made['id']}/action"
    await grown(admin, "POST", path, "metadata", "set_metadata")


async def test_what_identity_keeps_without_knowing_it(t: Tenants) -> None:
    admin = t.cloud.admin
    made = await make(admin, f"{V3}/domains", domain={"name": "grown"})
    await grown(admin, "PATCH", f"{V3}/domains/{made['id']}", "", "domain")

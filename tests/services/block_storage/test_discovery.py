"""What clients ask about the service before they use it, and hints where a volume should be."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Cloud
from tests.services.block_storage.calls import V3, make_volume, volume

HINTS = "OS-SCH-HNT:scheduler_hints"


async def test_filters_are_told_of(cloud: Cloud) -> None:
    path = f"{V3}/resource_filters"
    assert (await cloud.member.get(path, version="volume 3.32")).status_code == 404
    answer = await cloud.reader.get(path, version="volume 3.33")
    found = {each["resource"]: each["filters"] for each in answer.json()["resource_filters"]}
    assert sorted(found) == [
        "attachment", "backup", "group", "group_snapshot", "message", "snapshot", "volume", "volume_type",
    ]  # fmt: skip
    assert found["volume_type"] == ["is_public", "extra_specs"]
    assert "name" in found["volume"]
    one = await cloud.reader.get(f"{path}?resource=volume", version="volume 3.33")
    assert one.json()["resource_filters"] == [{"resource": "volume", "filters": found["volume"]}]
    none = await cloud.reader.get(f"{path}?resource=x", version="volume 3.33")
    assert none.json() == {"resource_filters": []}


async def test_volumes_can_be_asked_for_by_every_filter_that_is_told_of(cloud: Cloud) -> None:
    answer = await cloud.member.get(f"{V3}/resource_filters?resource=volume", version="volume 3.70")
    for name in answer.json()["resource_filters"][0]["filters"]:
        value = {"metadata": "{'a': 'b'}", "size": "1", "bootable": "true", "consumes_quota": "true"}.get(
            name, ""
        )
        if name in ("created_at", "updated_at"):
            value = "2026-01-01T00:00:00"
        listed = await cloud.member.get(f"{V3}/volumes?{name}={value}", version="volume 3.70")
        assert listed.status_code == 200, (name, listed.text)


async def test_extensions_are_listed(cloud: Cloud) -> None:
    found = (await cloud.reader.get(f"{V3}/extensions")).json()["extensions"]
    assert {"OS-SCH-HNT", "backups", "os-quota-sets"} <= {e["alias"] for e in found}
    one = await cloud.reader.get(f"{V3}/extensions/{found[0]['alias']}")
    assert one.json()["extension"] == found[0]
    assert (await cloud.reader.get(f"{V3}/extensions/none")).status_code == 404


async def _hinted(cloud: Cloud, hints: Any) -> str:
    """The host of a volume that was asked for with these hints."""
    made = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 1}, HINTS: hints})
    assert made.status_code == 202, made.text
    await cloud.settled()
    found = await volume(cloud, made.json()["volume"]["id"])
    assert found["status"] == "available"
    host: str = found["os-vol-host-attr:host"]
    return host


async def test_a_volume_is_with_others_or_apart_from_them(cloud: Cloud) -> None:
    one = await make_volume(cloud)
    first = one["os-vol-host-attr:host"]
    apart = await _hinted(cloud, {"different_host": one["id"]})
    assert apart != first
    assert await _hinted(cloud, {"different_host": [one["id"]]}) == apart
    assert await _hinted(cloud, {"same_host": [one["id"]]}) == first
    unknown = "00000000-0000-4000-8000-000000000000"
    for nothing in (None, {}, {"query": "x", "other": 1, "local_to_instance": unknown}):
        assert await _hinted(cloud, nothing) == first


async def test_a_volume_that_can_be_nowhere_is_in_error(cloud: Cloud) -> None:
    one = await make_volume(cloud)
    hints = {"same_host": one["id"], "different_host": one["id"]}
    made = await cloud.member.post(f"{V3}/volumes", {"volume": {"size": 1}, HINTS: hints})
    await cloud.settled()
    assert (await volume(cloud, made.json()["volume"]["id"]))["status"] == "error"


@pytest.mark.parametrize("hints", ["x", [], {"same_host": None}, {"same_host": ["nope"]}, {"different_host": 1},
                                   {"local_to_instance": "x"}])  # fmt: skip
async def test_hints_that_cannot_be_are_refused(cloud: Cloud, hints: Any) -> None:
    for version in ("volume 3.0", "volume 3.53"):
        body = {"volume": {"size": 1}, HINTS: hints}
        answer = await cloud.member.post(f"{V3}/volumes", body, version=version)
        assert answer.status_code == 400, answer.text

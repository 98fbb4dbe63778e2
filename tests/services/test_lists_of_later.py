"""Lists of what cannot be made yet are empty, so that Horizon and the SDK can go on."""

from __future__ import annotations

import pytest

from haneul.services.block_storage import public as block_storage
from tests.conftest import Cloud

EMPTY = [
    ("/volume/v3/backups", "volume 3.0"), ("/volume/v3/backups/detail", "volume 3.0"),
    ("/volume/v3/groups", "volume 3.13"), ("/volume/v3/groups/detail", "volume 3.13"),
    ("/volume/v3/group_snapshots", "volume 3.14"), ("/volume/v3/group_types", "volume 3.11"),
    ("/volume/v3/qos-specs", "volume 3.0"), ("/volume/v3/consistencygroups/detail", "volume 3.0"),
    ("/volume/v3/default-types", "volume 3.62"), ("/volume/v3/clusters", "volume 3.7"),
    ("/networking/v2.0/rbac-policies", None), ("/networking/v2.0/address-groups", None),
    ("/networking/v2.0/flavors", None), ("/networking/v2.0/service_profiles", None),
    ("/compute/v2.1/os-migrations", "compute 2.1"), ("/compute/v2.1/os-migrations", "compute 2.80"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "version"), EMPTY)
async def test_a_list_of_what_cannot_be_made_is_empty(cloud: Cloud, path: str, version: str | None) -> None:
    answer = await cloud.admin.get(path, version=version)
    assert answer.status_code == 200, answer.text
    assert list(answer.json().values()) == [[]]
    if "detail" not in path and "migrations" not in path:
        assert (await cloud.admin.get(f"{path}/nothing", version=version)).status_code == 404


@pytest.mark.parametrize(
    ("path", "version"), [("groups", "3.12"), ("group_types", "3.10"), ("clusters", "3.6")]
)
async def test_before_its_microversion_there_is_no_such_list(cloud: Cloud, path: str, version: str) -> None:
    assert (await cloud.admin.get(f"/volume/v3/{path}", version=f"volume {version}")).status_code == 404


async def test_a_type_is_encrypted_in_no_way(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)
    id = (await cloud.admin.get("/volume/v3/types/default")).json()["volume_type"]["id"]
    assert (await cloud.admin.get(f"/volume/v3/types/{id}/encryption")).json() == {}
    assert (await cloud.admin.get(f"/volume/v3/types/{id}/encryption/cipher")).status_code == 404


async def test_a_private_type_is_private_from_the_first_moment(cloud: Cloud) -> None:
    body = {"volume_type": {"name": "own", "os-volume-type-access:is_public": False}}
    made = (await cloud.admin.post("/volume/v3/types", body)).json()["volume_type"]
    assert made["is_public"] is False
    assert (await cloud.member.get(f"/volume/v3/types/{made['id']}")).status_code == 404


@pytest.mark.parametrize("path", ["/compute/v2.1/servers/", "/volume/v3/volumes/", "/volume/v3/snapshots/"])
async def test_a_thing_without_an_id_is_not_there(cloud: Cloud, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await cloud.member.call(method, path, json={} if method == "PUT" else None)
        assert answer.status_code == 404, method
    for version in ("/compute/v2.1/", "/volume/v3/", "/compute/", "/compute/v2/"):
        assert (await cloud.member.get(version)).status_code in (200, 300), version


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("types", {"volume_type": {"name": "x", "nothing": 1}}),
        ("types", {"volume_type": {"name": "x", "is_public": False}}),
        ("volumes", {"volume": {"size": 1, "nothing": 1}}),
        ("volumes", {"volume": {"size": 1}, "nothing": 1}),
        ("volumes", {"volume": {"size": 1, "multiattach": True}}),
        ("snapshots", {"snapshot": {"volume_id": "5a6b3cf1-6ba3-4c4d-8dfd-3fd4a2e9b0aa", "nothing": 1}}),
        (
            "volume-transfers",
            {"transfer": {"volume_id": "5a6b3cf1-6ba3-4c4d-8dfd-3fd4a2e9b0aa", "nothing": 1}},
        ),
    ],
)
async def test_what_is_not_known_of_a_new_thing_is_refused(cloud: Cloud, path: str, body: object) -> None:
    answer = await cloud.admin.post(f"/volume/v3/{path}", body, version="volume 3.70")
    assert answer.status_code == 400, answer.text

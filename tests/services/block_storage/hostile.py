"""What hostile input is aimed at, of volumes; `tests/conformance/hostile_targets.py` says what each function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Persona
from tests.services.compute.world import World


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    admin = world.cloud.admin
    member = world.cloud.member
    volume = f"/volume/v3/{project}"
    yield "volumes", member, f"{volume}/volumes", {"volume": {"size": 1, "name": "v", "metadata": {"a": "b"}}}
    yield "types", admin, f"{volume}/types", {"volume_type": {"name": "t", "extra_specs": {"a": "b"}}}


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    volume = f"/volume/v3/{ids['v3']}"
    return [
        (
            f"{volume}/snapshots",
            {"snapshot": {"volume_id": ids["volumes"], "name": "s", "metadata": {"a": "b"}}},
        ),
        (f"{volume}/volumes/{ids['volumes']}/action", {"os-extend": {"new_size": 2}}),
        (f"{volume}/volumes/{ids['volumes']}/action", {"os-reset_status": {"status": "error"}}),
        (
            f"{volume}/attachments",
            {"attachment": {"volume_uuid": ids["volumes"], "instance_uuid": "x", "mode": "rw"}},
        ),
    ]


def changes(world: World, ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    volume = f"/volume/v3/{ids['v3']}"
    return [
        ("PUT", f"{volume}/os-quota-sets/{ids['v3']}", {"quota_set": {"volumes": 9, "gigabytes": 9}}),
        ("PUT", f"{volume}/volumes/{ids['volumes']}/metadata", {"metadata": {"a": "b"}}),
        ("POST", f"{volume}/volumes/{ids['volumes']}/action", {"os-set_bootable": {"bootable": True}}),
        (
            "POST",
            f"{volume}/volumes/{ids['volumes']}/action",
            {"os-retype": {"new_type": "t", "migration_policy": "never"}},
        ),
    ]

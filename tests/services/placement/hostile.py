"""What hostile input is aimed at, of placement; `tests/conformance/hostile_targets.py` says what each function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Persona
from tests.services.compute.world import World


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    admin = world.cloud.admin
    yield "resource_providers", admin, "/placement/resource_providers", {"name": "p"}


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("/placement/resource_providers", {"name": "q", "uuid": "x", "parent_provider_uuid": None}),
    ]


def changes(world: World, ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    provider = f"/placement/resource_providers/{ids['resource_providers']}"
    inventory = {
        "total": 9,
        "reserved": 0,
        "min_unit": 1,
        "max_unit": 9,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }
    allocation = {
        "allocations": {ids["resource_providers"]: {"resources": {"VCPU": 1}}},
        "project_id": "p",
        "user_id": "u",
        "consumer_generation": None,
        "consumer_type": "X",
    }
    return [
        (
            "PUT",
            f"{provider}/inventories",
            {"resource_provider_generation": 0, "inventories": {"VCPU": inventory}},
        ),
        ("PUT", f"{provider}/inventories/VCPU", inventory | {"resource_provider_generation": 0}),
        ("PUT", f"{provider}/traits", {"traits": ["CUSTOM_A"], "resource_provider_generation": 0}),
        ("PUT", f"{provider}/aggregates", {"aggregates": ["a"], "resource_provider_generation": 0}),
        ("PUT", "/placement/allocations/00000000-0000-4000-8000-000000000000", allocation),
    ]

"""What hostile input is aimed at, of images; `tests/conformance/hostile_targets.py` says what each function gives."""

from __future__ import annotations

from typing import Any

from tests.services.compute.world import World


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    image = {
        "name": "i",
        "id": "x",
        "tags": ["a"],
        "min_disk": 0,
        "min_ram": 0,
        "disk_format": "raw",
        "container_format": "bare",
        "visibility": "private",
        "other": "text",
    }
    return [
        ("/image/v2/images", image),
    ]

"""What hostile input is aimed at, of servers and what is theirs; `tests/conformance/hostile_targets.py` says what each function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Persona
from tests.services.compute.world import World


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    admin = world.cloud.admin
    member = world.cloud.member
    yield (
        "os-keypairs",
        member,
        "/compute/v2.1/os-keypairs",
        {
            "keypair": {
                "name": "k",
                "type": "ssh",
                "public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMkXjDkDV7h2tDpdH1fVf0vL7V8uW2Uvf1yQ8JSe3nXk",
            }
        },
    )
    yield (
        "os-server-groups",
        member,
        "/compute/v2.1/os-server-groups",
        {"server_group": {"name": "g", "policy": "anti-affinity"}},
    )
    yield (
        "os-aggregates",
        admin,
        "/compute/v2.1/os-aggregates",
        {"aggregate": {"name": "a", "availability_zone": "z"}},
    )


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    act = f"/compute/v2.1/servers/{ids['servers']}/action"
    flavor = {
        "name": "f2",
        "vcpus": 1,
        "ram": 64,
        "disk": 1,
        "swap": 0,
        "rxtx_factor": 1.0,
        "OS-FLV-EXT-DATA:ephemeral": 0,
    }
    server = {
        "name": "s",
        "imageRef": world.image,
        "flavorRef": world.flavor,
        "networks": [{"port": "p"}],
        "metadata": {"a": "b"},
        "user_data": "eA==",
        "min_count": 9,
        "tags": ["a"],
        "block_device_mapping_v2": [
            {"uuid": "u", "source_type": "volume", "boot_index": 0, "volume_size": 1}
        ],
        "security_groups": [{"name": "d"}],
        "personality": [],
    }
    return [
        ("/compute/v2.1/flavors", {"flavor": flavor}),
        ("/compute/v2.1/servers", {"server": server}),
        (act, {"resize": {"flavorRef": world.flavor}}),
        (act, {"reboot": {"type": "SOFT"}}),
        (act, {"rebuild": {"imageRef": world.image, "metadata": {"a": "b"}}}),
        (act, {"createImage": {"name": "x", "metadata": {"a": "b"}}}),
        (act, {"os-getConsoleOutput": {"length": 1}}),
    ]


def changes(world: World, ids: dict[str, str]) -> list[tuple[str, str, Any]]:
    compute = "/compute/v2.1"
    return [
        ("PUT", f"{compute}/os-quota-sets/{ids['v3']}", {"quota_set": {"cores": 9, "force": True}}),
        ("PUT", f"{compute}/servers/{ids['servers']}", {"server": {"name": "n", "accessIPv4": "10.0.0.1"}}),
        ("PUT", f"{compute}/servers/{ids['servers']}/tags", {"tags": ["a"]}),
        ("PUT", f"{compute}/servers/{ids['servers']}/metadata", {"metadata": {"a": "b"}}),
        ("POST", f"{compute}/flavors/{world.flavor}/os-extra_specs", {"extra_specs": {"hw:a": "1"}}),
        (
            "POST",
            f"{compute}/os-aggregates/{ids['os-aggregates']}/action",
            {"set_metadata": {"metadata": {"a": "b"}}},
        ),
    ]

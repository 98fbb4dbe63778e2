"""What hostile input is aimed at, of identity; `tests/conformance/hostile_targets.py` says what each function gives."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.conftest import Persona
from tests.services.compute.world import World


def creations(world: World, project: str) -> Iterator[tuple[str, Persona, str, dict[str, Any]]]:
    admin = world.cloud.admin
    v3 = "/identity/v3"
    yield "domains", admin, f"{v3}/domains", {"domain": {"name": "d"}}
    yield "roles", admin, f"{v3}/roles", {"role": {"name": "r"}}
    yield "regions", admin, f"{v3}/regions", {"region": {"id": "r", "description": "d"}}
    yield "services", admin, f"{v3}/services", {"service": {"type": "t", "name": "n"}}


def more_creations(world: World, ids: dict[str, str]) -> list[tuple[str, dict[str, Any]]]:
    v3 = "/identity/v3"
    password = {"user": {"name": "n", "domain": {"id": "default"}, "password": "p"}}
    scope = {"project": {"name": "p", "domain": {"name": "Default"}}}
    return [
        (
            f"{v3}/auth/tokens",
            {"auth": {"identity": {"methods": ["password"], "password": password}, "scope": scope}},
        ),
        (f"{v3}/auth/tokens", {"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}}}),
        (
            f"{v3}/projects",
            {"project": {"name": "p", "domain_id": ids["domains"], "tags": ["a"], "options": {}}},
        ),
        (f"{v3}/users", {"user": {"name": "u", "domain_id": ids["domains"], "password": "p", "options": {}}}),
        (f"{v3}/groups", {"group": {"name": "g", "domain_id": ids["domains"], "description": "d"}}),
        (
            f"{v3}/endpoints",
            {"endpoint": {"service_id": ids["services"], "interface": "public", "url": "http://x"}},
        ),
        (
            f"{v3}/credentials",
            {"credential": {"type": "ec2", "blob": "{}", "user_id": "u", "project_id": "p"}},
        ),
    ]

"""Several control planes over one PostgreSQL database: one dies with -9 while servers are created.

Two real processes share a folder and a port; one agent serves both. Whatever either of them accepted
is finished by the other, and what is stored agrees.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests import postgresql
from tests.installed import Caller, Installed
from tests.waiting import looks

BATCHES, BATCH = 8, 10


@pytest.fixture
def database() -> Iterator[str]:
    with postgresql.running() as url:
        yield url


@pytest.fixture
def pair(database: str, tmp_path: Path) -> Iterator[Installed]:
    made = Installed(tmp_path / "cloud", "--database", database, "--control-planes", "2")
    try:
        yield made
    finally:
        made.run("down")


@pytest.mark.postgres
@pytest.mark.slow
def test_what_a_dead_control_plane_accepted_is_finished(pair: Installed, database: str) -> None:
    with contextlib.closing(Caller(pair)) as caller:
        lift_quotas(caller)
        body = {"server": new_servers(caller)}
        for number in range(BATCHES):
            caller.http.close()
            caller.http = httpx.Client(timeout=10)  # a connection of its own: the kernel chooses who gets it
            answer = caller.call("POST", "/compute/v2.1/servers", body)
            assert answer.status_code == 202, answer.text
            if number == BATCHES // 2:
                assert pair.kill("control-plane-1")
        assert asyncio.run(open_operations(database)) > 0
        found: dict[str, str] = {}
        for _ in looks(0.5):
            found = caller.servers()
            if set(found.values()) == {"ACTIVE"}:
                break
        assert len(found) == BATCHES * BATCH
        assert set(found.values()) == {"ACTIVE"}
    for member in (1, 2):
        log = (pair.state / "log" / f"control-plane-{member}.log").read_text()
        assert "/compute/v2.1/servers" in log, f"control plane {member} served nothing"
    assert "OK" in pair.run("verify")


def lift_quotas(caller: Caller) -> None:
    unlimited = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    for project in caller.call("GET", "/identity/v3/auth/projects").json()["projects"]:
        caller.call("PUT", f"/compute/v2.1/os-quota-sets/{project['id']}", unlimited)


def new_servers(caller: Caller) -> dict[str, Any]:
    image = caller.call("GET", "/image/v2/images").json()["images"][0]["id"]
    flavors = caller.call("GET", "/compute/v2.1/flavors").json()["flavors"]
    flavor = next(f["id"] for f in flavors if f["name"] == "tiny")
    return {"name": "s", "imageRef": image, "flavorRef": flavor, "networks": "none", "min_count": BATCH}


async def open_operations(database: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        found: int = await connection.fetchval("SELECT count(*) FROM operations WHERE is_open")
        return found
    finally:
        await connection.close()

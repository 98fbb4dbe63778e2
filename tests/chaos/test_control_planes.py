"""Several control planes over one PostgreSQL database: one dies with -9 while servers are created.

Two real processes share a folder and a port; one agent serves both. Whatever either of them accepted
is finished by the other, and what is stored agrees.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests import postgresql
from tests.installed import Caller, Installed
from tests.waiting import looks

BATCHES, BATCH = 3, 10
"""So many requests for so many servers to each of the two, before one dies and after."""


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
    with contextlib.closing(Caller(pair)) as first, contextlib.closing(Caller(pair)) as second:
        lift_quotas(first)
        body = {"server": new_servers(first)}
        accepted = 0
        for _ in range(BATCHES):
            for member, caller in ((1, first), (2, second)):
                caller.reach(member)
                create(caller, body)
                accepted += BATCH
        first.reach(1)
        for _ in looks(0):
            request_id = create(first, body)
            accepted += BATCH
            assert pair.kill("control-plane-1", signal.SIGSTOP)
            if asyncio.run(open_operations(database, request_id)):
                break
            assert pair.kill("control-plane-1", signal.SIGCONT)  # it was too quick
        assert pair.kill("control-plane-1")
        second.reach(2)
        for caller in (first, second) * BATCHES:
            create(caller, body)
            accepted += BATCH
        found: dict[str, str] = {}
        for _ in looks(0.5):
            found = second.servers()
            if set(found.values()) == {"ACTIVE"}:
                break
        assert len(found) >= accepted  # more, if an answer came too late and the request was sent again
        assert set(found.values()) == {"ACTIVE"}
    assert "OK" in pair.run("verify")


def create(caller: Caller, body: dict[str, Any]) -> str:
    """The id of the request that was accepted."""
    answer = caller.call("POST", "/compute/v2.1/servers", body)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["x-openstack-request-id"])


def lift_quotas(caller: Caller) -> None:
    unlimited = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    for project in caller.call("GET", "/identity/v3/auth/projects").json()["projects"]:
        caller.call("PUT", f"/compute/v2.1/os-quota-sets/{project['id']}", unlimited)


def new_servers(caller: Caller) -> dict[str, Any]:
    image = caller.call("GET", "/image/v2/images").json()["images"][0]["id"]
    flavors = caller.call("GET", "/compute/v2.1/flavors").json()["flavors"]
    flavor = next(f["id"] for f in flavors if f["name"] == "tiny")
    return {"name": "s", "imageRef": image, "flavorRef": flavor, "networks": "none", "min_count": BATCH}


async def open_operations(database: str, request_id: str) -> int:
    """How many of those that this request began have not ended."""
    connection = await asyncpg.connect(database)
    try:
        found: int = await connection.fetchval(
            "SELECT count(*) FROM operations WHERE is_open AND request_id = $1", request_id
        )
        return found
    finally:
        await connection.close()

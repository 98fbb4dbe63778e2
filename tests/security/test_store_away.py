"""The store goes away in the middle of a day: everybody is told so, nothing is lost, and work goes on by itself.

A PostgreSQL server stops as if its machine had lost power, while servers are being made. Every route of every
service is asked meanwhile. Then the server comes back, and nobody does anything about it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa

import haneul.kernel.db.postgresql
from haneul.control_plane import load_tables
from haneul.kernel.db import METADATA, Query, open_database
from haneul.kernel.db.sqlite import SqliteDatabase
from haneul.kernel.errors import StoreAway
from haneul.kernel.http.routes import Route
from tests import postgresql
from tests.conftest import SERVICES, Cloud, simulated_cloud
from tests.security.conftest import contradictions
from tests.services.compute import world
from tests.services.compute.world import V, World
from tests.waiting import PATIENCE_S

SERVERS = 20


@pytest.fixture
def server() -> Iterator[postgresql.Server]:
    with postgresql.serving() as made:
        yield made


@pytest.fixture
async def over_postgresql(server: postgresql.Server, tmp_path: Path) -> AsyncIterator[Cloud]:
    load_tables(SERVICES)
    emptied = postgresql.Emptied(server.url, METADATA)
    async with emptied.database(tmp_path) as database, simulated_cloud(database, tmp_path) as made:
        yield made


async def asked(cloud: Cloud, route: Route, prefix: str) -> tuple[int, str]:
    """What an administrator is answered, and of what."""
    path = prefix + re.sub(r"\{[^}]*\}", cloud.admin.auth.project_id or "", route.path)
    content = b"{}" if route.body is not None else b""
    kind = {"Content-Type": route.content_types[0]} if content else {}
    headers = {"X-Auth-Token": cloud.admin.token, **kind}
    answer = await cloud.http.request(route.method, path, headers=headers, content=content)
    return answer.status_code, answer.text


async def asked_everywhere(cloud: Cloud) -> Counter[int]:
    """How often there was which status; each 503 says why, and nothing else is 500 or above."""
    found, wrong = Counter[int](), dict[str, str]()
    for served in cloud.plane.app.services:
        for route in served.routes:
            status, text = await asked(cloud, route, served.manifest.path)
            found[status] += 1
            is_right = status < 500 or (status == 503 and ("store" in text or route.method == "HEAD"))
            if not is_right:
                wrong[f"{route.method} {route.path}"] = f"{status} {text}"
    assert wrong == {}
    return found


async def many_servers(cloud: Cloud) -> World:
    """Accepted just now."""
    w = await world.make(cloud)
    limits = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    project = cloud.member.auth.project_id
    answer = await cloud.admin.put(f"/compute/v2.1/os-quota-sets/{project}", limits)
    assert answer.status_code == 200, answer.text
    answer = await cloud.member.post("/compute/v2.1/servers", w.body(min_count=SERVERS), version=V)
    assert answer.status_code == 202, answer.text
    return w


async def all_are_made(cloud: Cloud) -> None:
    await cloud.settled()
    page = await cloud.member.get("/compute/v2.1/servers/detail", version=V)
    assert [s["status"] for s in page.json()["servers"]] == ["ACTIVE"] * SERVERS
    assert await contradictions(cloud) == []


@pytest.mark.postgres
async def test_work_goes_on_when_the_server_is_back(
    over_postgresql: Cloud, server: postgresql.Server
) -> None:
    cloud = over_postgresql
    w = await many_servers(cloud)
    server.stop()  # and nothing in this process goes on meanwhile
    assert cloud.platform.engine.is_busy
    assert (await asked_everywhere(cloud))[503] > 400
    answer = await cloud.member.post("/compute/v2.1/servers", w.body(), version=V)
    assert answer.status_code == 503
    server.start()
    await all_are_made(cloud)


async def test_a_file_that_takes_nothing_is_read_and_work_waits(cloud: Cloud) -> None:
    """As SQLite says it when the file, or the disk that it is on, has become read-only."""
    if cloud.platform.db.is_shared:
        pytest.skip("no file")
    writer = cast(SqliteDatabase, cloud.platform.db)._writer
    w = await many_servers(cloud)
    writer.execute("PRAGMA query_only=ON").close()
    assert cloud.platform.engine.is_busy
    statuses = await asked_everywhere(cloud)
    assert statuses[200] > 50
    assert statuses[503] > 0
    answer = await cloud.member.post("/compute/v2.1/servers", w.body(), version=V)
    assert answer.status_code == 503
    writer.execute("PRAGMA query_only=OFF").close()
    await all_are_made(cloud)


@pytest.mark.postgres
async def test_a_server_that_does_not_answer_is_away(
    server: postgresql.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(haneul.kernel.db.postgresql, "DEADLINE_S", 0.1)
    database = open_database(server.url)
    await database.start()
    with pytest.raises(StoreAway):
        async with database.transaction() as tx:
            await tx.one(Query(sa.select(sa.func.pg_sleep(PATIENCE_S))))
    async with database.reading() as tx:
        assert await tx.one(Query(sa.select(sa.literal(1)))) == (1,)
    await database.close()

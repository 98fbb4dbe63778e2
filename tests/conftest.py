"""The `cloud` fixture: a whole control plane in the test process, over a temporary database."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from zlib import crc32

import argon2
import httpx
import hypothesis
import pytest
import sqlalchemy as sa

from haneul import control_plane, service_folders
from haneul.host_agent import AgentConfig, HostAgent, build_agent, interfaces
from haneul.kernel.auth import Auth
from haneul.kernel.db import METADATA, Database, open_database
from haneul.kernel.hosts import Agents
from haneul.kernel.hosts.in_process import InProcessChannel
from haneul.kernel.hosts.reports import send_reports
from haneul.kernel.ids import new_hex
from haneul.process import upcalls
from haneul.services.identity import public as identity
from haneul.services.identity.operations import passwords
from tests import answers, ceph_cluster, places, postgresql
from tests.called import Called
from tests.in_process import InProcess
from tests.seconds import Seconds

hypothesis.settings.register_profile(
    "any machine",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any machine")  # a slow machine is no failure

answers.watch()

COSTLY_HASHER = passwords.hasher
passwords.hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Most tests log somebody in, and none is about how long a guess takes: here that takes no time."""

os.fsync = lambda file: None
"""Nor is any of them about power failures: what a test writes is gone soon. Processes of their own still wait."""

CASES = 2
LEFT_OUT_IF_QUICK = [Path(__file__).parent / name for name in ("chaos", "clients", "scenarios")]
"""Folders in which every test has a marker that `make quick` leaves out."""
HOSTS = 3
SERVICES = service_folders.names()


class Persona:
    """Somebody with a token: calls the cloud by paths such as `/compute/v2.1/servers`."""

    def __init__(self, cloud: Cloud, auth: Auth) -> None:
        self.cloud = cloud
        self.auth = auth

    @cached_property
    def token(self) -> str:
        return identity.mint(self.cloud.platform, self.auth)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-Auth-Token": self.token, **options.pop("headers", {})}
        if version := options.pop("version", None):
            headers["OpenStack-API-Version"] = version
        answer = await self.cloud.http.request(method, path, headers=headers, **options)
        assert answer.status_code != 500, answer.text
        return answer

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return await self.call("POST", path, json=json, **options)

    async def put(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return await self.call("PUT", path, json=json, **options)

    async def patch(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return await self.call("PATCH", path, json=json, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("DELETE", path, **options)


class Cloud:
    """A control plane under test, and a few people in it."""

    def __init__(self, plane: control_plane.ControlPlane, http: httpx.AsyncClient, agent: HostAgent) -> None:
        self.plane = plane
        self.agent = agent
        self.hosts = sorted(agent.hosts)
        self.platform = plane.platform
        self.http = http
        self.admin = self.persona("admin", roles=("admin", "manager", "member", "reader"))
        self.member = self.persona("member", roles=("member", "reader"))
        self.reader = self.persona("reader", roles=("reader",), project_id=self.member.auth.project_id)
        self.stranger = self.persona("stranger", roles=("member", "reader"))

    def persona(self, name: str, *, roles: tuple[str, ...], project_id: str | None = None) -> Persona:
        """Somebody new with these roles, in a project of their own unless one is given."""
        auth = Auth(
            user_id=new_hex(),
            user_name=name,
            user_domain_id="default",
            user_domain_name="Default",
            project_id=project_id or new_hex(),
            project_name=name,
            project_domain_id="default",
            project_domain_name="Default",
            roles=roles,
            methods=("password",),
            issued_at="2026-01-01T00:00:00.000000Z",
            expires_at="2099-01-01T00:00:00.000000Z",
        )
        return Persona(self, auth)

    async def settled(self) -> None:
        """Returns when no operation runs any more."""
        await self.platform.engine.idle()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="where the `cloud` fixture keeps its rows",
    )
    parser.addoption(
        "--rewrite-golden", action="store_true", help="write the golden files as they are found now"
    )
    parser.addoption("--quick", action="store_true", help="of each test with many cases only two")
    parser.addoption("--thorough", action="store_true", help="sweeps send every value to every place")
    parser.addoption("--places", type=Path, help="add what asks the database, in which test, to this file")
    parser.addoption(
        "--cover",
        action="store_true",
        help="only the tests that see all that is asked of a database, and `contended`",
    )
    parser.addoption("--called", type=Path, help="add the routes that answered to this file")
    parser.addoption("--seconds", type=Path, help="add a line for each test to this file: what it took")


def pytest_configure(config: pytest.Config) -> None:
    if path := config.getoption("--seconds"):
        config.pluginmanager.register(Seconds(None if hasattr(config, "workerinput") else path.absolute()))
    if path := config.getoption("--places"):
        config.pluginmanager.register(places.Places(path.absolute()))
    if path := config.getoption("--called"):
        config.pluginmanager.register(Called(path.absolute()))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What would all be left out is not imported either: the clients alone take seconds."""
    is_left_out = config.getoption("--quick") and collection_path in LEFT_OUT_IF_QUICK
    return True if is_left_out else None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database") != "sqlite":
        _keep(config, items, _has_database)
    if config.getoption("--cover"):
        cover = frozenset(places.cover())
        _keep(
            config,
            items,
            lambda item: item.nodeid in cover or item.get_closest_marker("contended") is not None,
        )
    if config.getoption("--quick"):
        quick = frozenset(_two_of_each(items))
        _keep(config, items, lambda item: item in quick)
    for item in items:
        if "ceph" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.ceph)
        if (group := _group(item)) is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish() -> None:
    """What was imported stays: no collection of garbage looks at it again."""
    gc.collect()
    gc.freeze()


def _has_database(item: pytest.Item) -> bool:
    """It has the run's database; others have none, or bring their own."""
    return "databases" in getattr(item, "fixturenames", ())


def _two_of_each(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Two cases of each test: not the first of all, so that each service and each kind of value is met somewhere."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        cases[item.nodeid.partition("[")[0]].append(item)
    for name, each in cases.items():
        first = crc32(name.encode()) % len(each)
        yield from (each + each)[first : first + min(CASES, len(each))]


def _keep(config: pytest.Config, items: list[pytest.Item], holds: Callable[[pytest.Item], bool]) -> None:
    others = [item for item in items if not holds(item)]
    items[:] = [item for item in items if holds(item)]
    config.hook.pytest_deselected(items=others)


def _group(item: pytest.Item) -> str | None:
    """What the tests have in common that one worker does, one after the other; None if it may go to any.

    Those that use the machine itself (its namespaces, its virtual machines) are one group; so are those with a server
    for a whole run; and those for which something is made once for a file or a folder.
    """
    fixtures = getattr(item, "fixturenames", ())
    if item.get_closest_marker("ceph"):
        return "ceph"
    if "guest_image" in fixtures or item.get_closest_marker("root") or item.get_closest_marker("qemu"):
        return "machine"
    info = getattr(item, "_fixtureinfo", None)
    definitions = [each for known in (info.name2fixturedefs if info else {}).values() for each in known]
    places = [each.baseid for each in definitions if each.scope in ("module", "package")]
    return min(places, key=len, default=None)  # a folder, if something is made for all of it


class Sqlite:
    """Databases with all tables and no rows, copied from one file."""

    def __init__(self, empty: Path) -> None:
        self._empty = empty
        memory = sqlite3.connect(":memory:")  # where nothing is waited for, table after table
        engine = sa.create_engine("sqlite://", creator=lambda: memory, poolclass=sa.StaticPool)
        METADATA.create_all(engine)
        memory.execute("VACUUM INTO ?", (str(empty),))
        engine.dispose()
        connection = sqlite3.connect(empty)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.close()

    @contextlib.asynccontextmanager
    async def database(self, folder: Path) -> AsyncIterator[Database]:
        path = folder / "haneul.db"
        shutil.copyfile(self._empty, path)
        yield open_database(f"sqlite:///{path}", synchronous="OFF")


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Where a test gets an empty database of its own: `async with databases.database(folder)`."""
    control_plane.load_tables(SERVICES)
    if request.config.getoption("--database") == "sqlite":
        yield Sqlite(tmp_path_factory.mktemp("database") / "empty.db")
    else:
        with postgresql.running() as url:
            yield postgresql.Emptied(url, METADATA)


@pytest.fixture
async def database(databases: Any, tmp_path: Path) -> AsyncIterator[Database]:
    async with databases.database(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def answers_are_as_declared() -> Iterator[None]:
    """What every route answers during a test is what it declares."""
    answers.WRONG.clear()
    yield
    assert not answers.WRONG, "\n".join(answers.WRONG)


@contextlib.asynccontextmanager
async def simulated_cloud(database: Database, folder: Path) -> AsyncIterator[Cloud]:
    """A control plane over that database, and simulated hosts that it calls in the same process."""
    plane = control_plane.ControlPlane(
        database,
        endpoint="http://cloud.test",
        folder=folder,
        services=SERVICES,
    )

    async def upcall(name: str, payload: bytes) -> bytes:
        return await answer(name, payload)

    agent = build_agent(AgentConfig(state=str(folder), simulated_hosts=HOSTS), upcall)
    channel = InProcessChannel(agent)
    plane.platform.agents = Agents(channel, interfaces())
    answer = upcalls(plane.platform, SERVICES)
    await plane.open()
    await plane.start()
    await agent.start()
    await send_reports(upcall, [await agent.report(host) for host in sorted(agent.hosts)])
    async with InProcess(plane.app.falcon, "http://cloud.test") as http:
        yield Cloud(plane, http, agent)
    await plane.stop()
    await channel.close()
    await agent.close()


@pytest.fixture
async def cloud(database: Database, tmp_path: Path) -> AsyncIterator[Cloud]:
    async with simulated_cloud(database, tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def ceph() -> Iterator[ceph_cluster.Cluster]:
    """A Ceph cluster with an empty pool. Who pauses it resumes it."""
    with ceph_cluster.running() as cluster:
        yield cluster

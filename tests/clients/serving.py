"""Serves a whole cloud over real HTTP, for clients that are programs of their own.

The control plane runs in a thread with an event loop of its own, on a free loopback port, over a
temporary database; clouds.yaml knows `haneul` (admin), `haneul-demo` and `haneul-alt` (members), and the
same people without a scope as `haneul-bare`, `haneul-bare-demo` and `haneul-bare-alt`.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
import uvicorn
from openstack.config import OpenStackConfig
from openstack.connection import Connection

from haneul import control_plane, service_folders
from haneul.kernel.context import Context
from haneul.kernel.db import METADATA, open_database
from haneul.services.identity import public as identity
from tests.clients.stock import Client
from tests.conftest import SERVICES
from tests.waiting import PATIENCE_S

BIN = Path(sys.executable).parent
ADMIN_PASSWORD = "admin-password"
USER_PASSWORD = "user-password"
PEOPLE = {"haneul": "admin", "haneul-demo": "demo", "haneul-alt": "alt"}


class Served:
    """A cloud that answers at `endpoint`; `state` is its folder."""

    def __init__(self, endpoint: str, state: Path, plane: control_plane.ControlPlane) -> None:
        self.endpoint = endpoint
        self.state = state
        self.plane = plane

    @property
    def auth_url(self) -> str:
        return f"{self.endpoint}/identity"

    def client(self, cloud: str, *options: str) -> Client:
        """Somebody of clouds.yaml at a shell; `options` come before every command."""
        return Client(self.state / "clouds.yaml", cloud, *options)

    def sdk(self, cloud: str) -> Connection:
        """The same person with a program of their own."""
        clouds = OpenStackConfig(config_files=[str(self.state / "clouds.yaml")])
        return Connection(config=clouds.get_one(cloud))


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Served]:
    """A running cloud with its people in `folder`; it is gone after the block.

    `options` go to the control plane (`agents`, `services`, ...).
    """
    # asyncio turns off the delay of small packets only on sockets that say they are TCP
    listening = socket.socket(proto=socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    endpoint = f"http://127.0.0.1:{listening.getsockname()[1]}"
    services = options.pop("services", SERVICES)
    plane = control_plane.ControlPlane(
        open_database(f"sqlite:///{_new_database(folder, services)}", synchronous="OFF"),
        endpoint=endpoint,
        folder=folder,
        services=services,
        **options,
    )
    _write_clouds(folder, endpoint)
    logging = structlog.get_config()
    log = (folder / "log").open("a")  # its own: the clients' output is read in this process
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
    ready, problems = threading.Event(), []
    server = uvicorn.Server(uvicorn.Config(plane.app.falcon, lifespan="off", log_level="warning"))

    async def live() -> None:
        await plane.open()
        await plane.start()
        try:
            async with plane.platform.context() as ctx:
                await _populate(ctx, services)
            serve = asyncio.create_task(server.serve(sockets=[listening]))
            while not server.started and not serve.done():  # noqa: ASYNC110  # uvicorn gives no event
                await asyncio.sleep(0.01)
            ready.set()
            await serve
        finally:
            await plane.stop()

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as problem:
            problems.append(problem)
        finally:
            ready.set()

    thread = threading.Thread(target=run, name="cloud")
    thread.start()
    try:
        assert ready.wait(30), "the cloud did not start"
        if problems:
            raise problems[0]
        yield Served(endpoint, folder, plane)
    finally:
        server.should_exit = True
        thread.join(30)
        structlog.configure(**logging)
        log.close()
        listening.close()
    assert not thread.is_alive(), "the cloud did not stop"
    if problems:
        raise problems[0]


@contextmanager
def started(folder: Path, *options: str) -> Iterator[Path]:
    """A cloud started by its command, as a user does it, in `folder`; it is stopped after the block."""
    try:
        _haneul("up", "--state", str(folder), "--port", "0", "--detach", *options)
        yield folder
    finally:
        _haneul("down", "--state", str(folder))


def _haneul(*words: str) -> None:
    done = subprocess.run(
        [BIN / "haneul", *words], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


async def _populate(ctx: Context, services: list[str]) -> None:
    await identity.bootstrap(ctx, admin_password=ADMIN_PASSWORD)
    for name in ("demo", "alt"):
        project = await identity.ensure_project(ctx, name)
        user = await identity.ensure_user(ctx, name, USER_PASSWORD, default_project_id=project.id)
        await identity.grant(ctx, "member", user_id=user.id, project_id=project.id)
    for service in services:
        said = service_folders.manifest(service)
        url = f"{ctx.platform.endpoint}{said.endpoint}"
        for kind in (said.type, *said.aliases):
            await identity.ensure_service(ctx, kind, said.catalog_name, url)


def _new_database(folder: Path, services: list[str]) -> Path:
    control_plane.load_tables(services)
    path = folder / "haneul.db"
    engine = sa.create_engine(f"sqlite:///{path}", poolclass=sa.NullPool)
    METADATA.create_all(engine)
    engine.dispose()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return path


def _write_clouds(folder: Path, endpoint: str) -> None:
    clouds: dict[str, Any] = {}
    for cloud, name in PEOPLE.items():
        auth = {
            "auth_url": f"{endpoint}/identity",
            "username": name,
            "password": ADMIN_PASSWORD if name == "admin" else USER_PASSWORD,
            "user_domain_id": "default",
        }
        scope = {"project_name": name, "project_domain_id": "default"}
        common = {"region_name": "RegionOne", "identity_api_version": 3}
        clouds[cloud] = {"auth": {**auth, **scope}, **common}
        clouds[cloud.replace("haneul", "haneul-bare")] = {"auth": auth, **common}
    # JSON is YAML
    (folder / "clouds.yaml").write_text(json.dumps({"clouds": clouds}, indent=2))

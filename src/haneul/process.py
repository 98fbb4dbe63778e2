"""The control plane as a process: opens the store, serves the port, works until it is told to stop.

python -m haneul.process --state DIR [--host H] [--port N] [--database URL] [--services LIST]
                         [--simulate --hosts N] [--agent in-process|socket] [--member N]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvicorn

from haneul import policy_file, private, store
from haneul.bootstrap import bootstrap
from haneul.control_plane import ControlPlane, rules, sections
from haneul.host_agent import AgentConfig, HostAgent, build_agent, interfaces
from haneul.installation import REMEMBERED, Installation
from haneul.kernel import log, room
from haneul.kernel.auth import SYSTEM
from haneul.kernel.config import Config, OptionsProblem
from haneul.kernel.context import Platform
from haneul.kernel.db import open_database
from haneul.kernel.errors import StoreAway, StoreFull
from haneul.kernel.hosts import Agents, Upcall
from haneul.kernel.hosts.in_process import InProcessChannel
from haneul.kernel.hosts.local_socket import LocalSocketChannel
from haneul.kernel.hosts.reports import HostReport, answering
from haneul.kernel.http import connections, door
from haneul.kernel.http.metrics import Metrics
from haneul.kernel.watchdog import Watchdog
from haneul.service_folders import NoSuchService, chosen, hooks, names

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Options:
    state: Path
    host: str = "127.0.0.1"
    port: int = 5000
    database: str | None = None
    services: tuple[str, ...] = field(default_factory=names)
    simulate: bool = False
    hosts: int = 1
    agent: str = "socket"
    synchronous: str = "FULL"
    member: int = 0
    """Which of several control planes on one database, one folder and one port; 0: the only one."""

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"


class Process:
    """Everything of one control plane process, started and stopped in order."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.plane: ControlPlane
        self._lock: int | None = None
        self._channel: Any = None
        self._agent: HostAgent | None = None
        self._tasks: list[asyncio.Task[Any]] = []
        self._watchdog = Watchdog()
        self._room: room.Room
        self._policy = policy_file.PolicyFile(
            Installation(options.state).policy_file, rules(options.services)
        )

    @property
    def platform(self) -> Platform:
        return self.plane.platform

    async def start(self) -> None:
        options = self.options
        url = store.url_of(options.state, options.database)
        if options.database is None:
            self._lock = store.lock(options.state)
        with store.starting(options.state):
            await self._open(url)
        await self._open_channel()
        await self.plane.start()
        self._watchdog.start()
        self._tasks.append(asyncio.create_task(self._policy.follow(self.platform)))
        self._tasks.append(asyncio.create_task(self._room.follow()))

    async def _open(self, url: str) -> None:
        """Store, keys and first rows are there. One member of a cloud at a time does this."""
        options = self.options
        await asyncio.to_thread(store.ensure_current, url)
        db = open_database(url, synchronous=options.synchronous)
        self.plane = ControlPlane(
            db,
            endpoint=options.endpoint,
            folder=options.state,
            services=options.services,
            config=read_options(options.state, is_simulated=options.simulate),
        )
        self._policy.load(self.platform)
        self._room = room.Room(options.state, self.platform.options(room.RoomLimits))
        self.platform.is_full = lambda: self._room.is_full
        await self.plane.open()
        await bootstrap(self.platform, options.services)
        self.plane.app.falcon.add_route("/healthz", Health(self.platform, options.services))
        self.plane.app.falcon.add_route("/metrics", Metrics())

    async def _open_channel(self) -> None:
        """Agents come to us, or there is one in this process."""
        upcall = upcalls(self.platform, self.options.services)
        if self.options.agent == "socket":
            name = f"agents-{self.options.member}.sock" if self.options.member else "agents.sock"
            path = self.options.state / "run" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._channel = LocalSocketChannel(path, upcall)
            await self._channel.start()
        else:
            config = AgentConfig(
                state=str(self.options.state),
                simulated_hosts=self.options.hosts if self.options.simulate else 0,
            )
            self._agent = build_agent(config, upcall)
            self._channel = InProcessChannel(self._agent)
            await self._agent.start()
            self._tasks.append(asyncio.create_task(self._agent.run()))
        self.platform.agents = Agents(self._channel, interfaces())

    async def stop(self) -> None:
        self._watchdog.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.plane.stop()
        if self._channel is not None:
            await self._channel.close()
        if self._agent is not None:
            await self._agent.close()
        if self._lock is not None:
            os.close(self._lock)


class Health:
    """/healthz: 200 once every service is ready since this process started; 503 until then."""

    def __init__(self, platform: Platform, services: Sequence[str]) -> None:
        self._platform = platform
        self._since = platform.clock.now()
        self._hooks = [is_ready for _, is_ready in hooks(services, "is_ready")]
        self._is_ready = False

    async def on_get(self, req: Any, resp: Any) -> None:
        if not self._is_ready:
            with contextlib.suppress(StoreAway):
                async with self._platform.reading() as ctx:
                    self._is_ready = all([await is_ready(ctx, self._since) for is_ready in self._hooks])
        resp.status = 200 if self._is_ready else 503
        resp.media = {"healthy": self._is_ready, "full": self._platform.is_full()}


def upcalls(platform: Platform, services: Sequence[str]) -> Upcall:
    """How the control plane answers its agents: reports go to whom they concern, questions to whom knows."""
    receivers = [take for _, take in hooks(services, "take_reports")]
    answers = {
        name: partial(answer, platform)
        for _, table in hooks(services, "ANSWERS")
        for name, answer in table.items()
    }

    async def report(reports: list[HostReport]) -> None:
        async with platform.context() as ctx:
            for take in receivers:
                await take(ctx, [msgspec.to_builtins(r) for r in reports])

    return answering(report, answers)


def read_options(state: Path, *, is_simulated: bool = False) -> Config:
    """The operator's options; StoreProblem says what is wrong with them."""
    installation = Installation(state)
    try:
        options = installation.options()
        if is_simulated:
            for service, usual in hooks(names(), "SIMULATED"):
                options[service] = usual | options.get(service, {})
        return Config(sections(), options)
    except (tomllib.TOMLDecodeError, OptionsProblem) as problem:
        raise store.StoreProblem(f"{installation.options_file} cannot be used: {problem}") from None


def keep_large_blocks() -> None:
    """Tell glibc to keep the memory of large buffers, so that streams do not fault in every chunk.

    M_MMAP_THRESHOLD is -3, M_TRIM_THRESHOLD -1 (mallopt(3)); measured in docs/adr/0002-libraries.md.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(-3, 64 << 20)
        libc.mallopt(-1, 64 << 20)


async def serve(options: Options) -> None:
    """Run until SIGTERM or SIGINT."""
    listener = socket.create_server((options.host, options.port), reuse_port=options.member > 0, backlog=2048)
    process = Process(options)
    await process.start()
    limits = process.platform.options(door.Limits)
    plain, upgraded = connections.protocols(door.Door(limits, open_files=door.raise_open_files()))
    config = uvicorn.Config(
        process.plane.app.falcon,
        http=plain,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_keep_alive=limits.idle_timeout_s,  # type: ignore[arg-type]  # it takes fractions
        timeout_graceful_shutdown=2,
        server_header=False,
        proxy_headers=False,  # whoever sends X-Forwarded-For is still where the connection comes from
        date_header=True,
        ws=upgraded,
        ws_max_size=1 << 20,
    )
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # no line for whatever a stranger sends
    server = uvicorn.Server(config)
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
    gc.freeze()  # what was imported stays: no need to look at it at every collection
    logger.info("control plane ready", endpoint=options.endpoint)
    try:
        await server.serve(sockets=[listener])
    finally:
        log.write_answered()
        await process.stop()


def _no_signals() -> Any:
    return contextlib.nullcontext()


def read_arguments(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m haneul.process")
    parser.add_argument("--state", type=Path, required=True, help="the folder for everything that is kept")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument(
        "--database", help=f"postgresql://... instead of the file in the folder; {REMEMBERED!r}: as last time"
    )
    parser.add_argument("--services", default="all", help="minimum, core, all, or names with commas")
    parser.add_argument("--simulate", action="store_true", help="every driver is a fake")
    parser.add_argument("--hosts", type=int, default=1, help="how many simulated hosts")
    parser.add_argument("--agent", choices=("in-process", "socket"), default="socket")
    parser.add_argument("--member", type=int, default=0, help="1, 2, ...: one of several control planes")
    parsed = parser.parse_args(arguments)
    if parsed.member and not parsed.database:
        parser.error("several control planes need a database server")
    try:
        services = chosen(parsed.services)
    except NoSuchService as problem:
        parser.error(str(problem))
    parsed.state.mkdir(parents=True, exist_ok=True)
    is_remembered = parsed.database == REMEMBERED
    database = Installation(parsed.state).settings().database if is_remembered else parsed.database
    return Options(
        parsed.state.resolve(),
        parsed.host,
        parsed.port,
        database,
        services,
        parsed.simulate,
        parsed.hosts,
        parsed.agent,
        member=parsed.member,
    )


def main() -> None:
    private.begin()
    options = read_arguments()
    private.tighten(options.state)
    log.configure()
    keep_large_blocks()
    import uvloop

    try:
        uvloop.run(serve(options))
    except (store.StoreProblem, policy_file.PolicyFileProblem) as problem:
        sys.exit(f"haneul: {problem}")
    except (StoreFull, StoreAway) as problem:
        sys.exit(f"haneul: {problem.text} ({problem.__cause__})")
    except OSError as problem:
        sys.exit(f"haneul: {problem.filename or options.state}: {problem.strerror or problem}")


def verify_state(state: Path) -> tuple[bool, str]:
    """Check every invariant that the services declare."""
    return asyncio.run(_verify(state))


async def _verify(state: Path) -> tuple[bool, str]:
    url = store.url_of(state, Installation(state).settings().database or None)
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return False, f"there is no cloud in {state}"
    plane = ControlPlane(open_database(url), endpoint="", folder=state, config=read_options(state))
    await plane.platform.db.start()
    try:
        for service, verify in hooks(names(), "verify"):
            async with plane.platform.reading(SYSTEM) as ctx:
                problem = await verify(ctx)
            if problem is not None:
                return False, f"{service}: {problem}"
    finally:
        await plane.platform.db.close()
    return True, "OK"


if __name__ == "__main__":
    main()

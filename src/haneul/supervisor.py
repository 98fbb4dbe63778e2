"""Starts the processes of a cloud on this machine and keeps them running.

    python -m haneul.supervisor --state DIR

It reads how from the state folder's settings, which `haneul up` wrote. A lock in the folder lets only one
supervisor run; the kernel lets go of it even after kill -9. What such a death leaves behind (its children)
is found by the record it kept, and stopped before new ones are started. Ends on SIGTERM, children first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from haneul import log_files, private
from haneul.installation import REMEMBERED, Child, Installation, Record, Settings
from haneul.processes import identify, stop

log = logging.getLogger(__name__)

PATIENCE_S = 10.0
"""How long a child may take to end when asked."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
HEALTHY_AFTER_S = 30.0
"""Who lived that long starts again at once."""


class AlreadyRunning(Exception):
    """Another supervisor holds the state folder."""


def commands(installation: Installation, settings: Settings) -> dict[str, list[str]]:
    """The command of each process, by role."""
    python, state = sys.executable, str(installation.state)
    module = os.environ.get("HANEUL_CONTROL_PLANE", "haneul.process")
    control_plane = [python, "-m", module, "--state", state, "--host", "127.0.0.1"]
    control_plane += ["--port", str(settings.port)]
    if settings.database:
        control_plane += [
            "--database",
            REMEMBERED,
        ]  # its URL may hold a password, and everybody reads arguments
    if settings.services:
        control_plane += ["--services", settings.services]
    agent = [python, "-m", "haneul.host_agent", "--state", state]
    if settings.simulate:
        control_plane += ["--simulate", "--hosts", str(settings.hosts)]
        if not settings.agent_process and settings.control_planes == 1:
            return {"control-plane": [*control_plane, "--agent", "in-process"]}
        agent += ["--hosts", str(settings.hosts)]
    else:
        agent += ["--option", f"network.uplink={settings.uplink}"]
    control_plane += ["--agent", "socket"]
    if settings.control_planes == 1:
        return {"control-plane": control_plane, "host-agent": agent}
    members = {
        f"control-plane-{n}": [*control_plane, "--member", str(n)]
        for n in range(1, settings.control_planes + 1)
    }
    return {**members, "host-agent": agent}


async def clear_away(installation: Installation) -> None:
    """What a supervisor that was killed left running is stopped. The caller holds the lock."""
    left = installation.record()
    for child in left.children if left else []:
        if child.process is not None and child.process.is_alive:
            log.warning("stopping %s (process %d), left over", child.role, child.process.pid)
            await stop(child.process, patience_s=PATIENCE_S)


class Supervisor:
    def __init__(self, installation: Installation, settings: Settings | None = None) -> None:
        self._installation = installation
        self._settings = settings or installation.settings()
        self._log_limits = log_files.limits_of(installation)
        self._record: Record
        self._children: dict[str, Child] = {}

    async def run(self) -> None:
        """Keep the processes running until cancelled; then none of them is left."""
        lock = self._installation.lock()
        if lock is None:
            raise AlreadyRunning
        try:
            await clear_away(self._installation)
            await self._supervise(commands(self._installation, self._settings))
        finally:
            self._installation.record_file.unlink(missing_ok=True)
            os.close(lock)

    async def _supervise(self, to_run: Mapping[str, list[str]]) -> None:
        me = identify(os.getpid())
        assert me is not None
        self._record = Record(
            supervisor=me,
            port=self._settings.port,
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            simulated=self._settings.simulate,
        )
        self._children = {role: Child(role=role) for role in to_run}
        self._note()
        self._installation.logs.mkdir(parents=True, exist_ok=True)
        async with asyncio.TaskGroup() as tasks:
            for role, command in to_run.items():
                tasks.create_task(self._keep_running(role, command))
            tasks.create_task(log_files.keep_small(self._installation.logs, self._log_limits))

    async def _keep_running(self, role: str, command: list[str]) -> None:
        pause, clock = FIRST_PAUSE_S, asyncio.get_running_loop().time
        while True:
            born = clock()
            code = await self._run_once(role, command)
            child = self._children[role]
            self._note(replace(child, process=None, deaths=child.deaths + 1, last_exit=code))
            if clock() - born > HEALTHY_AFTER_S or code < 0:  # killed: that says nothing of its health
                pause = FIRST_PAUSE_S
            log.warning("%s ended with %d; starting it again in %.1f s", role, code, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _run_once(self, role: str, command: list[str]) -> int:
        with self._installation.log_of(role).open("ab") as file:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,  # Ctrl-C at our terminal is ours to pass on
            )
        try:
            self._note(replace(self._children[role], process=identify(process.pid)))
            log.info("%s runs as process %d", role, process.pid)
            return await process.wait()
        except asyncio.CancelledError:
            await _end(process)
            raise

    def _note(self, child: Child | None = None) -> None:
        if child is not None:
            self._children[child.role] = child
        self._record.children = list(self._children.values())
        self._installation.write_record(self._record)


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def run_until_told(supervisor: Supervisor) -> None:
    """Run it; SIGTERM and SIGINT end it in good order."""
    work = asyncio.ensure_future(supervisor.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


def main() -> int:
    private.begin()
    parser = argparse.ArgumentParser(prog="python -m haneul.supervisor")
    parser.add_argument("--state", type=Path, required=True)
    installation = Installation(parser.parse_args().state)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        asyncio.run(run_until_told(Supervisor(installation)))
    except AlreadyRunning:
        log.error("another supervisor runs on %s", installation.state)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One state folder: where things are in it, how it was last started, and what runs on it now."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from haneul.kernel import whole_files
from haneul.processes import ProcessId

DEFAULT_PORT = 5000
REMEMBERED = "remembered"
"""In place of a database's URL: the one with which the cloud was started last."""
DEFAULT_SIMULATED_HOSTS = 3


class Settings(msgspec.Struct, kw_only=True):
    """How the cloud is started. Remembered, so that the next `haneul up` needs no options."""

    port: int = DEFAULT_PORT
    simulate: bool = False
    agent_process: bool = False
    hosts: int = DEFAULT_SIMULATED_HOSTS
    services: str = ""
    database: str = ""
    control_planes: int = 1
    uplink: str = "none"


class Child(msgspec.Struct, frozen=True, kw_only=True):
    role: str
    process: ProcessId | None = None
    """None while it is down and waits for its next start."""
    deaths: int = 0
    """How often it ended by itself."""
    last_exit: int | None = None


class Record(msgspec.Struct, kw_only=True):
    """What the supervisor says of itself, for whoever looks."""

    supervisor: ProcessId
    port: int
    started_at: str
    simulated: bool
    children: list[Child] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Installation:
    def __init__(self, state: Path) -> None:
        self.state = state.absolute()
        self.run = self.state / "run"
        self.logs = self.state / "log"
        self.record_file = self.run / "supervisor.json"
        self.settings_file = self.state / "config" / "up.json"
        self.options_file = self.state / "config" / "haneul.toml"
        self.policy_file = self.state / "config" / "policy.yaml"

    def log_of(self, role: str) -> Path:
        return self.logs / f"{role}.log"

    def settings(self) -> Settings:
        """As remembered; the usual ones if it was never started."""
        if not self.settings_file.exists():
            return Settings()
        return msgspec.json.decode(self.settings_file.read_bytes(), type=Settings)

    def remember(self, settings: Settings) -> None:
        _write(self.settings_file, msgspec.json.format(msgspec.json.encode(settings)))

    def options(self) -> dict[str, Any]:
        """What the operator says of the services: a section each in `config/haneul.toml`, if there is one."""
        if not self.options_file.exists():
            return {}
        return tomllib.loads(self.options_file.read_text())

    def record(self) -> Record | None:
        """The last supervisor's, whether it still runs or not."""
        try:
            return msgspec.json.decode(self.record_file.read_bytes(), type=Record)
        except (OSError, msgspec.MsgspecError):
            return None

    def write_record(self, record: Record) -> None:
        _write(self.record_file, msgspec.json.format(msgspec.json.encode(record)))

    def running(self) -> Record | None:
        """The record of the supervisor that runs now; None if none does, whatever files say."""
        record = self.record()
        return record if record is not None and record.supervisor.is_alive else None

    def lock(self) -> int | None:
        """The descriptor of the lock, held while it is open; None if another process holds it."""
        self.run.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.exists():
        folder = folder.parent
    return folder


class NotUsable(Exception):
    """Nothing can be kept in the state folder; the message says why, and what helps."""


def require_usable(installation: Installation, least_mib: int) -> None:
    """The state folder is there, ours, and has room; NotUsable otherwise."""
    state = installation.state
    try:
        state.mkdir(parents=True, exist_ok=True)
        probe = state / f".probe-{os.getpid()}"
        try:
            probe.write_bytes(b"x" * 4096)
        finally:
            probe.unlink(missing_ok=True)
        free = shutil.disk_usage(state).free >> 20
    except OSError as problem:
        remedy = {
            errno.ENOSPC: "its disk is full: make room, or choose another folder with --state DIR",
            errno.EROFS: "its file system is read-only",
            errno.EACCES: "it belongs to somebody else: run as its owner, or choose another with --state DIR",
        }.get(problem.errno or 0, problem.strerror or str(problem))
        raise NotUsable(f"Nothing can be written in {state}: {remedy}.") from None
    if free < least_mib:
        raise NotUsable(
            f"The disk of {state} is full: {free} MiB are free, at least {least_mib} are needed to start. "
            "Make room, or choose another folder with --state DIR."
        )


def default_state() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/haneul")
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local/state") / "haneul"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_files.write(path, content + b"\n")

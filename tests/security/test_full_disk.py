"""A disk that fills up, is read-only, or is not ours: told as that, nothing lost, and deleting goes on."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from haneul.health import get, is_healthy
from haneul.installation import free_port
from haneul.kernel import room
from haneul.kernel.db.sqlite import problem_of
from haneul.kernel.errors import StoreAway, StoreFull
from haneul.store import StoreProblem, ensure_current
from tests.waiting import PATIENCE_S

OPTIONS = "[disk]\nwarn_free_mib = 40\nleast_free_mib = 20\nreserve_mib = 8\n"


def inside(mount: str, then: list[str], **options: Any) -> subprocess.Popen[str]:
    """The command, in a mount namespace of its own after that shell command."""
    script = f'{mount} && exec "$@"'
    line = ["unshare", "--mount", "sh", "-c", script, "sh", *then]
    return subprocess.Popen(line, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def wait(process: subprocess.Popen[str], holds: Callable[[], Any]) -> None:
    while not holds():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


class SmallCloud:
    def __init__(self, process: subprocess.Popen[str], port: int, state: Path) -> None:
        self.process = process
        self.port = port
        self.state = Path(f"/proc/{process.pid}/root") / state.relative_to("/")
        self._filler = self.state.parent / "filler"
        password = json.loads((self.state / "passwords.json").read_text())["admin"]
        user = {"name": "admin", "password": password, "domain": {"id": "default"}}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}/identity/v3", timeout=60)
        self.http.headers["X-Auth-Token"] = self.http.post("/auth/tokens", json=body).headers[
            "X-Subject-Token"
        ]

    def create(self, name: str) -> httpx.Response:
        return self.http.post("/projects", json={"project": {"name": name}})

    def fill(self) -> None:
        """Nothing more goes onto the disk."""
        with contextlib.suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(65536))

    def clear(self) -> None:
        self._filler.unlink()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallCloud]:
    """A cloud on a file system of 96 MiB."""
    port, state = free_port(), tmp_path / "disk" / "state"
    (tmp_path / "disk").mkdir()
    (tmp_path / "haneul.toml").write_text(OPTIONS)
    mount = (
        f"mount -t tmpfs -o size=96m,mode=700 none {tmp_path}/disk && mkdir -p {state}/config "
        f"&& cp {tmp_path}/haneul.toml {state}/config/"
    )
    command = [sys.executable, "-m", "haneul.process", "--state", str(state), "--port", str(port)]
    process = inside(mount, [*command, "--simulate", "--agent", "in-process", "--services", "minimum"])
    try:
        wait(process, lambda: is_healthy(port))
        made = SmallCloud(process, port, state)
        yield made
        made.http.close()
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.root
def test_on_a_full_disk_writing_is_refused_deleting_is_not_and_nothing_is_lost(small: SmallCloud) -> None:
    kept = small.create("kept").json()["project"]["id"]
    doomed = small.create("doomed").json()["project"]["id"]
    small.fill()
    statuses = []

    def is_refused() -> bool:
        answer = small.create(f"new {len(statuses)}")
        statuses.append(answer.status_code)
        return answer.status_code == 507 and "room" in answer.json()["error"]["message"]

    wait(small.process, is_refused)
    assert set(statuses) <= {201, 507}
    wait(small.process, lambda: get(small.port, "/healthz") == {"healthy": True, "full": True})
    assert small.http.get(f"/projects/{kept}").status_code == 200
    assert small.http.delete(f"/projects/{doomed}").status_code == 204
    assert small.http.get(f"/projects/{doomed}").status_code == 404
    small.clear()
    wait(small.process, lambda: small.create(f"later {time.monotonic_ns()}").status_code == 201)
    assert small.http.get(f"/projects/{kept}").status_code == 200


def up(mount: str, state: Path) -> tuple[int, str]:
    process = inside(
        mount, [sys.executable, "-m", "haneul.cli", "up", "--simulate", "--state", str(state), "--port", "0"]
    )
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out + err


@pytest.mark.root
def test_up_says_what_is_missing(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    tmpfs = f"mount -t tmpfs -o size=2m none {disk}"
    for mount, why in (
        (tmpfs, "is full"),
        (f"{tmpfs} && (dd if=/dev/zero of={disk}/filler 2>/dev/null; true)", "is full"),
        (f"{tmpfs} && mount -o remount,ro {disk}", "read-only"),
        (f"touch {disk}/state", "File exists"),
    ):
        code, said = up(mount, disk / "state")
        assert code == 1, said
        assert why in said
        assert "Traceback" not in said


@pytest.mark.root
def test_status_and_doctor_say_it_before(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=100m none {tmp_path}"
    for command in ("status", "doctor"):
        process = inside(mount, [sys.executable, "-m", "haneul.cli", command, "--state", str(tmp_path)])
        assert "is nearly full" in process.communicate(timeout=PATIENCE_S)[0]


def test_a_store_that_is_none_of_ours_is_told_and_left(tmp_path: Path) -> None:
    path = tmp_path / "haneul.db"
    path.write_bytes(b"something else" * 100)
    with pytest.raises(StoreProblem, match="no store of ours"):
        ensure_current(f"sqlite:///{path}")
    assert path.read_bytes() == b"something else" * 100


def test_the_reserve_is_made_and_let_go(tmp_path: Path) -> None:
    limits = room.RoomLimits(warn_free_mib=0, least_free_mib=0, reserve_mib=1)
    here = room.Room(tmp_path, limits)
    here.look()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 1 << 20
    assert not here.is_full
    here.let_go()
    assert (tmp_path / "reserve").stat().st_size == 0
    assert here.is_full


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StoreFull),
        (sqlite3.SQLITE_IOERR, StoreAway),
        (sqlite3.SQLITE_READONLY, StoreAway),
        (sqlite3.SQLITE_CANTOPEN, StoreAway),
        (sqlite3.SQLITE_CORRUPT, StoreAway),
    ],
)
def test_what_the_store_cannot_do_has_a_name(code: int, kind: type[Exception]) -> None:
    error = sqlite3.OperationalError("x")
    error.sqlite_errorcode = code
    assert type(problem_of(error)) is kind

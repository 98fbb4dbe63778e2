"""A cloud's processes through the `haneul` command: started, killed, found again, stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from haneul.health import get
from haneul.installation import Installation, Record
from haneul.processes import identify
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]
ENVIRONMENT = {
    **os.environ,
    "HANEUL_CONTROL_PLANE": "tests.stand_in.control_plane",
    "PYTHONPATH": str(ROOT),
}


class Cloud:
    def __init__(self, state: Path) -> None:
        self.installation = Installation(state)

    def haneul(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "haneul.cli", command, "--state", str(self.installation.state), *more]
        return subprocess.run(
            line, env=ENVIRONMENT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )

    def up(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.haneul("up", "--bare", "--simulate", "--detach", *more)

    def status(self) -> dict[str, Any]:
        return json.loads(self.haneul("status", "--json").stdout)

    def record(self) -> Record:
        record = self.installation.running()
        assert record is not None
        return record

    def control_plane(self) -> int:
        """The id of the process that answers."""
        shown = get(self.installation.settings().port, "/haneul/v1/status")
        assert shown is not None
        return shown["pid"]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    made = Cloud(tmp_path / "state")
    yield made
    made.haneul("down")


def until(holds: Callable[[], Any]) -> None:
    while not holds():
        time.sleep(0.02)


def test_up_starts_it_and_down_leaves_nothing_running(cloud: Cloud) -> None:
    done = cloud.up("--port", "0", "--hosts", "5")
    assert done.returncode == 0, done.stderr
    status = cloud.status()
    assert status["healthy"]
    assert status["simulated"]
    assert status["endpoint"] in done.stdout
    assert [process["role"] for process in status["processes"]] == ["supervisor", "control-plane"]
    assert all(process["memory_mib"] > 0 for process in status["processes"])
    assert status["detected"] == {"accelerator": "tcg", "network": "fake", "reflink": False}
    assert "healthy, simulated" in cloud.haneul("status").stdout
    down = cloud.haneul("down")
    assert down.returncode == 0, down.stderr
    assert [identify(process["pid"]) for process in status["processes"]] == [None, None]
    assert cloud.status()["processes"] == []
    assert cloud.status()["detected"] == {"accelerator": None, "network": None, "reflink": None}
    assert "Nothing runs" in cloud.haneul("down").stdout


def test_a_second_up_changes_nothing(cloud: Cloud) -> None:
    cloud.up("--port", "0")
    before, settings = cloud.status(), cloud.installation.settings()
    done = cloud.up("--port", "0", "--hosts", "77")
    assert done.returncode == 0
    assert "already running" in done.stdout
    assert [p["pid"] for p in cloud.status()["processes"]] == [p["pid"] for p in before["processes"]]
    assert cloud.installation.settings() == settings


def test_options_are_remembered(cloud: Cloud) -> None:
    cloud.up("--port", "0", "--hosts", "5")
    endpoint = cloud.status()["endpoint"]
    cloud.haneul("down")
    assert cloud.haneul("up", "--bare", "--detach").returncode == 0
    assert cloud.status()["endpoint"] == endpoint
    assert cloud.status()["simulated"]
    assert cloud.installation.settings().hosts == 5


def test_a_child_that_is_killed_is_started_again(cloud: Cloud) -> None:
    cloud.up("--port", "0")
    first = cloud.control_plane()
    os.kill(first, signal.SIGKILL)
    until(lambda: identify(first) is None)
    until(lambda: cloud.status()["healthy"])
    assert cloud.control_plane() != first
    assert [process["restarts"] for process in cloud.status()["processes"]] == [0, 1]


def test_after_a_killed_supervisor_its_children_are_replaced(cloud: Cloud) -> None:
    cloud.up("--port", "0")
    supervisor, orphan = cloud.record().supervisor.pid, cloud.control_plane()
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: identify(supervisor) is None)
    assert not cloud.status()["running"]
    assert identify(orphan) is not None
    done = cloud.up()
    assert done.returncode == 0, done.stderr
    assert identify(orphan) is None
    assert cloud.status()["healthy"]
    assert cloud.control_plane() != orphan


def test_down_also_stops_what_a_killed_supervisor_left(cloud: Cloud) -> None:
    cloud.up("--port", "0")
    supervisor, orphan = cloud.record().supervisor.pid, cloud.control_plane()
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: identify(supervisor) is None)
    assert cloud.haneul("down").returncode == 0
    assert identify(orphan) is None


def test_what_does_not_start_says_where_and_why(cloud: Cloud) -> None:
    cloud.installation.state.mkdir()
    (cloud.installation.state / "refuse").touch()
    done = cloud.up("--port", "0")
    assert done.returncode == 1
    assert "control-plane: no: the file says so" in done.stderr
    assert str(cloud.installation.log_of("control-plane")) in done.stderr
    assert not cloud.status()["running"]


def test_a_port_in_use_is_said_before_anything_starts(cloud: Cloud, tmp_path: Path) -> None:
    cloud.up("--port", "0")
    other = Cloud(tmp_path / "other")
    done = other.up("--port", str(cloud.installation.settings().port))
    assert done.returncode == 1
    assert "in use" in done.stderr
    assert not other.installation.settings_file.exists()


def test_in_the_foreground_it_runs_until_interrupted(cloud: Cloud) -> None:
    line = [sys.executable, "-u", "-m", "haneul.cli", "up", "--bare", "--simulate", "--port", "0"]
    running = subprocess.Popen(
        [*line, "--state", str(cloud.installation.state)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    said = [running.stdout.readline() for _ in range(5)]
    assert "Ctrl-C" in said[-1]
    child = cloud.control_plane()
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    running.stdout.close()
    assert identify(child) is None
    assert not cloud.status()["running"]


def test_a_real_cloud_has_an_agent_of_its_own(cloud: Cloud) -> None:
    from haneul.installation import Settings
    from haneul.supervisor import commands

    assert set(commands(cloud.installation, Settings(simulate=True))) == {"control-plane"}
    real = commands(cloud.installation, Settings(uplink="host"))
    assert set(real) == {"control-plane", "host-agent"}
    assert "network.uplink=host" in real["host-agent"]

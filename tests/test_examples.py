"""Every program in examples/ runs, against a simulated cloud started as a user starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
HANEUL = str(Path(sys.executable).with_name("haneul"))
CLOUDS = {"why_not.py": "haneul"}
"""Who runs it, where that is not a member of project demo."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cloud")
    up = [HANEUL, "up", "--state", str(folder), "--simulate", "--port", "0", "--detach"]
    subprocess.run(up, check=True, capture_output=True, timeout=PATIENCE_S)
    yield folder
    subprocess.run(
        [HANEUL, "down", "--state", str(folder)], check=True, capture_output=True, timeout=PATIENCE_S
    )


@pytest.mark.clients
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_it_runs(example: Path, state: Path) -> None:
    environment = {
        **os.environ,
        "OS_CLIENT_CONFIG_FILE": str(state / "clouds.yaml"),
        "OS_CLOUD": CLOUDS.get(example.name, "haneul-demo"),
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, str(example)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout

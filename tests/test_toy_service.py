"""A service is a folder: a toy that lies under `tests/` only is put on the path, and works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TOY = Path(__file__).parent / "toy_service"
ENVIRONMENT = os.environ | {"HANEUL_SERVICES_PATH": str(TOY / "services")}


def run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
        cwd=TOY.parents[1],
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_toy_does_in_a_cloud_all_that_a_service_does() -> None:
    run("-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, sorted(TOY.glob("*_checks.py"))))


def test_its_migration_leads_to_what_it_declares(tmp_path: Path) -> None:
    assert "greetings_0003_cards" in run("-m", "haneul.migrations", f"sqlite:///{tmp_path}/x.db")

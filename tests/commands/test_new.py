"""`haneul new` writes parts that work: they are put on the path, boot in a cloud, and pass their own tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
HANEUL = str(Path(sys.executable).with_name("haneul"))


class Workshop:
    """Empty folders for services and their tests."""

    def __init__(self, folder: Path) -> None:
        self.services = folder / "services"
        self.tests = folder / "tests"

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            capture_output=True,
            text=True,
            check=False,
            cwd=TOP,
            env=os.environ | {"HANEUL_SERVICES_PATH": str(self.services)},
        )

    def new(self, *words: str) -> None:
        done = self.run(HANEUL, "new", *words, "--tests", str(self.tests))
        assert done.returncode == 0, done.stdout + done.stderr

    def python(self, *words: str) -> str:
        done = self.run(sys.executable, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    made = Workshop(tmp_path)
    made.new("service", "paper_boats", "--services", str(made.services))
    return made


@pytest.mark.slow
def test_what_is_new_boots_and_passes_its_own_tests(workshop: Workshop, tmp_path: Path) -> None:
    workshop.new("resource", "paper_boats", "sails")
    workshop.new("saga", "paper_boats", "hoist_sail")
    workshop.new("driver", "paper_boats", "paper_boat_host", "pond")
    files = [*workshop.services.rglob("*.py"), *workshop.tests.rglob("*.py")]
    assert workshop.services / "paper_boats/sagas/hoist_sail.py" in files
    for file in files:
        text = file.read_text().lower()
        assert not [word for word in ("greeting", "ribbon", "toy") if word in text + file.name], file
    shown = workshop.python(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "tests.conftest",
        "-c", str(TOP / "pyproject.toml"), str(workshop.tests),
    )  # fmt: skip
    assert "100%" in shown
    upgraded = workshop.python("-m", "haneul.migrations", f"sqlite:///{tmp_path}/x.db")
    assert "paper_boats_0002_sails" in upgraded
    workshop.python("-m", "ruff", "check", "--config", str(TOP / "pyproject.toml"), str(workshop.services))


def test_nothing_is_written_over(workshop: Workshop) -> None:
    before = {path: path.read_text() for path in workshop.services.rglob("*.py")}
    for words in (
        ("service", "paper_boats", "--services", str(workshop.services)),
        ("resource", "paper_boats", "paper_boats"),
        ("saga", "paper_boats", "fold_paper_boat"),
        ("driver", "paper_boats", "paper_boat_host", "fake"),
        ("driver", "paper_boats", "no_such_host", "pond"),
        ("resource", "no_such_service", "sails"),
        ("service", "Paper-Boats"),
    ):
        done = workshop.run(HANEUL, "new", *words, "--tests", str(workshop.tests))
        assert done.returncode != 0, f"{words}: {done.stdout}"
        assert "Traceback" not in done.stderr, done.stderr
    assert {path: path.read_text() for path in workshop.services.rglob("*.py")} == before

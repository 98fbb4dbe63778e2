"""What lies on the disk of the machine is for its owner only."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from haneul import private
from haneul.health import is_healthy
from haneul.installation import free_port
from haneul.kernel.errors import ImpossibleHere
from haneul.services.compute.drivers.qemu import privileges


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in [folder, *folder.rglob("*")]
        if not path.is_symlink() and path.lstat().st_mode & 0o077 & ~(stat.S_IXOTH if path.is_dir() else 0)
    ]


@pytest.mark.parametrize("module", ["process", "host_agent", "supervisor", "cli", "migrations"])
def test_every_process_begins_by_closing_what_it_makes(module: str, tmp_path: Path) -> None:
    """Its first act is to set the mask: seen from what it has when it has read its arguments and failed."""
    script = (
        "import os, runpy, sys, atexit\n"
        "def show():\n    print('mask', oct(os.umask(0)))\n"
        f"atexit.register(show); os.umask(0o022); sys.argv = ['x', '--no-such-option']\n"
        f"runpy.run_module('haneul.{module}', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True)
    if module != "cli":  # click refuses the option before it calls anything, and nothing was made
        assert "mask 0o77" in done.stdout, done.stderr


@pytest.mark.slow
def test_nothing_in_the_state_folder_is_open_to_others(tmp_path: Path) -> None:
    """Also what an older version left open."""
    state, port = tmp_path / "state", free_port()
    (state / "log").mkdir(parents=True)
    (state / "log" / "control-plane.log").write_text("old")
    (state / "log" / "control-plane.log").chmod(0o644)
    state.chmod(0o755)
    command = [sys.executable, "-m", "haneul.process", "--state", str(state), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--simulate", "--agent", "in-process", "--services", "minimum"],
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: os.umask(0),
    )
    try:
        while not is_healthy(port):
            assert process.poll() is None
            time.sleep(0.05)
        assert open_to_others(state) == []
    finally:
        process.terminate()
        process.wait()


def test_folders_of_older_versions_are_closed_but_those_of_machines_are_left(tmp_path: Path) -> None:
    old = {
        "haneul.db": 0o644, "log/x.log": 0o644, "agent/journal.sqlite": 0o644, "keys/identity/1": 0o600,
        "hosts/h/journal": 0o644, "hosts/h/qemu/base/image": 0o444,
    }  # fmt: skip
    for name, mode in old.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    private.tighten(tmp_path)
    assert stat.S_IMODE((tmp_path / "hosts/h/qemu/base/image").stat().st_mode) == 0o444
    left = [name for name in open_to_others(tmp_path) if not name.startswith("hosts")]
    assert left == []
    assert stat.S_IMODE((tmp_path / "hosts/h/journal").stat().st_mode) == 0o600


@pytest.mark.root
def test_machines_do_not_run_as_root_because_of_a_folder(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    folder = tmp_path / "state" / "hosts" / "h" / "qemu"
    folder.mkdir(parents=True)
    with pytest.raises(ImpossibleHere, match="cannot pass through"):
        privileges.find("haneul-qemu", folder)
    assert privileges.find("", folder) is None


@pytest.mark.root
def test_the_way_within_the_state_folder_is_opened_and_nothing_can_be_listed() -> None:
    state = Path("/var/tmp") / f"haneul-test-{os.getpid()}"
    folder = state / "hosts" / "h" / "qemu"
    try:
        folder.mkdir(parents=True, mode=0o700)
        for each in (state, state / "hosts", state / "hosts" / "h"):
            each.chmod(0o700)
        account = privileges.find("haneul-qemu", folder)
        assert account is not None and account.uid != 0
        for each in (state, state / "hosts", state / "hosts" / "h"):
            assert stat.S_IMODE(each.stat().st_mode) == 0o701
    finally:
        shutil.rmtree(state)

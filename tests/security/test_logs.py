"""Logs stay small, whatever strangers send."""

from __future__ import annotations

import os
from pathlib import Path

from haneul import log_files
from haneul.kernel import log


def test_a_log_that_grew_is_set_aside_and_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "control-plane.log"
    limits = log_files.LogLimits(most_mib=0.001, kept=2)
    born: dict[Path, float] = {}
    writer = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for n in range(5):
        os.write(writer, f"{n}".encode() * 2000)
        log_files.look(tmp_path, limits, born)
    os.write(writer, b"after")
    os.close(writer)
    assert path.read_bytes() == b"after"
    assert (tmp_path / "control-plane.log.1").read_text() == "4" * 2000
    assert (tmp_path / "control-plane.log.2").read_text() == "3" * 2000
    assert len(list(tmp_path.iterdir())) == 3


def test_a_log_that_is_old_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.log"
    path.write_text("old")
    before = tmp_path / "supervisor.log.1"
    before.write_text("older")
    os.utime(before, (0, 0))
    log_files.look(tmp_path, log_files.LogLimits(), {})
    assert (path.read_text(), before.read_text()) == ("", "old")


def test_where_none_is_kept_the_log_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("x" * 4000)
    log_files.set_aside(path, 0)
    assert path.stat().st_size == 0
    assert len(list(tmp_path.iterdir())) == 1


def test_a_path_is_cut() -> None:
    line = log.cut("/" + "a" * 60_000)
    assert len(line) < 600
    assert "60001" in line
    assert log.cut("/short") == "/short"

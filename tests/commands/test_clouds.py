"""Our clouds in the user's own clouds.yaml."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
import yaml

from haneul.commands.clouds import merge, offer, put, users_file

OURS = """\
clouds:
  haneul:
    auth:
      username: "admin"
  haneul-demo:
    auth:
      username: "demo"
"""
THEIRS = """\
# mine
clouds:
    work:  # the big one
        auth: {username: me}
cache:
    expiration_time: 10
"""


def test_what_was_there_stays_and_ours_comes_beside_it() -> None:
    merged = merge(THEIRS, OURS)
    assert "# the big one" in merged
    read = yaml.safe_load(merged)
    assert read["clouds"].keys() == {"work", "haneul", "haneul-demo"}
    assert read["clouds"]["haneul-demo"]["auth"]["username"] == "demo"
    assert read["cache"] == {"expiration_time": 10}


def test_a_second_time_replaces_the_first() -> None:
    again = merge(merge(THEIRS, OURS), OURS.replace("demo", "other"))
    read = yaml.safe_load(again)
    assert read["clouds"].keys() == {"work", "haneul", "haneul-other"}


def test_an_empty_file_gets_ours() -> None:
    assert yaml.safe_load(merge("", OURS)) == yaml.safe_load(OURS)


@pytest.mark.parametrize("theirs", ["clouds: {a: {}}\n", "clouds:\n  haneul:\n    auth: {}\n"])
def test_what_cannot_be_merged_is_left_alone(theirs: str, tmp_path: Path) -> None:
    file, ours = tmp_path / "clouds.yaml", tmp_path / "ours.yaml"
    file.write_text(theirs)
    ours.write_text(OURS)
    with pytest.raises(click.ClickException):
        put(ours, file)
    assert file.read_text() == theirs


def test_nothing_is_written_where_nobody_can_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "ours.yaml").write_text(OURS)
    offer(tmp_path / "ours.yaml", None, is_new=True)
    assert not users_file().exists()
    offer(tmp_path / "ours.yaml", True, is_new=False)
    assert yaml.safe_load(users_file().read_text()) == yaml.safe_load(OURS)
    assert users_file().stat().st_mode & 0o077 == 0

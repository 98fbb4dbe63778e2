"""The first users' passwords and the file of clouds."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from haneul.bootstrap import passwords, write_clouds


def test_passwords_are_made_once_and_are_nobody_elses(tmp_path: Path):
    made = passwords(tmp_path)
    assert passwords(tmp_path) == made
    assert sorted(made) == ["admin", "alt", "demo"]
    assert len(set(made.values())) == 3
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


def test_a_password_can_stand_on_any_command_line(tmp_path: Path):
    for n in range(50):
        (folder := tmp_path / str(n)).mkdir()
        assert all(word.isalnum() and len(word) == 20 for word in passwords(folder).values())


def test_who_is_killed_while_writing_starts_anew(tmp_path: Path):
    (tmp_path / "passwords.json.part").write_text('{"admin": "cut o')
    assert sorted(passwords(tmp_path)) == ["admin", "alt", "demo"]
    assert [p.name for p in tmp_path.iterdir()] == ["passwords.json"]


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:5000", "http://[::1]:5000"])
def test_the_file_of_clouds_has_what_clients_read(tmp_path: Path, endpoint: str):
    known = passwords(tmp_path)
    write_clouds(tmp_path, endpoint, known)
    path = tmp_path / "clouds.yaml"
    clouds = yaml.safe_load(path.read_text())["clouds"]
    assert {c: each["auth"]["username"] for c, each in clouds.items()} == {
        "haneul": "admin", "haneul-demo": "demo", "haneul-alt": "alt",
    }  # fmt: skip
    assert all(each["auth"]["password"] == known[each["auth"]["username"]] for each in clouds.values())
    assert all(each["auth"]["auth_url"].startswith(endpoint) for each in clouds.values())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

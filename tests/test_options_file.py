"""The operator's file of options."""

from __future__ import annotations

from pathlib import Path

import pytest

from haneul.process import read_options
from haneul.services.identity import config
from haneul.store import StoreProblem


def write(state: Path, text: str) -> None:
    (state / "config").mkdir()
    (state / "config" / "options.toml").write_text(text)


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert config.options(read_options(tmp_path)) == config.IdentityOptions()


def test_a_file_has_a_section_for_each_service(tmp_path: Path) -> None:
    write(tmp_path, "[identity.security_compliance]\nlockout_failure_attempts = 5\n")
    found = config.options(read_options(tmp_path))
    assert found.security_compliance.lockout_failure_attempts == 5


@pytest.mark.parametrize(
    "text",
    [
        "identity = ",
        "[identity.security_compliance]\nlockout_failure_attempts = 'five'\n",
        "[identity.security_compliance]\nlockout_attempts = 5\n",
        "[identity.security_compliance]\npassword_regex = '('\n",
        "[identity.rate_limit]\nper_user = -1\n",
    ],
)
def test_options_that_cannot_be_meant_stop_the_start(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    with pytest.raises(StoreProblem, match=r"options\.toml cannot be used"):
        read_options(tmp_path)

"""The operator's file of options."""

from __future__ import annotations

from pathlib import Path

import pytest

from haneul.process import read_options
from haneul.services.identity import config
from haneul.services.image import config as image
from haneul.store import StoreProblem


def write(state: Path, text: str) -> None:
    (state / "config").mkdir()
    (state / "config" / "haneul.toml").write_text(text)


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
    with pytest.raises(StoreProblem, match=r"haneul\.toml cannot be used"):
        read_options(tmp_path)


def test_what_is_written_is_what_the_service_reads(tmp_path: Path) -> None:
    write(tmp_path, '[image.stores.archive]\ntype = "s3"\nweight = -1\noptions = { bucket = "b" }\n')
    found = image.options(read_options(tmp_path))
    assert list(found.all_stores()) == ["file", "archive"]
    assert (found.stores["archive"].weight, found.stores["archive"].options) == (-1, {"bucket": "b"})


def test_a_simulated_cloud_fetches_from_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    found = image.options(read_options(tmp_path, is_simulated=True))
    assert found.web.private_networks == ("127.0.0.0/8",)
    write(tmp_path, "[image.web]\nallowed_ports = [80]\n")
    found = image.options(read_options(tmp_path, is_simulated=True))
    assert found.web.private_networks == ()

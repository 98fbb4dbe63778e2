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
    assert read_options(tmp_path).of(config.IdentityOptions) == config.IdentityOptions()


def test_a_file_has_a_section_for_each_service(tmp_path: Path) -> None:
    write(tmp_path, "[identity.security_compliance]\nlockout_failure_attempts = 5\n")
    found = read_options(tmp_path).of(config.IdentityOptions)
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


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("[identiy]\nlist_limit = 5\n", r"no section \[identiy\]; did you mean 'identity'\?"),
        ("[image]\npage_limt = 5\n", r"\[image\] has no option 'page_limt'; did you mean 'page_limit'\?"),
        (
            "[identity.security_compliance]\nlockout_attempts = 5\n",
            r"\[identity.security_compliance\] .*did you mean 'lockout_failure_attempts'\?",
        ),
        (
            '[image.stores.archive]\ntyp = "s3"\n',
            r"\[image.stores.archive\] has no option 'typ'; did you mean 'type'\?",
        ),
        ("[compute]\nx = 1\n", r"\[compute\] has no option 'x'; there are: deleted_servers_days"),
        (
            "[identity.federation]\ntrusted_dashboard = []\n",
            r"\[identity.federation\] .*did you mean 'trusted_dashboards'\?",
        ),
    ],
)
def test_what_is_misspelt_stops_the_start_and_is_told_the_right_one(
    tmp_path: Path, text: str, right: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(StoreProblem, match=right):
        read_options(tmp_path)


def test_what_is_written_is_what_the_service_reads(tmp_path: Path) -> None:
    write(tmp_path, '[image.stores.archive]\ntype = "s3"\nweight = -1\noptions = { bucket = "b" }\n')
    found = read_options(tmp_path).of(image.ImageOptions)
    assert list(found.all_stores()) == ["file", "archive"]
    assert (found.stores["archive"].weight, found.stores["archive"].options) == (-1, {"bucket": "b"})


def test_a_simulated_cloud_fetches_from_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    found = read_options(tmp_path, is_simulated=True).of(image.ImageOptions)
    assert found.web.private_networks == ("127.0.0.0/8",)
    write(tmp_path, "[image.web]\nallowed_ports = [80]\n")
    found = read_options(tmp_path, is_simulated=True).of(image.ImageOptions)
    assert found.web.private_networks == ()

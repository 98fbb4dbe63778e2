"""The operator's options: a file in the state folder, a section for each service."""

from __future__ import annotations

from pathlib import Path

from haneul.process import configuration
from haneul.services.image.config import options


def written(folder: Path, text: str) -> Path:
    (folder / "config").mkdir()
    (folder / "config" / "haneul.toml").write_text(text)
    return folder


def test_without_a_file_everything_is_as_declared(tmp_path: Path) -> None:
    assert configuration(tmp_path, is_simulated=False) == {}
    assert options({}).web.private_networks == ()


def test_what_is_written_is_what_the_service_reads(tmp_path: Path) -> None:
    text = '[image.stores.archive]\ntype = "s3"\nweight = -1\noptions = { bucket = "b" }\n'
    found = options(configuration(written(tmp_path, text), is_simulated=False))
    assert list(found.all_stores()) == ["file", "archive"]
    assert (found.stores["archive"].weight, found.stores["archive"].options) == (-1, {"bucket": "b"})


def test_a_simulated_cloud_fetches_from_loopback_unless_told_otherwise(tmp_path: Path) -> None:
    assert options(configuration(tmp_path, is_simulated=True)).web.private_networks == ("127.0.0.0/8",)
    folder = written(tmp_path, "[image.web]\nallowed_ports = [80]\n")
    assert options(configuration(folder, is_simulated=True)).web.private_networks == ()

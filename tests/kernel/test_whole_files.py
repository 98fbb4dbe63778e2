"""A file has all of what it is to have, or is as it was."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from haneul.kernel import whole_files


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_file_that_is_written_has_its_content_and_its_rights_only(tmp_path: Path) -> None:
    path = tmp_path / "key"
    whole_files.part_of(path).write_text("half of what was written bef")
    whole_files.part_of(path).chmod(0o644)
    whole_files.write(path, "secret")
    assert path.read_text() == "secret"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["key"]


def test_a_file_whose_writing_fails_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_text("before")
    with pytest.raises(ValueError, match="no space"), whole_files.making(path) as part:
        part.write_text("aft")
        raise ValueError("no space")
    assert path.read_text() == "before"
    assert names(tmp_path) == ["disk"]


async def test_a_large_file_has_its_name_only_once_it_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, on_disk = tmp_path / "disk", list[str]()
    sync = os.fsync

    def watched(descriptor: int) -> None:
        on_disk.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        on_disk.append("named" if path.exists() else "nameless")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    async with whole_files.making_slowly(path) as part:
        part.write_text("content")
    assert on_disk == ["disk.part", "nameless", tmp_path.name, "named"]


def test_one_more_name_of_a_file_is_kept_once(tmp_path: Path) -> None:
    path, part = tmp_path / "image", tmp_path / "image.part"
    path.write_text("content")
    part.hardlink_to(path)
    whole_files.keep(part, path)
    assert names(tmp_path) == ["image"]

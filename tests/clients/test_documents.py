"""What the documents tell a newcomer to type is typed: the commands are read from the pages themselves."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.stock import Client
from tests.waiting import PATIENCE_S

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own
ROOT = Path(__file__).parents[2]


def commands(page: str) -> list[list[str]]:
    """The lines that start with `openstack` below the page's last heading of things to try, as words."""
    text = (ROOT / page).read_text()
    [part] = re.findall(r"^## (?:Five calls to try|Try it)\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    lines = part.replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.strip().startswith("openstack ")]


def test_identity(admin: Client) -> None:
    said = [admin.run(" ".join(words[:2]), *words[2:]) for words in commands("docs/services/identity.md")]
    assert len(said) == 5
    assert "A first project" in said[2]
    assert "demo@Default" in said[4]
    assert "first@Default" in said[4]


def test_image(admin: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "disk.qcow2", "10M"], check=True)
    for words in commands("docs/services/image.md"):
        admin.run(" ".join(words[:2]), *words[2:])
    assert (tmp_path / "copy.qcow2").read_bytes() == (tmp_path / "disk.qcow2").read_bytes()
    assert admin.names("image list --property os_distro=debian --tag base") == {"mine"}
    [member] = admin.json("image member list", "mine")
    assert member["Member ID"] == admin.json("project show", "demo")["id"]


def test_a_cloud_of_the_readme(tmp_path: Path) -> None:
    [line] = re.findall(r"^    haneul (up .*)$", (ROOT / "README.md").read_text(), re.M)
    words = [word.replace("/tmp/cloud", str(tmp_path / "cloud")) for word in shlex.split(line)]
    haneul = Path(sys.executable).with_name("haneul")
    try:
        subprocess.run([haneul, *words], check=True, capture_output=True, timeout=PATIENCE_S)
        hosts = Client(tmp_path / "cloud" / "clouds.yaml", "haneul").json("hypervisor list")
        assert len(hosts) == 100
    finally:
        down = [haneul, "down", "--state", str(tmp_path / "cloud")]
        subprocess.run(down, check=True, capture_output=True, timeout=PATIENCE_S)

"""`haneul image fetch` against a maker's server and a cloud on loopback."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result

from haneul.cli import main
from haneul.commands import image
from haneul.commands.known_images import KNOWN, checksum
from tests.commands.test_commands import CLOUDS

DATA = b"QFI\xfb" + b"x" * 3_000_000
PATH = "/images/cloud/bookworm/latest"


class World(http.server.BaseHTTPRequestHandler):
    """The maker's files, and the few calls of a cloud that registering an image takes."""

    files: ClassVar[dict[str, bytes]] = {}
    images: ClassVar[dict[str, Any]] = {}
    refuses: ClassVar[bool] = False

    def do_GET(self) -> None:
        self._answer(200 if self.path in self.files else 404, self.files.get(self.path, b""))

    def do_POST(self) -> None:
        body = json.loads(self._body())
        if self.path.endswith("/auth/tokens"):
            url = f"http://127.0.0.1:{self.server.server_address[1]}/image"  # type: ignore[attr-defined]
            endpoints = [{"interface": "public", "url": url}]
            token = {"project": {"id": "p"}, "catalog": [{"type": "image", "endpoints": endpoints}]}
            self._answer(201, json.dumps({"token": token}).encode())
        else:
            self.images["made"] = body
            self._answer(201, b'{"id": "1"}')

    def do_PUT(self) -> None:
        self.images["data"] = self._body()
        self._answer(413 if self.refuses else 204, b"")

    def do_DELETE(self) -> None:
        self.images.clear()
        self._answer(204, b"")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Subject-Token", "secret")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The maker's server, and a state folder whose cloud is the same server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), World)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    World.files, World.images, World.refuses = {}, {}, False
    World.files[f"{PATH}/debian-12-genericcloud-amd64.qcow2"] = DATA
    World.files[f"{PATH}/SHA512SUMS"] = (
        f"{'0' * 128}  other.qcow2\n{hashlib.sha512(DATA).hexdigest()}  debian-12-genericcloud-amd64.qcow2\n"
    ).encode()
    (tmp_path / "clouds.yaml").write_text(CLOUDS.replace("http://127.0.0.1:5000", url))
    monkeypatch.setattr(image, "require_running", lambda _: None)  # nothing runs but this server
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(tmp_path: Path, address: str, *options: str) -> Result:
    arguments = ["image", "fetch", "debian-12", "--state", str(tmp_path), "--mirror", address, *options]
    return CliRunner().invoke(main, arguments)


def test_a_known_image_is_fetched_checked_and_registered(tmp_path: Path, address: str) -> None:
    result = fetch(tmp_path, address)
    assert result.exit_code == 0, result.output
    assert World.images["data"] == DATA
    made = World.images["made"]
    assert (made["name"], made["visibility"], made["os_distro"]) == ("debian-12", "public", "debian")
    assert list((tmp_path / "cache").iterdir()) == []


def test_data_that_its_maker_does_not_know_is_refused(tmp_path: Path, address: str) -> None:
    World.files[f"{PATH}/debian-12-genericcloud-amd64.qcow2"] = DATA + b"!"
    result = fetch(tmp_path, address)
    assert result.exit_code == 1
    assert "its maker says" in result.output
    assert World.images == {}
    World.files[f"{PATH}/SHA512SUMS"] = b"nothing here\n"
    assert "does not name" in fetch(tmp_path, address).output
    del World.files[f"{PATH}/SHA512SUMS"]
    assert "404" in fetch(tmp_path, address).output
    assert list((tmp_path / "cache").iterdir()) == []


def test_an_image_that_the_cloud_refuses_is_not_left_there(tmp_path: Path, address: str) -> None:
    World.refuses = True
    result = fetch(tmp_path, address, "--private")
    assert result.exit_code == 1
    assert "413" in result.output
    assert World.images == {}


def test_checksum_lists_are_read_as_their_makers_write_them() -> None:
    assert checksum("AB12  a.img\ncd34 *b.img\n", "b.img") == "cd34"
    assert checksum("AB12  ./a.img\n", "a.img") == "ab12"
    assert checksum("AB12\n", "a.img") == "ab12"
    assert checksum("AB12  other.img\n", "a.img") is None
    assert checksum("", "a.img") is None


def test_every_known_image_has_an_address_and_a_list() -> None:
    for known in KNOWN.values():
        assert known.url.startswith("https://")
        assert known.checksums
        hashlib.new(known.algorithm, usedforsecurity=False)

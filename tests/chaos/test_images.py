"""Images survive kill -9 of the control plane while their data comes and goes.

Four users upload, import (from the stage, from the web, into another store) and delete at random while the
process dies again and again. In the end every import has ended, every image has the data it was given or
none, and neither a row nor a file is left of what was given up.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import random
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import postgresql
from tests.chaos.users import User, kill_while_they_work
from tests.installed import Caller, Installed
from tests.waiting import looks

KILLS = 12
USERS = 4
SIZE = 3 << 20
KINDS = ("upload", "import staged", "import from the web", "copy")
STORES = """
[image.stores.file]
[image.stores.second]
"""


def data_of(name: str) -> bytes:
    """The data that the image of that name gets."""
    return random.Random(name).randbytes(SIZE)


class Source(http.server.BaseHTTPRequestHandler):
    """Serves each path the data of its name."""

    def do_GET(self) -> None:
        data = data_of(self.path.strip("/"))
        with contextlib.suppress(ConnectionError):
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def source() -> Iterator[str]:
    """The address of a web server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Source)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installed]:
    state = tmp_path / "cloud"
    (state / "config").mkdir(parents=True)
    (state / "config" / "haneul.toml").write_text(STORES)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(postgresql.running()) if request.param == "postgresql" else None
        made = Installed(state, *(["--database", url] if url else []))
        stack.callback(made.run, "down")
        yield made


class ImageUser(User):
    """Gives images their data in every way, and deletes some; remembers what was promised."""

    def __init__(self, installed: Installed, source: str, number: int) -> None:
        super().__init__(installed, number)
        self.source = source
        self.images: dict[str, str] = {}
        """What was made: the name by the id."""
        self.complete: set[str] = set()
        """Images whose data was taken: they must have it."""
        self.importing: set[str] = set()
        self.deleted: set[str] = set()

    def one_step(self) -> None:
        name = f"{self.name}-{len(self.images)}"
        body = {"name": name, "disk_format": "raw", "container_format": "bare"}
        answer = self.caller.call("POST", "/image/v2/images", body)
        assert answer.status_code == 201, answer.text
        image = answer.json()["id"]
        self.images[image] = name
        kinds = {
            "upload": self.upload,
            "import staged": self.import_staged,
            "import from the web": self.import_web,
            "copy": self.upload_and_copy,
        }
        kind = self.least_done(kinds, name=str)
        kinds[kind](image)
        self.done[kind] += 1
        if self.chance.random() < 0.3:
            victim = self.chance.choice(sorted(self.images.keys() - self.deleted))
            answer = self.caller.call("DELETE", f"/image/v2/images/{victim}")
            assert answer.status_code in (204, 404), answer.text
            self.deleted.add(victim)

    def send(self, image: str, where: str) -> bool:
        """Whether the cloud said that it has the data."""
        headers = {"X-Auth-Token": self.caller.token, "Content-Type": "application/octet-stream"}
        url = f"{self.caller.endpoint}/image/v2/images/{image}/{where}"
        try:
            answer = self.caller.http.put(url, content=data_of(self.images[image]), headers=headers)
        except httpx.HTTPError:
            return False
        assert answer.status_code == 204, answer.text
        return True

    def upload(self, image: str) -> bool:
        if sent := self.send(image, "file"):
            self.complete.add(image)
        return sent

    def ask(self, image: str, method: dict[str, Any], **more: Any) -> httpx.Response:
        return self.caller.call("POST", f"/image/v2/images/{image}/import", {"method": method, **more})

    def bring(self, image: str, method: dict[str, Any], **more: Any) -> None:
        answer = self.ask(image, method, **more)
        # an import whose answer was lost is asked for again: that it goes on, or is done, is told so
        assert answer.status_code in (202, 400, 409), answer.text
        self.importing.add(image)

    def import_staged(self, image: str) -> None:
        if self.send(image, "stage"):
            self.bring(image, {"name": "glance-direct"})

    def import_web(self, image: str) -> None:
        self.bring(image, {"name": "web-download", "uri": f"{self.source}/{self.images[image]}"})

    def upload_and_copy(self, image: str) -> None:
        if self.upload(image):
            self.bring(image, {"name": "copy-image"}, stores=["second"])

    def status(self, image: str) -> str:
        answer = self.caller.call("GET", f"/image/v2/images/{image}")
        return "gone" if answer.status_code == 404 else str(answer.json()["status"])


@pytest.mark.slow
def test_images_are_whole_or_not_at_all(installed: Installed, source: str) -> None:
    users = [ImageUser(installed, source, number) for number in range(USERS)]
    base = files(installed)
    kill_while_they_work(installed, users, KILLS, kinds=KINDS, steps=20, roles=["control-plane"])
    with contextlib.closing(Caller(installed)) as caller:
        for user in users:
            user.caller = caller
        settle(users)
        assert {image: status for user in users for image, status in wrong(user).items()} == {}
        assert eventually_verified(installed)
        delete_all(users)
        for _ in looks(0.5):
            if files(installed) == base:
                break
        assert files(installed) == base
        assert eventually_verified(installed)


def settle(users: list[User]) -> None:
    """Wait until nothing is on its way any more."""
    for _ in looks(1):
        found = Counter(user.status(image) for user in users for image in user.images)
        if not found.keys() & {"saving", "uploading", "importing"} and not any(tasks(users[0].caller)):
            return
        if "uploading" in found and "saving" not in found and "importing" not in found:
            for user in users:  # staged, and its user never learned of it; or never staged, and soon given up
                for image in user.images.keys() - user.importing:
                    if user.status(image) != "uploading":
                        continue
                    if user.ask(image, {"name": "glance-direct"}).status_code == 202:
                        user.importing.add(image)


def tasks(caller: Caller) -> list[dict[str, Any]]:
    """Those that have not ended."""
    found = [
        caller.call("GET", f"/image/v2/tasks?limit=1000&status={status}").json()["tasks"]
        for status in ("pending", "processing")
    ]
    return [task for page in found for task in page]


def wrong(user: User) -> dict[str, str]:
    """Images that are not what they should be."""
    found = {}
    for image, name in user.images.items():
        shown = user.caller.call("GET", f"/image/v2/images/{image}")
        if image in user.deleted:
            if shown.status_code != 404:
                found[image] = f"{name} is deleted and there"
            continue
        about = shown.json()
        if about["status"] == "active":
            data = user.caller.call("GET", f"/image/v2/images/{image}/file").content
            digest = hashlib.sha512(data).hexdigest()
            if data != data_of(name) or digest != about["os_hash_value"]:
                found[image] = f"{name} has other data"
        elif about["status"] != "queued" or image in user.complete:
            found[image] = f"{name} is {about['status']}"
        elif image in user.importing and not about.get("os_glance_failed_import"):
            found[image] = f"{name} was not imported, and does not say that this failed"
    return found


def eventually_verified(installed: Installed) -> bool:
    """What is nobody's may wait for the next look of those who tidy up."""
    for _ in looks(1):
        with contextlib.suppress(AssertionError):
            return "OK" in installed.run("verify")
    return "OK" in installed.run("verify")


def delete_all(users: list[User]) -> None:
    for user in users:
        for image in user.images:
            user.caller.call("DELETE", f"/image/v2/images/{image}")


def files(installed: Installed) -> set[str]:
    folders = ("images", "images/incoming", "images-second")
    return {
        str(path.relative_to(installed.state))
        for folder in folders
        for path in (installed.state / folder).glob("*")
        if path.is_file()
    }

"""An image goes from one cloud of ours to another, by `glance-download`."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.installed import Caller, Installed
from tests.waiting import looks

DATA = b"an image of the north" * 100_000


@pytest.fixture
def north(tmp_path: Path) -> Iterator[Installed]:
    """The cloud that has the image."""
    yield from up(tmp_path / "north")


def up(state: Path) -> Iterator[Installed]:
    made = Installed(state)
    try:
        yield made
    finally:
        made.run("down")


@pytest.mark.slow
def test_a_cloud_with_its_own_keys_comes_with_a_credential(north: Installed, tmp_path: Path) -> None:
    with contextlib.closing(Caller(north)) as there:
        image = with_data(there, "private")
        credential = there.call(
            "POST",
            f"/identity/v3/users/{user_id(there)}/application_credentials",
            {"application_credential": {"name": "for the south"}},
        ).json()["application_credential"]
        options = tmp_path / "south" / "config" / "haneul.toml"
        options.parent.mkdir(parents=True)
        options.write_text(
            "[image.remotes.North]\n"
            f'url = "{there.endpoint}/image"\n'
            f'auth_url = "{there.endpoint}/identity/v3"\n'
            f'application_credential_id = "{credential["id"]}"\n'
            f'application_credential_secret = "{credential["secret"]}"\n'
        )
        with (
            contextlib.contextmanager(up)(tmp_path / "south") as south,
            contextlib.closing(Caller(south)) as here,
        ):
            add_region(here, there, "Elsewhere")
            refused = fetched(here, image, "Elsewhere")  # it does not take the south's own tokens
            assert (refused["status"], refused["os_glance_failed_import"]) == ("queued", "file")
            assert fetched(here, image, "North")["status"] == "active"
            path = f"/identity/v3/users/{user_id(there)}/application_credentials/{credential['id']}"
            assert there.call("DELETE", path).status_code == 204
            assert fetched(here, image, "North")["status"] == "queued"


@pytest.mark.slow
def test_a_cloud_with_the_same_keys_passes_its_token_on(north: Installed, tmp_path: Path) -> None:
    with contextlib.closing(Caller(north)) as there:
        image = with_data(there, "public")
        shutil.copytree(north.state / "keys", tmp_path / "south" / "keys")
        with (
            contextlib.contextmanager(up)(tmp_path / "south") as south,
            contextlib.closing(Caller(south)) as here,
        ):
            add_region(here, there, "North")
            got = fetched(here, image, "North")
            assert got["status"] == "active"
            assert here.call("GET", f"/image/v2/images/{got['id']}/file").content == DATA


def with_data(caller: Caller, visibility: str) -> str:
    """The id of an active image."""
    new = {"name": "x", "disk_format": "raw", "container_format": "bare", "visibility": visibility}
    image = caller.call("POST", "/image/v2/images", new).json()["id"]
    headers = {"X-Auth-Token": caller.token, "Content-Type": "application/octet-stream"}
    url = f"{caller.endpoint}/image/v2/images/{image}/file"
    assert caller.http.put(url, content=DATA, headers=headers).status_code == 204
    return str(image)


def user_id(caller: Caller) -> str:
    users = caller.call("GET", "/identity/v3/users?name=admin").json()["users"]
    return str(users[0]["id"])


def add_region(here: Caller, there: Caller, region: str) -> None:
    """Our catalogue knows the other cloud's image service."""
    assert here.call("POST", "/identity/v3/regions", {"region": {"id": region}}).status_code == 201
    services = here.call("GET", "/identity/v3/services?type=image").json()["services"]
    endpoint = {
        "service_id": services[0]["id"],
        "interface": "public",
        "region_id": region,
        "url": f"{there.endpoint}/image",
    }
    assert here.call("POST", "/identity/v3/endpoints", {"endpoint": endpoint}).status_code == 201


def fetched(here: Caller, remote_image: str, region: str) -> dict[str, Any]:
    """A new image after an import of the other cloud's has ended."""
    new = {"name": "x", "disk_format": "raw", "container_format": "bare"}
    image = here.call("POST", "/image/v2/images", new).json()["id"]
    method = {"name": "glance-download", "glance_image_id": remote_image, "glance_region": region}
    answer = here.call("POST", f"/image/v2/images/{image}/import", {"method": method})
    assert answer.status_code == 202, answer.text
    for _ in looks(0.1):
        shown: dict[str, Any] = here.call("GET", f"/image/v2/images/{image}").json()
        if shown["status"] != "importing":
            return shown
    raise AssertionError(shown)

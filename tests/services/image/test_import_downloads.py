"""Images fetched from the web and from other clouds, and what is never asked for one."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

import pytest

from tests.conftest import Cloud
from tests.services.image.importing import (
    ask,
    configure,
    imported,
    leftovers,
    look,
    task_of,
)
from tests.services.image.test_data import show, stored_files
from tests.services.image.test_images import IMAGES, create
from tests.services.image.web_server import Answer, Pages


async def test_what_is_fetched_from_the_web_is_the_image(several: Cloud, web: Pages) -> None:
    data = os.urandom(700_000)
    web.answers["/disk"] = Answer(data)
    web.answers["/moved"] = Answer(status=302, headers=("Location: /disk",))
    id = (await create(several.member))["id"]
    image = await imported(several, id, {"name": "web-download", "uri": web.url("/moved")}, stores=["second"])
    assert (image["status"], image["stores"], image["size"]) == ("active", "second", len(data))
    assert (await several.member.get(f"{IMAGES}/{id}/file")).content == data
    assert stored_files(several) == set()


@pytest.mark.parametrize(
    "answer",
    [Answer(status=500), Answer(b"half", announced=100), Answer(status=302, headers=("Location: ftp://x/",))],
)
async def test_a_download_that_breaks_leaves_the_image_queued(
    several: Cloud, web: Pages, answer: Answer
) -> None:
    web.answers["/disk"] = answer
    id = (await create(several.member))["id"]
    image = await imported(several, id, {"name": "web-download", "uri": web.url("/disk")})
    assert (image["status"], image["size"]) == ("queued", None)
    task = await task_of(several, id)
    assert task["status"] == "failure"
    assert task["message"]
    await look(several)
    assert stored_files(several) == set()
    assert await leftovers(several) == []


@pytest.mark.parametrize(
    "uri",
    [
        "file:///etc/passwd", "ftp://example.org/x", "http://", "http://user:word@example.org/", "gopher://x",
        "http://example.org:22/", "//example.org/x", "http://exa mple.org/", "http://[::1", 7, None,
        "http://example.org:99999/",
    ],
)  # fmt: skip
async def test_addresses_that_may_not_be_asked_are_refused_at_once(cloud: Cloud, uri: Any) -> None:
    id = (await create(cloud.member))["id"]
    assert await ask(cloud.member, id, {"name": "web-download", "uri": uri}) == 400
    assert (await show(cloud.member, id))["status"] == "queued"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "[::ffff:127.0.0.1]",
     "0.0.0.0", "2130706433", "0x7f.1", "[fe80::1]", "100.64.0.1", "[64:ff9b::7f00:1]", "224.0.0.1"],
)  # fmt: skip
async def test_private_addresses_are_never_asked(cloud: Cloud, web: Pages, host: str) -> None:
    configure(cloud, web={"allowed_ports": ()})
    id = (await create(cloud.member))["id"]
    uri = f"http://{host}:{web.port}/"
    status = await ask(cloud.member, id, {"name": "web-download", "uri": uri})
    await cloud.settled()
    if status == 202:  # a name: what it stands for is known only when it is asked
        assert (await task_of(cloud, id))["status"] == "failure"
    else:
        assert status == 400
    assert (await show(cloud.member, id))["status"] == "queued"
    assert web.asked == []


async def test_a_redirect_to_a_private_address_is_not_followed(cloud: Cloud, web: Pages) -> None:
    configure(cloud, web={"allowed_ports": (), "private_networks": ("127.0.0.1/32",)})
    web.answers["/"] = Answer(status=302, headers=(f"Location: http://127.0.0.2:{web.port}/secret",))
    id = (await create(cloud.member))["id"]
    image = await imported(cloud, id, {"name": "web-download", "uri": web.url("/")})
    assert image["status"] == "queued"
    assert [path for path, _ in web.asked] == ["/"]


async def test_another_cloud_can_be_fetched_from(cloud: Cloud, web: Pages) -> None:
    remote = "11111111-2222-3333-4444-555555555555"
    configure(cloud, remotes={"north": {"url": web.url("/image")}})
    shown = {
        "status": "active", "disk_format": "iso", "container_format": "ovf", "hw_cpu_cores": "5",
        "trait:SSD": "required", "speed": "fast", "os_hash_algo": "sha512",
        "os_hash_value": hashlib.sha512(b"from afar").hexdigest(),
    }  # fmt: skip
    path = f"/image/v2/images/{remote}"
    web.answers[path] = Answer(json.dumps(shown).encode())
    web.answers[f"{path}/file"] = Answer(b"from afar")
    id = (await create(cloud.member, hw_cpu_cores="1"))["id"]
    method = {"name": "glance-download", "glance_image_id": remote}
    assert await ask(cloud.member, id, method) == 400
    bad = {**method, "glance_region": "north", "glance_image_id": "../../x"}
    assert await ask(cloud.member, id, bad) == 400
    image = await imported(cloud, id, {**method, "glance_region": "nowhere"})
    assert image["status"] == "queued"
    image = await imported(cloud, id, {**method, "glance_region": "north"})
    assert (image["status"], image["size"]) == ("active", 9)
    assert (image["disk_format"], image["container_format"]) == ("iso", "ovf")
    assert (image["hw_cpu_cores"], image["trait:SSD"]) == ("5", "required")
    assert "speed" not in image
    assert all(headers["x-auth-token"] for _, headers in web.asked)


@pytest.mark.parametrize(
    "told",
    [b"", b"no json", b"[]", b"{}", b'{"status": "queued", "disk_format": "raw", "container_format": "bare"}',
     b'{"status": "active", "disk_format": "odd", "container_format": "bare"}',
     b'{"status": "active", "disk_format": "raw", "container_format": "bare", "os_type": 5}',
     b'{"status": "active", "disk_format": "raw", "container_format": "bare", "os_hash_algo": "sha512",'
     b' "os_hash_value": "other"}'],
)  # fmt: skip
async def test_what_another_cloud_says_is_not_believed(cloud: Cloud, web: Pages, told: bytes) -> None:
    remote = "11111111-2222-3333-4444-555555555555"
    configure(cloud, remotes={"north": {"url": web.url("/image")}})
    web.answers[f"/image/v2/images/{remote}"] = Answer(told)
    web.answers[f"/image/v2/images/{remote}/file"] = Answer(b"data")
    id = (await create(cloud.member))["id"]
    method = {"name": "glance-download", "glance_image_id": remote, "glance_region": "north"}
    image = await imported(cloud, id, method)
    assert (image["status"], (await task_of(cloud, id))["status"]) == ("queued", "failure")
    assert image["os_glance_failed_import"] == "file"

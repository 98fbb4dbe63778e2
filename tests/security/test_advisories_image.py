"""What others had to publish about their images, tried on ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import haneul
from haneul import control_plane
from haneul.kernel.ids import new_id
from haneul.kernel.policy import Policy
from tests.conftest import SERVICES, Cloud
from tests.services.image.importing import LOOPBACK, SEVERAL, configure, look
from tests.services.image.test_cache import CACHE, remote_image
from tests.services.image.test_data import OCTETS, send, show, stored_files
from tests.services.image.test_images import IMAGES, PATCH, create

SECRET = "s3-secret-key-that-nobody-sees"


async def test_what_belongs_to_others_stays_whatever_is_asked(cloud: Cloud) -> None:
    """OSSA-2012-017: a public image, which everybody sees, is still its owner's."""
    id = (await create(cloud.admin, visibility="public"))["id"]
    assert await send(cloud.admin, id, b"data") == 204
    before = await show(cloud.admin, id)
    change = [{"op": "replace", "path": "/name", "value": "mine"}]
    for who in (cloud.member, cloud.stranger, cloud.reader):
        assert (await who.delete(f"{IMAGES}/{id}")).status_code == 403
        assert (await who.patch(f"{IMAGES}/{id}", json=change, headers=PATCH)).status_code == 403
        assert await send(who, id, b"other") in (403, 409)
        for path in ("actions/deactivate", "members", "import", "tags/mine"):
            method = "PUT" if path.startswith("tags") else "POST"
            answer = await who.call(
                method, f"{IMAGES}/{id}/{path}", json={"member": "x", "method": {"name": "x"}}
            )
            assert answer.status_code in (400, 403, 404, 409), f"{path}: {answer.text}"
    assert await show(cloud.admin, id) == before
    assert (await cloud.admin.get(f"{IMAGES}/{id}/file")).content == b"data"


async def test_the_secrets_of_a_store_are_in_no_answer(cloud: Cloud) -> None:
    """OSSA-2013-002, OSSA-2013-007, OSSA-2014-004: also when it does not answer."""
    s3 = {
        "type": "s3", "url": "http://127.0.0.1:9", "bucket": "b", "region": "r", "access_key": "access",
        "secret_key": SECRET,
    }  # fmt: skip
    configure(cloud, stores={"file": {"type": "file"}, "far": s3})
    id = (await create(cloud.member))["id"]
    for who in (cloud.admin, cloud.member):
        sent = await who.put(
            f"{IMAGES}/{id}/file", content=b"data", headers={**OCTETS, "X-Image-Meta-Store": "far"}
        )
        answers = [sent] + [
            await who.get(path)
            for path in (
                "/image/v2/info/stores", "/image/v2/info/stores/detail", f"{IMAGES}/{id}", f"{IMAGES}/{id}/tasks",
                f"{IMAGES}/{id}/locations", "/image/v2/tasks",
            )
        ]  # fmt: skip
        for answer in answers:
            assert SECRET not in answer.text


async def test_who_may_not_download_gets_no_cached_data_either(cloud: Cloud) -> None:
    """OSSA-2013-027."""
    id = await remote_image(cloud, b"data")
    assert (await cloud.admin.put(f"{CACHE}/{id}")).status_code == 202
    await cloud.settled()
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == b"data"
    cloud.platform.policy = Policy.build(control_plane.rules(SERVICES), {"download_image": "role:admin"})
    refused = await cloud.member.get(f"{IMAGES}/{id}/file")
    assert (refused.status_code, refused.content == b"data") == (403, False)
    assert (await cloud.admin.get(f"{IMAGES}/{id}/file")).content == b"data"


PLACES = (
    "file:///etc/passwd", "filesystem:///etc/passwd", "FILE:///etc/passwd", "file://localhost/etc/passwd", " file:///x",
    "swift+config://ref1/container/object", "cinder://x", "rbd://pool/image/snap", "sheepdog://a;reboot", "s3://k:s@x/b",
    "http://127.0.0.1:22/", "http://[::1]/", "http://169.254.169.254/latest/", "http://0x7f000001/", "http://2130706433/",
    "ftp://example.org/x", "gopher://127.0.0.1:70/", "http://u:p@127.0.0.1/", "http:///etc/passwd", "//127.0.0.1/x", "",
)  # fmt: skip


NAMES = ("http://0x7f000001/", "http://2130706433/")
"""What these stand for is known only when the resolver is asked; the task fails then."""


@pytest.mark.parametrize("url", PLACES)
async def test_data_is_nowhere_but_where_images_may_be(cloud: Cloud, url: str) -> None:
    """OSSA-2014-012, OSSA-2014-041, OSSA-2015-002: the host's files and its network are no images."""
    configure(cloud, http_store=True, show_multiple_locations=True, show_direct_url=True)
    id = (await create(cloud.member))["id"]
    for answer in (
        await cloud.member.post(f"{IMAGES}/{id}/locations", json={"url": url}),
        await cloud.member.patch(
            f"{IMAGES}/{id}", headers=PATCH,
            json=[{"op": "add", "path": "/locations/-", "value": {"url": url, "metadata": {}}}],
        ),
        await cloud.member.post(
            f"{IMAGES}/{id}/import", json={"method": {"name": "web-download", "uri": url}}
        ),
        await cloud.admin.post(
            "/image/v2/tasks",
            json={"type": "import", "input": {"import_from": url, "import_from_format": "raw", "image_properties": {}}},
        ),
    ):  # fmt: skip
        assert 400 <= answer.status_code < 500 or (answer.status_code, url in NAMES) == (202, True), (
            answer.text
        )
        assert "root:" not in answer.text
    await cloud.settled()
    image = await show(cloud.member, id)
    assert (image["status"], image.get("locations", [])) == ("queued", [])


async def test_the_old_tasks_ask_no_address_that_imports_may_not(cloud: Cloud) -> None:
    """OSSN-0105, OSSN-0078: the same door for both."""
    configure(cloud)
    for uri in ("http://127.0.0.1:9/", "http://169.254.169.254/", "http://10.0.0.1/", "file:///etc/passwd"):
        wish = {"import_from": uri, "import_from_format": "raw", "image_properties": {"name": "x"}}
        answer = await cloud.admin.post("/image/v2/tasks", json={"type": "import", "input": wish})
        assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("status", "active"), ("size", 1), ("checksum", "x"), ("owner", "x"), ("file", "/etc/passwd"), ("id", "x"),
        ("schema", "/x"), ("created_at", "2026-01-01T00:00:00Z"), ("direct_url", "file:///etc/passwd"),
        ("os_hash_value", "x"), ("virtual_size", 1), ("self", "/x"), ("deleted", True),
    ],
)  # fmt: skip
async def test_what_the_cloud_says_of_an_image_its_owner_does_not_say(
    cloud: Cloud, path: str, value: Any
) -> None:
    """OSSA-2015-019: neither in a body nor in a header."""
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"data") == 204
    before = await show(cloud.member, id)
    for op in ("add", "replace"):
        change = [{"op": op, "path": f"/{path}", "value": value}]
        answer = await cloud.member.patch(f"{IMAGES}/{id}", json=change, headers=PATCH)
        assert answer.status_code in (400, 403, 409), answer.text
    removed = await cloud.member.patch(
        f"{IMAGES}/{id}", json=[{"op": "remove", "path": f"/{path}"}], headers=PATCH
    )
    assert removed.status_code in (400, 403, 409)
    header = {**OCTETS, f"x-image-meta-{path}": str(value)}
    assert (
        await cloud.member.put(f"{IMAGES}/{id}/file", content=b"other", headers=header)
    ).status_code == 409
    assert await show(cloud.member, id) == before
    if path != "id":
        body = {"id": new_id(), "disk_format": "raw", "container_format": "bare", path: value}
        made = await cloud.member.post(IMAGES, json=body)
        assert made.status_code in (400, 403) or (await show(cloud.member, body["id"])).get(path) != value


async def test_an_image_without_its_last_place_takes_no_other_data(cloud: Cloud) -> None:
    """OSSA-2016-006, OSSN-0065: what was active stays what it was."""
    configure(cloud, http_store=True, show_multiple_locations=True, web=LOOPBACK)
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"data") == 204
    for change in (
        [{"op": "remove", "path": "/locations/0"}], [{"op": "replace", "path": "/locations", "value": []}],
        [{"op": "remove", "path": "/locations"}],
    ):  # fmt: skip
        answer = await cloud.member.patch(f"{IMAGES}/{id}", json=change, headers=PATCH)
        assert answer.status_code in (400, 403, 404), answer.text
    assert await send(cloud.member, id, b"other") == 409
    assert (await cloud.member.get(f"{IMAGES}/{id}/file")).content == b"data"


async def test_the_only_copy_of_an_image_is_not_taken_away(cloud: Cloud) -> None:
    """OSSA-2016-006, with several stores."""
    configure(cloud, stores={"file": {"type": "file"}, **SEVERAL}, web=LOOPBACK)
    id = (await create(cloud.member))["id"]
    assert await send(cloud.member, id, b"data") == 204
    store = (await show(cloud.member, id))["stores"]
    assert (await cloud.admin.delete(f"/image/v2/stores/{store}/{id}")).status_code in (400, 403, 409)
    assert await send(cloud.member, id, b"other") == 409


async def test_images_deleted_while_they_are_made_leave_no_data(cloud: Cloud) -> None:
    """OSSA-2015-003, OSSA-2015-004, OSSA-2015-013, OSSA-2015-020: staged, uploaded or imported."""
    before = stored_files(cloud)
    for path, then in (("stage", None), ("stage", "glance-direct"), ("file", None)):
        id = (await create(cloud.member))["id"]
        assert await send(cloud.member, id, b"data" * 1000, path) == 204
        if then:
            body = {"method": {"name": then}}
            assert (await cloud.member.post(f"{IMAGES}/{id}/import", json=body)).status_code == 202
        assert (await cloud.member.delete(f"{IMAGES}/{id}")).status_code == 204
        await cloud.settled()
    await look(cloud)
    assert stored_files(cloud) == before


async def test_who_is_not_asked_gets_no_image_into_their_list(cloud: Cloud) -> None:
    """OSSN-0005, OSSN-0015: what others share is listed once it was accepted, and members publish nothing."""
    id = (await create(cloud.member, visibility="shared"))["id"]
    project = cloud.stranger.auth.project_id
    given = await cloud.member.post(f"{IMAGES}/{id}/members", json={"member": project})
    assert given.status_code == 200
    assert (await cloud.stranger.get(IMAGES)).json()["images"] == []
    said = await cloud.member.put(f"{IMAGES}/{id}/members/{project}", json={"status": "accepted"})
    assert said.status_code in (403, 404)
    assert (await cloud.stranger.get(IMAGES)).json()["images"] == []
    public = {"disk_format": "raw", "container_format": "bare", "visibility": "public"}
    assert (await cloud.member.post(IMAGES, json=public)).status_code == 403


def test_qemu_img_is_always_told_what_it_reads() -> None:
    """OSSA-2014-009, OSSA-2016-001, OSSA-2016-007, OSSA-2024-002, OSSA-2026-002: a guest's disk names no format.

    Every use in the source says `-f`; what is created anew says it too.
    """
    uses = []
    for path in Path(haneul.__file__).parent.rglob("*.py"):
        for use in re.finditer(
            r'"qemu-img",\s*"(?:info|convert|resize|create|map|measure|rebase|commit)"[^)]*', path.read_text()
        ):
            uses.append(path.name)
            assert '"-f"' in use[0], f"{path}: {use[0]}"
    assert len(uses) >= 6


def test_nothing_goes_through_a_shell_and_nothing_is_unpickled() -> None:
    """OSSA-2014-012, OSSA-2020-007, OSSN-0026, OSSN-0038: what people send is never a program."""
    forbidden = re.compile(
        r"shell=True|os\.system\(|os\.popen\(|\bpickle\b|\bmarshal\b|yaml\.load\(|(?<![\w.])eval\(|(?<![\w.])exec\("
        r"|tempfile\.mktemp\(|from xml\.etree|from lxml|import lxml|minidom\.parse|expatreader"
    )
    for path in Path(haneul.__file__).parent.rglob("*.py"):
        found = forbidden.findall(path.read_text())
        assert not found, f"{path}: {found}"

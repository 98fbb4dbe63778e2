"""Locations: where data is, for those who may know; and data that stays at an address."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest

from haneul.services.image.sagas.add_location import ADD_LOCATION
from tests.conftest import Cloud, Persona
from tests.saga_checks import assert_repeatable, assert_unwinds
from tests.services.image.importing import LOOPBACK, configure, task_of
from tests.services.image.test_data import send, show, stored_files
from tests.services.image.test_images import IMAGES, PATCH, create
from tests.services.image.web_server import Answer, Pages, pages


@pytest.fixture
async def web() -> AsyncIterator[Pages]:
    async with pages() as found:
        yield found


@pytest.fixture
def open_cloud(cloud: Cloud) -> Cloud:
    """A cloud that shows locations and lets data stay elsewhere."""
    configure(cloud, http_store=True, show_multiple_locations=True, show_direct_url=True, web=LOOPBACK)
    return cloud


async def patch(who: Persona, id: str, *changes: dict[str, Any]) -> int:
    answer = await who.patch(f"{IMAGES}/{id}", json=list(changes), headers=PATCH)
    return answer.status_code


async def test_administrators_see_where_data_is(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    assert (await cloud.admin.get(f"{IMAGES}/{id}/locations")).json() == []
    await send(cloud.member, id, b"data")
    ((found),) = (await cloud.admin.get(f"{IMAGES}/{id}/locations")).json()
    assert found["metadata"] == {"store": "file"}
    assert found["url"].startswith("file:///")
    assert (await cloud.member.get(f"{IMAGES}/{id}/locations")).status_code == 403
    assert (await cloud.admin.get(f"{IMAGES}/nothing/locations")).status_code == 404
    image = await show(cloud.member, id)
    assert "locations" not in image
    assert "direct_url" not in image


async def test_locations_are_closed_unless_the_cloud_opens_them(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    answer = await cloud.member.post(f"{IMAGES}/{id}/locations", json={"url": "http://example.org/x"})
    assert answer.status_code == 403
    place = {"url": "http://example.org/x", "metadata": {}}
    assert await patch(cloud.member, id, {"op": "add", "path": "/locations/-", "value": place}) == 403
    assert await patch(cloud.member, id, {"op": "replace", "path": "/locations", "value": [place]}) == 403


async def test_data_stays_at_its_address(open_cloud: Cloud, web: Pages) -> None:
    data = os.urandom(300_000)
    web.answers["/disk"] = Answer(data)
    id = (await create(open_cloud.member))["id"]
    said = {"os_hash_algo": "sha512", "os_hash_value": hashlib.sha512(data).hexdigest()}
    body = {"url": web.url("/disk"), "validation_data": said}
    assert (await open_cloud.member.post(f"{IMAGES}/{id}/locations", json=body)).status_code == 202
    await open_cloud.settled()
    image = await show(open_cloud.member, id)
    assert (image["status"], image["size"], image["stores"]) == ("active", len(data), "web")
    assert image["os_hash_value"] == said["os_hash_value"]
    assert image["direct_url"] == web.url("/disk")
    assert stored_files(open_cloud) == set()
    assert (await open_cloud.member.get(f"{IMAGES}/{id}/file")).content == data
    part = await open_cloud.member.get(f"{IMAGES}/{id}/file", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, data[100:200])
    again = await open_cloud.member.post(f"{IMAGES}/{id}/locations", json=body)
    assert again.status_code == 409
    assert (await task_of(open_cloud, id))["type"] == "location_import"


async def test_the_giver_chooses_the_hash(open_cloud: Cloud, web: Pages) -> None:
    web.answers["/disk"] = Answer(b"data")
    id = (await create(open_cloud.member))["id"]
    said = {"os_hash_algo": "sha256", "os_hash_value": hashlib.sha256(b"data").hexdigest()}
    body = {"url": web.url("/disk"), "validation_data": said}
    assert (await open_cloud.member.post(f"{IMAGES}/{id}/locations", json=body)).status_code == 202
    await open_cloud.settled()
    image = await show(open_cloud.member, id)
    assert (image["status"], image["os_hash_algo"]) == ("active", "sha256")
    assert image["os_hash_value"] == said["os_hash_value"]


async def test_data_that_is_not_what_was_said_is_not_taken(open_cloud: Cloud, web: Pages) -> None:
    web.answers["/disk"] = Answer(b"data")
    id = (await create(open_cloud.member))["id"]
    said = {"os_hash_algo": "sha512", "os_hash_value": "ab" * 64}
    body = {"url": web.url("/disk"), "validation_data": said}
    assert (await open_cloud.member.post(f"{IMAGES}/{id}/locations", json=body)).status_code == 202
    await open_cloud.settled()
    assert (await show(open_cloud.member, id))["status"] == "queued"
    assert (await task_of(open_cloud, id))["status"] == "failure"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"url": 5}, {"url": ""}, {"url": "file:///etc/passwd"}, {"url": "http://x:22222222/"},
        {"url": "http://example.org/", "validation_data": {"os_hash_value": "zz"}},
        {"url": "http://example.org/", "validation_data": {"os_hash_value": "abcd"}},
        {"url": "http://example.org/", "validation_data": {"os_hash_value": "ab", "os_hash_algo": "md4"}},
        {"url": "http://example.org/", "validation_data": []},
        {"url": "http://example.org/", "validation_data": {"os_hash_algo": "odd"}},
        {"url": "http://example.org/", "validation_data": {"os_hash_value": "ab" * 64}},
        {"url": "http://169.254.169.254/"},
    ],
)  # fmt: skip
async def test_locations_that_make_no_sense_are_refused(open_cloud: Cloud, body: dict[str, Any]) -> None:
    id = (await create(open_cloud.member))["id"]
    assert (await open_cloud.member.post(f"{IMAGES}/{id}/locations", json=body)).status_code == 400
    assert (await show(open_cloud.member, id))["status"] == "queued"


async def test_patches_add_replace_and_remove_locations(open_cloud: Cloud, web: Pages) -> None:
    web.answers["/a"] = web.answers["/b"] = Answer(b"data")
    id = (await create(open_cloud.member))["id"]
    a, b = ({"url": web.url(path), "metadata": {}} for path in ("/a", "/b"))
    assert await patch(open_cloud.member, id, {"op": "add", "path": "/locations/-", "value": a}) == 200
    image = await show(open_cloud.member, id)
    assert (image["status"], [p["url"] for p in image["locations"]]) == ("active", [a["url"]])
    assert (await open_cloud.member.get(f"{IMAGES}/{id}/file")).content == b"data"
    assert await patch(open_cloud.member, id, {"op": "add", "path": "/locations/0", "value": a}) == 400
    assert await patch(open_cloud.member, id, {"op": "add", "path": "/locations/0", "value": b}) == 200
    image = await show(open_cloud.member, id)
    assert [p["url"] for p in image["locations"]] == [b["url"], a["url"]]
    assert await patch(open_cloud.member, id, {"op": "remove", "path": "/locations/0"}) == 403
    assert await patch(open_cloud.admin, id, {"op": "remove", "path": "/locations/5"}) == 400
    assert await patch(open_cloud.admin, id, {"op": "remove", "path": "/locations/0"}) == 200
    assert await patch(open_cloud.admin, id, {"op": "remove", "path": "/locations/0"}) == 403
    assert await patch(open_cloud.member, id, {"op": "replace", "path": "/locations", "value": []}) == 403
    assert await patch(open_cloud.member, id, {"op": "replace", "path": "/locations", "value": [b]}) == 400
    told = {**a, "metadata": {"date": "today"}}
    assert await patch(open_cloud.member, id, {"op": "replace", "path": "/locations", "value": [told]}) == 200
    (place,) = (await show(open_cloud.member, id))["locations"]
    assert (place["url"], place["metadata"]["date"]) == (a["url"], "today")
    said = {"os_hash_algo": "sha512", "os_hash_value": "ab" * 64}
    late = {**b, "validation_data": said}
    assert await patch(open_cloud.member, id, {"op": "add", "path": "/locations/-", "value": late}) == 409


async def test_what_is_said_of_data_must_agree(open_cloud: Cloud, web: Pages) -> None:
    id = (await create(open_cloud.member))["id"]
    said = {"checksum": "1" * 32, "os_hash_algo": "sha512", "os_hash_value": "ab" * 64}

    async def add(path: str, **other: str) -> int:
        place = {"url": web.url(path), "metadata": {}, "validation_data": {**said, **other}}
        return await patch(open_cloud.member, id, {"op": "add", "path": "/locations/-", "value": place})

    assert await add("/a", os_hash_algo="sha256") == 409
    assert await add("/a", checksum="no") == 409
    assert await add("/a") == 200
    image = await show(open_cloud.member, id)
    assert {name: image[name] for name in said} == said
    for name, value in (("checksum", "2" * 32), ("os_hash_value", "cd" * 64), ("os_hash_algo", "sha256")):
        assert await add("/b", **{name: value}) == 409
    assert await add("/b") == 200


@pytest.mark.parametrize(
    "change",
    [
        {"op": "add", "path": "/locations", "value": {"url": "http://x/", "metadata": {}}},
        {"op": "add", "path": "/locations/x", "value": {"url": "http://x/", "metadata": {}}},
        {"op": "add", "path": "/locations/-", "value": {"url": "http://x/"}},
        {"op": "add", "path": "/locations/-", "value": "http://x/"},
        {"op": "add", "path": "/locations/-", "value": {"url": "file:///etc/passwd", "metadata": {}}},
        {"op": "add", "path": "/locations/-"},
        {"op": "replace", "path": "/locations/0", "value": []},
        {"op": "replace", "path": "/locations", "value": {}},
        {"op": "remove", "path": "/locations"},
        {"op": "add", "path": "/name/x", "value": "y"},
    ],
)
async def test_patches_of_locations_that_make_no_sense_are_refused(
    open_cloud: Cloud, change: dict[str, Any]
) -> None:
    id = (await create(open_cloud.member))["id"]
    assert await patch(open_cloud.member, id, change) == 400
    assert (await show(open_cloud.member, id))["status"] == "queued"


async def test_adding_a_location_unwinds_and_repeats(open_cloud: Cloud, web: Pages) -> None:
    web.answers["/disk"] = Answer(b"data")

    async def begin() -> None:
        id = (await create(open_cloud.member))["id"]
        body = {"url": web.url("/disk")}
        assert (await open_cloud.member.post(f"{IMAGES}/{id}/locations", json=body)).status_code == 202

    async def world() -> object:
        active = (await open_cloud.member.get(f"{IMAGES}?status=active")).json()["images"]
        return stored_files(open_cloud), len(active)

    await assert_unwinds(open_cloud, ADD_LOCATION, begin, world)
    await assert_repeatable(open_cloud, ADD_LOCATION, begin)

"""What is sent by nobody who means well, or in a hurry: names, headers, conditions, ranges, times."""

from __future__ import annotations

from datetime import timedelta

import pytest

from haneul.kernel.auth import SYSTEM
from haneul.kernel.context import NO_TRANSACTION, Context
from haneul.services.object_storage.operations.objects import remove_expired
from haneul.services.object_storage.reconcilers.data import (
    remove_expired_objects,
    remove_old_data,
    remove_stray_data,
)
from haneul.services.object_storage.store.data import data_of
from haneul.services.object_storage.store.objects import OBJECTS
from tests.conftest import Cloud
from tests.services.object_storage.store import Account

CONTENT = b"0123456789" * 3000


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a b", "a%20b"),
        ("é/☃", "%C3%A9/%E2%98%83"),
        ("dir/", "dir/"),
        ("/leading", "/leading"),
        ("a//b", "a//b"),
        ("..", "%2E%2E"),
        ("q?#", "q%3F%23"),
        ("x" * 1024, "x" * 1024),
    ],
)
async def test_any_name_in_utf8_is_kept_as_it_is(swift: Account, name: str, raw: str) -> None:
    await swift.container()
    await swift.put(f"c/{raw}", b"x")
    assert await swift.names() == [name]
    assert (await swift.call("GET", f"c/{raw}", status=200)).content == b"x"
    await swift.call("DELETE", f"c/{raw}", status=204)


async def test_names_that_cannot_be_are_refused(swift: Account) -> None:
    await swift.container()
    for path, status in (
        ("c/%00", 412),
        ("c/%FF", 412),
        ("%C0%80", 412),
        (f"c/{'x' * 1025}", 400),
        ("x" * 257, 400),
    ):
        await swift.call("PUT", path, content=b"", status=status)
    assert await swift.names() == []
    assert await swift.names("") == ["c"]


async def test_metadata_has_limits(swift: Account) -> None:
    await swift.container()
    good = {f"X-Object-Meta-{n}": "v" for n in range(90)}
    await swift.put("c/o", b"", **good)
    for bad in (
        {**good, "X-Object-Meta-More": "v"},
        {f"X-Object-Meta-{'n' * 129}": "v"},
        {"X-Object-Meta-A": "v" * 257},
        {"X-Object-Meta-": "v"},
        {f"X-Object-Meta-{n}": "v" * 256 for n in range(17)},
        {"X-Delete-At": "soon"},
        {"X-Delete-At": "1"},
        {"X-Delete-After": "-1"},
        {"ETag": "0" * 32},
    ):
        answer = await swift.call("PUT", "c/o", content=b"x", headers=bad)
        assert answer.status_code in (400, 422), bad
    head = await swift.call("HEAD", "c/o", status=200)
    assert head.headers["content-length"] == "0"
    assert len([name for name in head.headers if name.startswith("x-object-meta")]) == 90


async def test_metadata_is_utf8_and_the_services_own_is_nobodys_to_set(swift: Account) -> None:
    await swift.container()
    headers = {
        b"X-Object-Meta-A": "grün".encode(),
        b"X-Object-Sysmeta-Slo-Size": b"5",
        b"X-Static-Large-Object": b"True",
    }
    await swift.call("PUT", "c/o", content=b"x", headers=headers, status=201)  # type: ignore[arg-type]
    head = await swift.call("HEAD", "c/o", status=200)
    raw = dict(head.headers.raw)
    assert raw[b"x-object-meta-a"] == "grün".encode()
    assert not [name for name in raw if b"sysmeta" in name or b"static" in name]
    bad = {b"X-Object-Meta-A": b"\xff"}
    await swift.call("PUT", "c/o", content=b"y", headers=bad, status=400)  # type: ignore[arg-type]


async def test_conditions_hold(swift: Account) -> None:
    await swift.container()
    etag = (await swift.put("c/o", CONTENT)).headers["etag"]
    modified = (await swift.call("HEAD", "c/o")).headers["last-modified"]
    long_ago = "Thu, 01 Jan 1970 00:00:01 GMT"
    for headers, status in (
        ({"If-Match": etag}, 200),
        ({"If-Match": f'"{etag}"'}, 200),
        ({"If-Match": "x"}, 412),
        ({"If-None-Match": etag}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": "x"}, 200),
        ({"If-Modified-Since": modified}, 304),
        ({"If-Modified-Since": long_ago}, 200),
        ({"If-Unmodified-Since": long_ago}, 412),
        ({"If-Unmodified-Since": "nonsense"}, 200),
    ):
        for method in ("GET", "HEAD"):
            await swift.call(method, "c/o", headers=headers, status=status)
    await swift.call("PUT", "c/o", content=b"", headers={"If-None-Match": "*"}, status=412)
    await swift.call("PUT", "c/o", content=b"", headers={"If-None-Match": etag}, status=400)
    await swift.call("PUT", "c/new", content=b"", headers={"If-None-Match": "*"}, status=201)


@pytest.mark.parametrize("content", [b"0123456789" * 10, CONTENT])
async def test_ranges_are_parts_of_what_is_there(swift: Account, content: bytes) -> None:
    await swift.container()
    await swift.put("c/o", content)
    size = len(content)
    for text, expected in (
        ("bytes=0-0", content[:1]),
        ("bytes=5-", content[5:]),
        ("bytes=-7", content[-7:]),
        ("bytes=3-999999", content[3:]),
        ("bytes=-999999", content),
        (f"bytes=0-{2**64}", content),
    ):
        answer = await swift.call("GET", "c/o", headers={"Range": text}, status=206)
        assert answer.content == expected
    for text in ("bytes=9-3", "bytes=a-b", "lines=1-2", "bytes=-"):
        assert (await swift.call("GET", "c/o", headers={"Range": text}, status=200)).content == content
    await swift.call("GET", "c/o", headers={"Range": f"bytes={'9' * 4000}-"}, status=416)
    answer = await swift.call("GET", "c/o", headers={"Range": f"bytes={size}-"}, status=416)
    assert answer.headers["content-range"] == f"bytes */{size}"
    answer = await swift.call("GET", "c/o", headers={"Range": "bytes=0-1,5-6"}, status=206)
    boundary = answer.headers["content-type"].partition("boundary=")[2].encode()
    parts = answer.content.split(b"--" + boundary)
    assert [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts[1:-1]] == [
        content[:2],
        content[5:7],
    ]
    assert parts[-1] == b"--"
    many = "bytes=" + ",".join(f"{n}-{n}" for n in range(60))
    await swift.call("GET", "c/o", headers={"Range": many}, status=416)


async def test_copies_have_the_data_and_what_was_said(swift: Account) -> None:
    await swift.container()
    await swift.put("c/o", CONTENT, **{"X-Object-Meta-A": "1", "Content-Type": "text/x"})
    answer = await swift.call(
        "COPY", "c/o", headers={"Destination": "c/p", "X-Object-Meta-B": "2"}, status=201
    )
    assert answer.headers["x-copied-from"] == "c/o"
    copied = await swift.call("GET", "c/p", status=200)
    assert copied.content == CONTENT
    assert (copied.headers["x-object-meta-a"], copied.headers["x-object-meta-b"]) == ("1", "2")
    assert copied.headers["content-type"] == "text/x"
    await swift.call("PUT", "c/q", headers={"X-Copy-From": "/c/p", "X-Fresh-Metadata": "true"}, status=201)
    assert "x-object-meta-a" not in (await swift.call("HEAD", "c/q", status=200)).headers
    await swift.call("COPY", "c/o", status=412)
    await swift.call("COPY", "c/o", headers={"Destination": "nothing"}, status=412)
    await swift.call("COPY", "c/o", headers={"Destination": "none/x"}, status=404)
    await swift.call("PUT", "c/r", content=b"body", headers={"X-Copy-From": "/c/p"}, status=400)


async def test_what_was_said_replaces_what_was_said_before(swift: Account) -> None:
    await swift.container()
    await swift.put("c/o", b"x", **{"X-Object-Meta-A": "1", "Content-Encoding": "gzip"})
    await swift.call("POST", "c/o", headers={"X-Object-Meta-B": "2"}, status=202)
    head = await swift.call("HEAD", "c/o", status=200)
    assert head.headers["x-object-meta-b"] == "2"
    assert not {"x-object-meta-a", "content-encoding"} & set(head.headers)


async def test_objects_go_when_their_time_has_come(swift: Account, cloud: Cloud) -> None:
    await swift.container()
    at = int(cloud.platform.clock.now().timestamp()) + 2
    await swift.put("c/o", CONTENT, **{"X-Delete-At": str(at)})
    assert (await swift.call("HEAD", "c/o", status=200)).headers["x-delete-at"] == str(at)
    cloud.platform.clock = Later(cloud.platform.clock, 5)  # type: ignore[assignment]
    await swift.call("GET", "c/o", status=404)
    await look(cloud, remove_expired_objects)
    assert await swift.names() == []
    assert (await swift.call("HEAD", "c")).headers["x-container-object-count"] == "0"


async def test_what_was_put_instead_of_what_expired_stays(swift: Account, cloud: Cloud) -> None:
    await swift.container()
    await swift.put("c/o", CONTENT, **{"X-Delete-After": "1"})
    async with cloud.platform.reading() as ctx:
        expired = await OBJECTS.find(ctx.tx, name="o")
    cloud.platform.clock = Later(cloud.platform.clock, 5)  # type: ignore[assignment]
    await swift.put("c/o", b"new")
    for each in expired:
        await Context(cloud.platform, SYSTEM, NO_TRANSACTION).transact(
            remove_expired, each.container_id, [each.name]
        )
    assert (await swift.call("GET", "c/o", status=200)).content == b"new"
    assert (await swift.call("HEAD", "c")).headers["x-container-bytes-used"] == "3"


class Later:
    """A clock that is ahead of another."""

    def __init__(self, clock: object, seconds: float) -> None:
        self._clock, self._ahead = clock, timedelta(seconds=seconds)

    def now(self) -> object:
        return self._clock.now() + self._ahead  # type: ignore[attr-defined]

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)  # type: ignore[attr-defined]


async def look(cloud: Cloud, each: object) -> None:
    await each.look(Context(cloud.platform, SYSTEM, NO_TRANSACTION))  # type: ignore[attr-defined]


async def test_data_that_is_no_objects_goes_and_what_is_stays(swift: Account, cloud: Cloud) -> None:
    await swift.container()
    await swift.put("c/kept", CONTENT)
    await swift.put("c/gone", CONTENT)
    data = await data_of(cloud.platform)
    dead = await data.begin("0" * 32)
    await dead.write(CONTENT)
    alive = await data.begin("1" * 32)
    await alive.write(CONTENT)
    await dead.keep()
    await dead.let_go()  # as when its process dies
    await swift.call("DELETE", "c/gone", status=204)
    await look(cloud, remove_stray_data)
    assert not data.path("0" * 32).exists()
    cloud.platform.clock = Later(cloud.platform.clock, 3600)  # type: ignore[assignment]
    await look(cloud, remove_old_data)
    await alive.keep()
    assert sorted(len(names) for names in [each async for each in data.names()] if names) == [1, 1]
    await alive.discard()
    assert (await swift.call("GET", "c/kept", status=200)).content == CONTENT

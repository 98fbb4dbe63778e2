"""Objects that are made of others: static ones by a list, dynamic ones by a prefix."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile

import pytest

from tests.services.object_storage.store import Account

PUT, GET, DELETE = ({"multipart-manifest": word} for word in ("put", "get", "delete"))


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.fixture
async def segments(swift: Account) -> list[bytes]:
    contents = [b"first-", b"second-" * 5000, b"third"]
    await swift.container()
    for number, content in enumerate(contents):
        await swift.put(f"c/part/{number}", content)
    return contents


async def manifest(swift: Account, paths: list[str], status: int = 201, **more: str) -> str:
    body = json.dumps([{"path": path, **more} for path in paths]).encode()
    answer = await swift.call("PUT", "c/whole", content=body, params=PUT, status=status)
    return answer.text if status != 201 else answer.headers["etag"]


async def test_a_static_large_object_reads_as_one(swift: Account, segments: list[bytes]) -> None:
    etag = await manifest(swift, [f"/c/part/{n}" for n in range(3)])
    whole = b"".join(segments)
    assert etag == f'"{md5("".join(map(md5, segments)).encode())}"'
    answer = await swift.call("GET", "c/whole", status=200)
    assert (answer.content, answer.headers["etag"]) == (whole, etag)
    assert answer.headers["x-static-large-object"] == "True"
    head = await swift.call("HEAD", "c/whole", status=200)
    assert head.headers["content-length"] == str(len(whole))
    part = await swift.call("GET", "c/whole", headers={"Range": "bytes=3-12"}, status=206)
    assert part.content == whole[3:13]
    copied = await swift.call("COPY", "c/whole", headers={"Destination": "c/copy"}, status=201)
    assert copied.headers["etag"] == md5(whole)
    assert (await swift.call("GET", "c/copy")).content == whole


async def test_a_manifest_is_checked_shown_and_deleted_with_its_segments(
    swift: Account, segments: list[bytes]
) -> None:
    assert "404 Not Found" in await manifest(swift, ["/c/nothing"], 400)
    assert "Etag Mismatch" in await manifest(swift, ["/c/part/0"], 400, etag="0" * 32)
    assert "Index 0" in await manifest(swift, ["nothing"], 400)
    for body in (b"{", b"{}", b"[]", b'[{"path": 1}]', b"[" * 9000, b"[" + b"[]," * 90_000 + b"[]]"):
        await swift.call("PUT", "c/whole", content=body, params=PUT, status=400)
    many = [{"path": "/c/part/0"}] * 1001
    await swift.call("PUT", "c/whole", content=json.dumps(many).encode(), params=PUT, status=413)
    odd = [{"path": "/c/part/0", "etag": "x" * 256}] * 999 + [{"path": "/c/part/0", "odd": "x"}]
    long = json.dumps(odd).encode()
    await swift.call("PUT", "c/whole", content=long + b" " * 100_000, params=PUT, status=400)
    await manifest(swift, ["/c/part/0", "/c/part/1"])
    shown = (await swift.call("GET", "c/whole", params=GET, status=200)).json()
    assert [(item["name"], item["bytes"]) for item in shown] == [("/c/part/0", 6), ("/c/part/1", 35000)]
    await swift.call("DELETE", "c/whole", params=DELETE, status=200)
    assert await swift.names() == ["part/2"]


async def test_a_manifest_takes_the_place_of_nothing_where_that_is_wanted(
    swift: Account, segments: list[bytes]
) -> None:
    await swift.put("c/whole", b"there")
    body = b'[{"path": "/c/part/0"}]'
    only_new = {"If-None-Match": "*"}
    await swift.call("PUT", "c/whole", content=body, params=PUT, headers=only_new, status=412)
    assert (await swift.call("GET", "c/whole")).content == b"there"
    await swift.call("PUT", "c/other", content=body, params=PUT, headers=only_new, status=201)


async def test_a_segment_that_was_changed_is_not_read(swift: Account, segments: list[bytes]) -> None:
    await manifest(swift, ["/c/part/0"])
    await swift.put("c/part/0", b"others")
    await swift.call("GET", "c/whole", status=409)


async def test_a_dynamic_large_object_is_what_has_the_prefix_now(
    swift: Account, segments: list[bytes]
) -> None:
    await swift.put("c/whole", b"", **{"X-Object-Manifest": "c/part/"})
    assert (await swift.call("GET", "c/whole", status=200)).content == b"".join(segments)
    await swift.put("c/part/3", b"!")
    answer = await swift.call("GET", "c/whole", headers={"Range": "bytes=-6"}, status=206)
    assert answer.content == b"third!"
    await swift.call("POST", "c/whole", status=202)
    assert (await swift.call("GET", "c/whole", status=200)).content == b""
    await swift.call("PUT", "c/x", headers={"X-Object-Manifest": "c"}, content=b"", status=400)


async def test_an_archive_becomes_objects_and_a_list_deletes_them(swift: Account) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in ("a/b.txt", "a/d/é", "top"):
            info = tarfile.TarInfo(name)
            info.size = 3
            archive.addfile(info, io.BytesIO(b"abc"))
    query = {"extract-archive": "tar.gz"}
    json_please = {"Accept": "application/json"}
    answer = await swift.call("PUT", params=query, content=file.getvalue(), headers=json_please, status=200)
    assert answer.json()["Number Files Created"] == 2
    assert await swift.names("a") == ["b.txt", "d/é"]
    broken = await swift.call(
        "PUT", params=query, content=file.getvalue()[:60], headers=json_please, status=200
    )
    assert broken.json()["Response Status"] == "400 Bad Request"
    answer = await swift.call(
        "POST", params={"bulk-delete": ""}, content="a/b.txt\na/d/%C3%A9\na\nnothing/x\n", headers=json_please
    )
    outcome = answer.json()
    assert (outcome["Number Deleted"], outcome["Number Not Found"], outcome["Errors"]) == (3, 1, [])
    await swift.call("GET", "a", status=404)


async def test_many_objects_go_by_a_delete_as_by_a_post(swift: Account) -> None:
    await swift.call("PUT", "a", status=201)
    for name in ("one", "two"):
        await swift.call("PUT", f"a/{name}", content="x", status=201)
    answer = await swift.call(
        "DELETE", params={"bulk-delete": ""}, content="a/one\na/none\n",
        headers={"Accept": "application/json"}, status=200,
    )  # fmt: skip
    outcome = answer.json()
    assert (outcome["Number Deleted"], outcome["Number Not Found"]) == (1, 1)
    assert await swift.names("a") == ["two"]
    await swift.call("DELETE", status=403)
    assert await swift.names("a") == ["two"]

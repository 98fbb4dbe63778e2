"""Manifests that would be more than the cloud can hold: by their depth, their width, or by naming themselves."""

from __future__ import annotations

import json

import pytest

from haneul.kernel.http.door import Limits
from tests.security.test_connections import serving
from tests.services.object_storage.store import Account

PUT, DELETE = {"multipart-manifest": "put"}, {"multipart-manifest": "delete"}
JSON_PLEASE = {"Accept": "application/json"}


async def manifest(swift: Account, path: str, segments: list[str], status: int = 201) -> str:
    body = json.dumps([{"path": each} for each in segments]).encode()
    return (await swift.call("PUT", path, content=body, params=PUT, status=status)).text


async def test_what_is_billions_of_segments_is_read_piece_by_piece(swift: Account) -> None:
    await swift.container()
    await swift.put("c/0", b"ab")
    wide, deep = 16, 8
    for level in range(1, deep + 1):
        await manifest(swift, f"c/{level}", [f"/c/{level - 1}"] * wide)
    size = 2 * wide**deep
    head = await swift.call("HEAD", f"c/{deep}", status=200)
    assert head.headers["content-length"] == str(size)
    for first in (0, size // 3 * 2 + 1, size - 3):
        part = {"Range": f"bytes={first}-{first + 2}"}
        answer = await swift.call("GET", f"c/{deep}", headers=part, status=206)
        assert answer.content == (b"aba" if first % 2 == 0 else b"bab")


async def test_a_size_that_no_number_holds_is_refused(swift: Account) -> None:
    await swift.container()
    await swift.put("c/0", b"x" * 1000)
    wide = 200
    for level in range(1, 7):
        await manifest(swift, f"c/{level}", [f"/c/{level - 1}"] * wide)
    await manifest(swift, "c/7", ["/c/6"] * wide, status=413)
    await swift.call("GET", "c/7", status=404)
    assert len((await swift.call("GET", "c", params={"format": "json"}, status=200)).json()) == 7


async def test_manifests_too_deep_in_each_other_are_a_conflict(swift: Account) -> None:
    await swift.container()
    await swift.put("c/00", b"x")
    for level in range(1, 14):
        await manifest(swift, f"c/{level:02}", [f"/c/{level - 1:02}"])
    await swift.call("GET", "c/11", status=200)
    await swift.call("GET", "c/13", status=409)


async def test_a_manifest_that_names_itself_is_deleted_once(swift: Account) -> None:
    await swift.container()
    await swift.put("c/segment", b"x")
    await manifest(swift, "c/o", ["/c/segment"])
    await manifest(swift, "c/o", ["/c/o", "/c/o"])
    await swift.call("GET", "c/o", status=409)
    answer = await swift.call("DELETE", "c/o", params=DELETE, headers=JSON_PLEASE, status=200)
    assert (answer.json()["Number Deleted"], answer.json()["Errors"]) == (1, [])
    assert await swift.names() == ["segment"]


async def test_an_answer_that_cannot_go_on_ends_the_connection_and_leaves_one_line(
    swift: Account, caplog: pytest.LogCaptureFixture
) -> None:
    await swift.container()
    await swift.put("c/0", b"first")
    await swift.put("c/1", b"second")
    await manifest(swift, "c/o", ["/c/0", "/c/1"])
    await swift.put("c/1", b"changed")
    async with serving(Limits(), app=swift.cloud.plane.app.falcon) as server:
        head = f"GET {swift.url}/c/o HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {swift.who.token}\r\n\r\n"
        answer = await server.answer(head.encode())
    assert b"content-length: 11\r\n" in answer and answer.endswith(b"first")
    assert [record for record in caplog.records if record.exc_info] == []

"""Objects over HTTP: what was put is what is read, listed and deleted."""

from __future__ import annotations

import hashlib

import pytest

from tests.services.object_storage.store import Account

SIZES = (0, 1, 16384, 16385, 3_000_000)


@pytest.mark.parametrize("size", SIZES)
async def test_what_was_put_is_what_is_read(swift: Account, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    await swift.container()
    answer = await swift.put("c/o", content, **{"Content-Type": "text/x-test"})
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert answer.headers["etag"] == md5
    for method in ("HEAD", "GET"):
        answer = await swift.call(method, "c/o", status=200)
        assert answer.headers["etag"] == md5
        assert answer.headers["content-length"] == str(size)
        assert answer.headers["content-type"] == "text/x-test"
        assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == content
    listed = (await swift.call("GET", "c", params={"format": "json"}, status=200)).json()
    assert [(item["name"], item["bytes"], item["hash"]) for item in listed] == [("o", size, md5)]


async def test_the_counts_follow_what_is_there(swift: Account) -> None:
    await swift.container()
    await swift.put("c/a", b"12345")
    await swift.put("c/b", b"x" * 20_000)
    await swift.put("c/a", b"1")
    head = await swift.call("HEAD", "c", status=204)
    assert (head.headers["x-container-object-count"], head.headers["x-container-bytes-used"]) == (
        "2",
        "20001",
    )
    head = await swift.call("HEAD", status=204)
    assert head.headers["content-type"].startswith("text/plain")
    assert (head.headers["x-account-object-count"], head.headers["x-account-bytes-used"]) == ("2", "20001")
    await swift.call("DELETE", "c", status=409)
    await swift.call("DELETE", "c/a", status=204)
    await swift.call("DELETE", "c/b", status=204)
    await swift.call("DELETE", "c/b", status=404)
    gone = await swift.call("DELETE", "c", status=204)
    assert gone.headers["content-type"].startswith("text/html")
    await swift.call("GET", "c", status=404)

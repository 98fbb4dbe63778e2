"""What was there before is kept where its container says; links lead to what they stand for."""

from __future__ import annotations

from tests.services.object_storage.store import Account


async def test_what_is_deleted_makes_room_for_what_was_there_before(swift: Account) -> None:
    await swift.container("old")
    await swift.container("c", **{"X-Versions-Location": "old"})
    for content in (b"one", b"two" * 9000, b"three"):
        await swift.put("c/o", content, **{"X-Object-Meta-A": content[:3].decode()})
    assert len(await swift.names("old")) == 2
    assert all(name.startswith("001o/") for name in await swift.names("old"))
    for content in (b"three", b"two" * 9000, b"one"):
        answer = await swift.call("GET", "c/o", status=200)
        assert (answer.content, answer.headers["x-object-meta-a"]) == (content, content[:3].decode())
        await swift.call("DELETE", "c/o", status=204)
    await swift.call("GET", "c/o", status=404)
    assert await swift.names("old") == []


async def test_history_keeps_what_is_deleted(swift: Account) -> None:
    await swift.container("old")
    await swift.container("c", **{"X-History-Location": "old"})
    await swift.put("c/o", b"one")
    await swift.put("c/o", b"two")
    await swift.call("DELETE", "c/o", status=204)
    listed = (await swift.call("GET", "old", params={"format": "json"})).json()
    assert [item["bytes"] for item in listed] == [3, 3, 0]
    assert "swift_versions_deleted" in listed[2]["content_type"]
    head = await swift.call("HEAD", "c", status=204)
    assert (head.headers["x-container-object-count"], head.headers["x-history-location"]) == ("0", "old")


async def test_without_a_place_for_versions_nothing_is_overwritten(swift: Account) -> None:
    await swift.container("c", **{"X-Versions-Location": "nowhere"})
    await swift.put("c/o", b"one")
    await swift.call("PUT", "c/o", content=b"two", status=412)
    assert (await swift.call("GET", "c/o")).content == b"one"


async def test_a_link_leads_to_what_it_stands_for(swift: Account) -> None:
    await swift.container()
    await swift.container("d")
    link = {"X-Symlink-Target": "d/o"}
    await swift.put("c/link", b"", **link)
    await swift.call("GET", "c/link", status=404)
    await swift.put("d/o", b"content", **{"X-Object-Meta-A": "b"})
    answer = await swift.call("GET", "c/link", status=200)
    assert (answer.content, answer.headers["x-object-meta-a"]) == (b"content", "b")
    assert answer.headers["content-location"].endswith("/d/o")
    itself = await swift.call("HEAD", "c/link", params={"symlink": "get"}, status=200)
    assert (itself.headers["x-symlink-target"], itself.headers["content-length"]) == ("d/o", "0")
    await swift.call("POST", "c/link", status=307)
    await swift.call("DELETE", "c/link", status=204)
    assert (await swift.call("GET", "d/o")).content == b"content"


async def test_links_do_not_lead_in_circles_or_to_something_else(swift: Account) -> None:
    await swift.container()
    await swift.put("c/a", b"", **{"X-Symlink-Target": "c/b"})
    await swift.put("c/b", b"", **{"X-Symlink-Target": "c/a"})
    await swift.call("GET", "c/a", status=409)
    etag = (await swift.put("c/o", b"content")).headers["etag"]
    static = {"X-Symlink-Target": "c/o", "X-Symlink-Target-Etag": etag}
    await swift.put("c/static", b"", **static)
    await swift.put("c/o", b"another")
    await swift.call("GET", "c/static", status=409)
    await swift.call("PUT", "c/static2", headers=static, status=409)
    await swift.call("PUT", "c/x", content=b"body", headers={"X-Symlink-Target": "c/o"}, status=400)
    await swift.call("PUT", "c/x", headers={"X-Symlink-Target": "c"}, status=412)

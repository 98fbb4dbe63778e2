"""Lists: in the order of names, from a marker, below a prefix, with folders gathered."""

from __future__ import annotations

import random
from xml.etree import ElementTree

import pytest

from haneul.services.object_storage.operations import lists
from tests.services.object_storage.store import Account

NAMES = ["a", "a/b", "a/b/c", "a/d", "b", "z/1", "z/2", "é", "\U0001f600", "\uffff"]


@pytest.fixture
async def filled(swift: Account) -> Account:
    await swift.container()
    for name in random.Random(1).sample(NAMES, len(NAMES)):
        await swift.put(f"c/{name}", b"x")
    return swift


ORDER = sorted(NAMES, key=lambda name: name.encode())


async def test_names_are_in_the_order_of_their_bytes(filled: Account) -> None:
    assert await filled.names() == ORDER
    assert await filled.names(reverse="true") == ORDER[::-1]
    lines = await filled.call("GET", "c", status=200)
    assert lines.text.splitlines() == ORDER


async def test_pages_go_on_where_the_one_before_ended(
    filled: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", 2)
    for way in ({}, {"reverse": "on"}):
        for size in (1, 3, 4):
            seen: list[str] = []
            while page := await filled.names(limit=size, marker=seen[-1] if seen else "", **way):
                assert len(page) <= size
                seen += page
            assert seen == (ORDER[::-1] if way else ORDER)


@pytest.mark.parametrize("at_once", [1, 2, 1000])
async def test_folders_are_gathered(filled: Account, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "AT_ONCE", at_once)
    top = ["a", "a/", "b", "z/", "é", "\uffff", "\U0001f600"]
    assert await filled.names(delimiter="/") == top
    assert await filled.names(delimiter="/", reverse="yes") == top[::-1]
    assert await filled.names(delimiter="/", prefix="a/") == ["a/b", "a/b/", "a/d"]
    assert await filled.names(delimiter="/", marker="a/") == top[2:]
    assert await filled.names(delimiter="/", end_marker="z/") == top[:3]
    assert await filled.names(path="a") == ["a/b", "a/b/", "a/d"]
    assert await filled.names(delimiter="b/", prefix="a") == ["a", "a/b", "a/b/", "a/d"]
    assert await filled.names(prefix="z/", marker="z/1") == ["z/2"]
    seen: list[str] = []
    while page := await filled.names(delimiter="/", limit=1, marker=seen[-1] if seen else ""):
        seen += page
    assert seen == top


async def test_lists_come_in_the_form_that_is_asked_for(filled: Account) -> None:
    answer = await filled.call(
        "GET", "c", params={"delimiter": "/"}, headers={"Accept": "text/xml;q=1, */*;q=0.1"}
    )
    assert answer.headers["content-type"].startswith("text/xml")
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.attrib) == ("container", {"name": "c"})
    assert [child.tag for child in root][:2] == ["object", "subdir"]
    answer = await filled.call("GET", params={"format": "xml"}, status=200)
    assert [child.findtext("count") for child in ElementTree.fromstring(answer.content)] == [str(len(NAMES))]
    await filled.call("GET", "c", headers={"Accept": "image/png"}, status=406)
    await filled.container("empty")
    await filled.call("GET", "empty", status=204)
    assert (await filled.call("GET", "empty", params={"format": "json"}, status=200)).json() == []


async def test_more_than_there_may_be_is_refused(filled: Account) -> None:
    for path in ("", "c"):
        answer = await filled.call("GET", path, params={"limit": "10001"}, status=412)
        assert answer.text == "Maximum limit is 10000"
    assert await filled.names(limit="-1") == ORDER
    await filled.call("GET", "c?prefix=%FF", status=412)

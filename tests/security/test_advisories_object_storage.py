"""What had to be published about Swift: the same, tried here."""

from __future__ import annotations

import ast
import inspect
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from haneul.kernel.http.door import Limits
from haneul.services.object_storage.model import temp_urls
from haneul.services.object_storage.store.objects import OBJECTS, REMOVED
from tests.conftest import Cloud
from tests.security.test_connections import serving
from tests.services.object_storage.store import BASE, Account
from tests.waiting import until

HOSTILE = """<script>alert(1)</script>"'&]]>\x07"""


@pytest.fixture
def swift(cloud: Cloud) -> Account:
    return Account(cloud, cloud.member)


async def test_names_are_no_elements_of_a_list(swift: Account) -> None:
    """OSSA-2013-016"""
    quoted = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22'%26%5D%5D%3E%07"
    container = quoted.replace("%2F", "")
    await swift.container(container)
    await swift.put(f"{container}/{quoted}")
    for where in ("", container):
        answer = await swift.call("GET", where, params={"format": "xml"}, status=200)
        root = ElementTree.fromstring(answer.content)
        assert {each.tag for each in root.iter()} <= {
            "account", "container", "object", "name", "count", "bytes", "hash", "content_type", "last_modified",
        }  # fmt: skip
        wanted = (
            HOSTILE.replace("\x07", "\ufffd") if where else HOSTILE.replace("/", "").replace("\x07", "\ufffd")
        )
        assert [each.text for each in root.iter("name")] == [wanted]


async def test_what_is_not_there_leaves_nothing_when_it_is_deleted(swift: Account) -> None:
    """OSSA-2013-022"""
    await swift.container()
    for number in range(20):
        headers = {"X-Timestamp": f"{4_000_000_000 + number}.00000"}
        await swift.call("DELETE", f"c/{number}", headers=headers, status=404)
    async with swift.cloud.platform.reading() as ctx:
        assert await OBJECTS.find(ctx.tx) == await REMOVED.find(ctx.tx) == []


def test_signatures_are_compared_in_a_time_that_tells_nothing() -> None:
    """OSSA-2014-002"""
    tree = ast.parse(inspect.getsource(temp_urls.is_signed))
    compared = [ast.unparse(each) for each in ast.walk(tree) if isinstance(each, ast.Compare)]
    assert not [each for each in compared if "value" in each or "signature" in each]
    calls = [ast.unparse(each.func) for each in ast.walk(tree) if isinstance(each, ast.Call)]
    assert "hmac.compare_digest" in calls
    assert not [each for each in ast.walk(tree) if isinstance(each, (ast.Break, ast.BoolOp))]


async def test_who_is_not_let_in_is_told_nothing_that_they_sent(swift: Account) -> None:
    """OSSA-2014-020"""
    for path in ("AUTH_%3Cscript%3Ealert(1)%3C/script%3E", "AUTH_%0D%0AX-Evil:%201", 'AUTH_"><b>'):
        answer = await swift.cloud.http.get(f"{BASE}/{path}")
        assert answer.status_code == 401
        assert "x-evil" not in answer.headers
        whole = f"{answer.headers} {answer.text}".lower()
        assert "script" not in whole.replace("script-src", "") and "<b>" not in whole


async def test_what_is_said_bit_by_bit_has_the_limit_of_what_is_said_at_once(swift: Account) -> None:
    """OSSA-2014-034"""
    await swift.container()
    for where, kind in (("", "Account"), ("c", "Container")):
        for turn in range(3):
            said = {f"X-{kind}-Meta-{turn}-{n}": "v" for n in range(30)}
            await swift.call("POST", where, headers=said, status=204)
        await swift.call("POST", where, headers={f"X-{kind}-Meta-More": "v"}, status=400)
        head = await swift.call("HEAD", where, status=204)
        assert len([name for name in head.headers if f"x-{kind.lower()}-meta-" in name]) == 90


async def test_who_may_see_the_versions_deletes_none(swift: Account) -> None:
    """OSSA-2015-006"""
    stranger = swift.cloud.stranger
    await swift.container("versions", **{"X-Container-Read": f"{stranger.auth.project_id}:*"})
    await swift.container("c", **{"X-Versions-Location": "versions"})
    await swift.put("c/o", b"old")
    await swift.put("c/o", b"new")
    (version,) = await swift.names("versions")
    await swift.call("GET", f"versions/{version}", who=stranger, status=200)
    for path in ("c/o", f"versions/{version}"):
        await swift.call("DELETE", path, who=stranger, status=403)
    assert (await swift.names("versions"), await swift.names()) == ([version], ["o"])
    assert (await swift.call("GET", "c/o")).content == b"new"


async def test_who_leaves_in_the_middle_of_a_large_object_leaves_nothing_open(swift: Account) -> None:
    """OSSA-2016-004"""
    await swift.container()
    for number in range(3):
        await swift.put(f"c/seg/{number}", os.urandom(4 << 20))
    await swift.put("c/whole", b"", **{"X-Object-Manifest": "c/seg/"})

    def files() -> int:
        """Files of objects that are open."""
        links = [each for each in Path("/proc/self/fd").iterdir() if each.exists()]
        return sum("/objects/" in str(each.readlink()) for each in links)

    async with serving(Limits(), app=swift.cloud.plane.app.falcon) as server:
        for _ in range(8):
            head = f"GET {swift.url}/c/whole HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {swift.who.token}\r\n\r\n"
            link = await server.connect(head.encode())
            assert (await link.until(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            link.close()
        await until(lambda: len(server.door) == 0 and files() == 0)

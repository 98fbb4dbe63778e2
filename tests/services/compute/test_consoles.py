"""The page on which a console is seen, with everything that it loads."""

from __future__ import annotations

import posixpath
import re

from tests.conftest import Cloud

IMPORTS = re.compile(r"""(?:import|export)[^;]*?["'](\.[^"']+\.js)["']""")


async def test_the_page_and_all_its_scripts_are_there(cloud: Cloud) -> None:
    page = "/compute/vnc.html"
    seen: set[str] = set()
    todo = [page]
    while todo:
        path = todo.pop()
        answer = await cloud.http.get(path)
        assert answer.status_code == 200, path
        assert ("javascript" in answer.headers["content-type"]) is (path != page)
        for name in IMPORTS.findall(answer.text):
            found = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            if found not in seen:
                seen.add(found)
                todo.append(found)
    assert len(seen) > 30, seen

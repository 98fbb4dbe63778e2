"""The page on which a console is seen, with everything that it loads."""

from __future__ import annotations

import posixpath
import re
from typing import Any

import falcon
import falcon.testing
import pytest

from tests.conftest import Cloud
from tests.services.compute.world import V, World, make

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


@pytest.fixture
async def world(cloud: Cloud) -> World:
    return await make(cloud)


@pytest.mark.parametrize("old", [True, False])
async def test_the_console_of_a_simulated_server_is_a_page_that_says_so(world: World, old: bool) -> None:
    id = await world.create()
    if old:
        body: dict[str, Any] = {"os-getVNCConsole": {"type": "novnc"}}
        answer = await world.cloud.member.post(f"/compute/v2.1/servers/{id}/action", body)
        console = answer.json()["console"]
    else:
        body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        path = f"/compute/v2.1/servers/{id}/remote-consoles"
        answer = await world.cloud.member.post(path, body, version=V)
        console = answer.json()["remote_console"]
    assert (answer.status_code, console["type"]) == (200, "novnc"), answer.text
    page = await world.cloud.http.get(console["url"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "This server is simulated" in page.text


async def test_the_serial_console_of_a_simulated_server_says_so_once(world: World) -> None:
    id = await world.create()
    body = {"remote_console": {"protocol": "serial", "type": "serial"}}
    answer = await world.cloud.member.post(f"/compute/v2.1/servers/{id}/remote-consoles", body, version=V)
    url = answer.json()["remote_console"]["url"]
    assert url.startswith("ws://cloud.test/compute/console?token=")
    path, question = url.removeprefix("ws://cloud.test").split("?")
    async with falcon.testing.ASGIConductor(world.cloud.plane.app.falcon) as browser:
        async with browser.simulate_ws(path, query_string=question) as ws:
            assert b"simulated" in await ws.receive_data()
        with pytest.raises(falcon.WebSocketDisconnected) as refusal:
            async with browser.simulate_ws(path, query_string=question):
                pass
        assert refusal.value.code == 3403


async def test_the_log_of_a_simulated_server_says_so(world: World) -> None:
    id = await world.create()
    path = f"/compute/v2.1/servers/{id}/action"
    for given, lines in (({}, 2), ({"length": 1}, 1)):
        answer = await world.cloud.member.post(path, {"os-getConsoleOutput": given})
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["output"].splitlines()) == lines
    whole = await world.cloud.member.post(path, {"os-getConsoleOutput": {}})
    assert "is simulated" in whole.json()["output"]

"""Requests that a proxy in front may read otherwise than we do: where they end, what they ask for, what they say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from haneul.kernel.http.door import Limits
from tests.conftest import Cloud
from tests.security.test_connections import serving, status

SOON = Limits(head_timeout_s=2, body_timeout_s=2, idle_timeout_s=0.2)
HOST = b"Host: x\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: y\r\n\r\n"


class Mirror:
    """Says what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0)
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        self.asked.append((scope["path"], headers, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    "heads",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
        b"Transfer-Encoding: \x0bchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Content-Length: 5\r\nContent-Length: 5\r\n",
        b"Content-Length: 5, 5\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: 5\n",
        b"Content-Length: 5\rX: y\r\n",
        b"Content-Length : 5\r\n",
        b"X: a\0b\r\nContent-Length: 5\r\n",
        b"Host: other\r\nContent-Length: 5\r\n",
    ],
)
async def test_a_request_whose_end_can_be_read_in_two_ways_is_refused(heads: bytes) -> None:
    mirror = Mirror()
    async with serving(SOON, app=mirror) as server:
        answer = await server.answer(b"POST / HTTP/1.1\r\n" + HOST + heads + b"\r\n0\r\n\r\n" + HIDDEN)
        assert status(answer) in (400, 501)
        assert answer.count(b"HTTP/1.1 ") == 1
        assert mirror.asked == []


@pytest.mark.parametrize("chunk", [b"-1", b"0x5", b"+5", b"5 ", b"F" * 18, b"\n5", b""])
async def test_a_chunk_whose_length_is_none_ends_the_connection(chunk: bytes) -> None:
    mirror = Mirror()
    async with serving(SOON, app=mirror) as server:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
        answer = await server.answer(head + chunk + b"\r\nhello\r\n0\r\n\r\n" + HIDDEN)
        assert status(answer) == 400
        assert b"hidden" not in answer and "/hidden" not in [path for path, _, _ in mirror.asked]


@pytest.mark.parametrize("at_once", [True, False])
async def test_what_comes_after_a_body_is_no_header(at_once: bool) -> None:
    """A proxy takes away what nobody but it may say, and looks at the head only."""
    mirror = Mirror()
    async with serving(SOON, app=mirror) as server:
        head = b"POST / HTTP/1.1\r\n" + HOST + b"X-Auth-Token: mine\r\nTransfer-Encoding: chunked\r\n\r\n"
        rest = b"2\r\nab\r\n0\r\nX-Auth-Token: another\r\nX-Forwarded-For: 10.0.0.1\r\n"
        link = await server.connect(head + (rest if at_once else b""))
        if not at_once:
            link.send(rest)
        link.send(b"\r\n")
        assert status(await link.rest()) == 200
        ((_, headers, body),) = mirror.asked
        assert headers == {"host": "x", "x-auth-token": "mine", "transfer-encoding": "chunked"}
        assert body == b"ab"


async def test_two_headers_that_can_be_one_only_are_nobodys(cloud: Cloud) -> None:
    """Of two tokens none counts, whichever comes first."""
    member, admin = cloud.member.token, cloud.admin.token
    for tokens in ((member, admin), (admin, member), (admin, "junk"), ("junk", admin)):
        headers = [("X-Auth-Token", token) for token in tokens]
        assert (await cloud.http.get("/compute/v2.1/servers", headers=headers)).status_code == 401
    for name in ("X_Auth_Token", "X-Service-Token", "X-Subject-Token"):
        assert (await cloud.http.get("/compute/v2.1/servers", headers={name: admin})).status_code == 401
    says = {"X-Identity-Status": "Confirmed", "X-Roles": "admin", "X-User-Id": "u", "X-Project-Id": "p"}
    assert (await cloud.http.get("/compute/v2.1/servers", headers=says)).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["//compute/v2.1/servers", "///compute/v2.1/servers", "/compute//v2.1/servers", "/compute/./v2.1/servers",
     "/identity/../compute/v2.1/servers", "/x/%2e%2e/compute/v2.1/servers", "/compute/v2.1/servers/..",
     "/compute/v2.1;x/servers", "//object-store/info", "//dashboard/login", "/compute\\v2.1\\servers"],
)  # fmt: skip
async def test_a_path_has_one_name(cloud: Cloud, path: str) -> None:
    async with serving(SOON, app=cloud.plane.app.falcon) as server:
        head = f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {cloud.admin.token}\r\nConnection: close\r\n\r\n"
        assert status(await server.answer(head.encode())) == 404


async def test_what_asks_for_no_path_of_ours_gets_nothing(cloud: Cloud) -> None:
    async with serving(SOON, app=cloud.plane.app.falcon) as server:
        for line, wanted in (
            ("CONNECT x:80", 400),
            ("GET http://x", 400),
            ("GET identity", 400),
            ("OPTIONS *", 404),
            ("TRACE /identity/v3", 405),
            ("PROPFIND /object-store/v1/a/b", 405),
            ("BREW /identity", 400),
        ):
            head = f"{line} HTTP/1.1\r\nHost: x\r\nX-Secret: s\r\nConnection: close\r\n\r\n"
            answer = await server.answer(head.encode())
            assert (line, status(answer)) == (line, wanted)
            assert b"X-Secret" not in answer


async def test_each_request_of_a_connection_is_its_own_askers(cloud: Cloud) -> None:
    """What one of them may do is remembered for none of the others, whose requests are the same but for their token."""
    tokens = [cloud.admin.token, cloud.member.token, "", cloud.stranger.token, cloud.admin.token, "junk"]
    path, wanted = "/compute/v2.1/os-services", [200, 403, 401, 403, 200, 401]
    heads = [f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\n\r\n" for token in tokens]
    async with serving(SOON, app=cloud.plane.app.falcon) as server:
        answers = await server.answer("".join(heads * 3).encode())
        statuses = [int(each[:3]) for each in answers.split(b"HTTP/1.1 ")[1:]]
        assert statuses == wanted * 3
        many = [await server.connect((heads[n % 6] * 5).encode()) for n in range(24)]
        for number, link in enumerate(many):
            each = await link.rest()
            assert [int(part[:3]) for part in each.split(b"HTTP/1.1 ")[1:]] == [wanted[number % 6]] * 5

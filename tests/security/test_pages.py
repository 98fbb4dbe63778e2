"""What a browser is told about what it gets, and what strangers are told about us."""

from __future__ import annotations

import re

import pytest

from haneul import __version__
from tests.conftest import Cloud

LOCKED = ("nosniff", "no-referrer")


async def test_the_console_page_runs_only_what_is_in_it_and_beside_it(cloud: Cloud) -> None:
    answer = await cloud.http.get("/compute/vnc.html")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert len(re.findall(r"'sha256-[^']+'", policy)) == 2
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == LOCKED
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    script = await cloud.http.get("/compute/pages/novnc/core/rfb.js")
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    for name in ("../vnc.html", "%2e%2e/vnc.html", "core", "nothing.js"):
        assert (await cloud.http.get(f"/compute/pages/novnc/{name}")).status_code == 404


async def test_an_image_is_not_run_as_a_page(cloud: Cloud) -> None:
    new = {"name": "page", "disk_format": "raw", "container_format": "bare"}
    id = (await cloud.member.post("/image/v2/images", new)).json()["id"]
    octets = {"Content-Type": "application/octet-stream"}
    page = b"<script>alert(1)</script>"
    stored = await cloud.member.put(f"/image/v2/images/{id}/file", content=page, headers=octets)
    assert stored.status_code == 204, stored.text
    answer = await cloud.member.get(f"/image/v2/images/{id}/file")
    assert answer.content == page
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


async def test_faults_that_are_pages_are_locked_too(cloud: Cloud) -> None:
    answer = await cloud.member.get("/image/v2/images/nothing")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/identity/v3"), ("GET", "/compute"), ("GET", "/networking"), ("GET", "/image"),
        ("GET", "/nothing"), ("GET", "/compute/nothing"), ("GET", "/compute/v2.1/servers"), ("PATCH", "/identity/v3"),
        ("POST", "/identity/v3/auth/tokens"), ("BREW", "/identity/v3"), ("OPTIONS", "/image/v2/images"),
        ("GET", "/compute/pages/novnc/nothing.js"),
    ],
)  # fmt: skip
async def test_strangers_get_nothing_that_could_be_taken_for_a_page(
    cloud: Cloud, method: str, path: str
) -> None:
    """JSON too: a name in it may be a script."""
    answer = await cloud.http.request(method, path)
    assert answer.status_code < 500
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]
    (policy,) = answer.headers.get_list("Content-Security-Policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy


async def test_members_get_it_with_every_answer(cloud: Cloud) -> None:
    for path in (
        "/compute/v2.1/flavors",
        "/identity/v3/nothing",
        "/networking/v2.0/networks",
        "/haneul/v1/status",
    ):
        answer = await cloud.member.get(path)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_strangers_are_not_told_the_version(cloud: Cloud) -> None:
    assert (await cloud.http.get("/haneul/v1/status")).status_code == 401
    assert (await cloud.reader.get("/haneul/v1/status")).json()["version"] == __version__
    for path in ("/", "/identity/v3", "/compute", "/networking", "/image", "/haneul", "/nothing"):
        answer = await cloud.http.get(path)
        assert "server" not in answer.headers
        assert f"haneul {__version__}" not in answer.text.lower()

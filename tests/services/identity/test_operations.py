"""Every operation of upstream's identity is one of ours, or stands in the documentation with what it gives."""

from __future__ import annotations

import re
from pathlib import Path

from haneul import control_plane
from tests.services.identity.conftest import Keystone
from tests.services.identity.test_audit import changes

LIST = Path(__file__).with_name("operations.txt")
PAGE = Path(__file__).parents[3] / "docs" / "services" / "identity.md"
ROW = re.compile(r"^\| `((?:GET|HEAD|POST|PUT|PATCH|DELETE)[A-Z, ]*) (/\S*)` \| (\d{3}) \|", re.MULTILINE)
Operation = tuple[str, str]


def shape(path: str) -> str:
    """The path without the names of its parts, and without where the service is."""
    return re.sub(r"\{\w+\}", "{}", path.removeprefix("/identity")) or "/"


def upstreams() -> set[Operation]:
    lines = LIST.read_text().splitlines()
    return {(method, shape(path)) for method, _, path in (line.partition(" ") for line in lines)}


def ours() -> set[Operation]:
    """Whatever may be read may be asked for with HEAD."""
    found = {(route.method, shape(route.path)) for route in control_plane.served("identity").routes}
    return found | {("HEAD", path) for method, path in found if method == "GET"}


def documented() -> dict[Operation, int]:
    """The operations that are answered otherwise, and with which status."""
    return {
        (method.strip(), shape(path)): int(status)
        for methods, path, status in ROW.findall(PAGE.read_text())
        for method in methods.split(",")
    }


def test_every_operation_is_answered_or_documented() -> None:
    assert sorted(upstreams() - ours() - documented().keys()) == []


def test_what_is_documented_as_missing_is_missing() -> None:
    assert sorted(documented().keys() & ours()) == []
    assert sorted(documented().keys() - upstreams()) == []


async def test_what_is_documented_is_what_is_answered(keystone: Keystone) -> None:
    token = await keystone.token()
    for (method, path), status in documented().items():
        url = "/identity" + path.replace("{}", "x")
        answer = await keystone.cloud.http.request(method, url, headers={"X-Auth-Token": token})
        assert answer.status_code == status, f"{method} {path}: {answer.status_code}"


async def test_what_came_with_old_tokens(keystone: Keystone) -> None:
    """As upstream answers it, to anybody."""
    http = keystone.cloud.http
    for method in ("GET", "HEAD"):
        for path in ("/OS-SIMPLE-CERT/ca", "/OS-SIMPLE-CERT/certificates"):
            assert (await http.request(method, f"/identity/v3{path}")).status_code == 410
        path = "/identity/v3/auth/tokens/OS-PKI/revoked"
        assert (await http.request(method, path)).status_code == 403


async def test_other_methods_of_oauth2_are_refused_in_its_words(keystone: Keystone) -> None:
    before = await changes(keystone)
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        answer = await keystone.cloud.http.request(method, "/identity/v3/OS-OAUTH2/token")
        assert answer.status_code == 405
        assert answer.json()["error"] == "other_error"
    assert await changes(keystone) == before

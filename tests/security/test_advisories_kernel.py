"""What others had to publish about what all their services stand on, tried on every service of ours."""

from __future__ import annotations

import asyncio
import gc
import re
import tracemalloc
from pathlib import Path
from urllib.parse import quote

import pytest

import haneul
from haneul.kernel.http.app import Served
from tests.conftest import SERVICES, Cloud
from tests.security.shapes import encoded
from tests.services.identity.conftest import Keystone

SOURCE = Path(haneul.__file__).parent
FORGED = {
    "X-User-Id": "admin", "X-User-Name": "admin", "X-Roles": "admin,service", "X-Role": "admin",
    "X-Identity-Status": "Confirmed", "X-Is-Admin-Project": "True", "X-Project-Id": "p", "X-Tenant-Id": "p",
    "X-Domain-Id": "default", "X-System-Scope": "all", "OpenStack-System-Scope": "all", "X-Service-Roles": "service",
    "X-Service-Identity-Status": "Confirmed", "X-Auth-Admin": "1", "REMOTE_USER": "admin", "X-Remote-User": "admin",
    "X-Instance-Id": "00000000-0000-4000-8000-000000000000", "X-Instance-Id-Signature": "x", "X-Forwarded-User": "admin",
}  # fmt: skip


@pytest.fixture(params=SERVICES)
def served(request: pytest.FixtureRequest, cloud: Cloud) -> Served:
    return next(s for s in cloud.plane.app.services if s.manifest.name == request.param)


def path_of(served: Served, template: str) -> str:
    return served.manifest.path + re.sub(r"\{[^}]*\}", "x", template)


async def test_nothing_is_done_for_nobody(cloud: Cloud, served: Served) -> None:
    """OSSA-2012-015: not for whoever names no token, and not for whoever only says who they are (OSSA-2026-001)."""
    for route in served.routes:
        if not route.auth:
            continue
        for headers in (
            {},
            FORGED,
            {"X-Auth-Token": ""},
            {"Authorization": "Bearer x"},
            {"X-Service-Token": "x"},
        ):
            answer = await cloud.http.request(route.method, path_of(served, route.path), headers=headers)
            assert answer.status_code in (401, 404), f"{route.method} {route.path} {headers}: {answer.text}"


async def test_who_is_let_in_without_a_token_is_written_down(cloud: Cloud) -> None:
    """A route that is open to anybody stands in this list, or this fails."""
    found = {
        f"{route.method} {served.manifest.path}{route.path}"
        for served in cloud.plane.app.services
        for route in served.routes
        if not route.auth
    }
    assert sorted(found) == (Path(__file__).parent / "open_routes.txt").read_text().splitlines()


async def test_a_member_is_a_member_whatever_the_headers_say(cloud: Cloud) -> None:
    """OSSA-2026-001, OSSA-2013-033."""
    for method, path in (
        ("GET", "/compute/v2.1/os-hypervisors"), ("GET", "/placement/resource_providers"), ("GET", "/identity/v3/users"),
        ("POST", "/compute/v2.1/flavors"), ("GET", "/compute/v2.1/servers?all_tenants=1"),
        ("GET", "/volume/v3/os-services"), ("GET", "/networking/v2.0/agents"), ("GET", "/image/v2/cache"),
    ):  # fmt: skip
        plain = await cloud.member.call(method, path)
        dressed = await cloud.member.call(method, path, headers=FORGED)
        assert dressed.status_code == plain.status_code, path
        assert plain.status_code >= 400 or dressed.json() == plain.json()


@pytest.mark.contended
async def test_many_at_once_are_each_who_they_are(keystone: Keystone) -> None:
    """OSSA-2014-007: nobody is answered as somebody else, whoever's requests come between."""
    tokens = {name: await keystone.token(name) for name in ("admin", "member", "reader")}

    async def who_am_i(name: str) -> tuple[str, str]:
        token = tokens[name]
        shown = await keystone.call(token, "GET", "/auth/tokens", **{"X-Subject-Token": token})
        return name, shown.json()["token"]["user"]["name"]

    seen = await asyncio.gather(*(who_am_i(name) for _ in range(40) for name in tokens))
    assert all(asked == answered for asked, answered in seen)


async def test_paths_that_lead_nowhere_leave_nothing_behind(cloud: Cloud, served: Served) -> None:
    """OSSA-2021-006."""

    async def ask(first: int, last: int) -> None:
        for number in range(first, last):
            path = f"{served.manifest.path}/v2/no-such-thing-{number}/{number}?a{number}={number}"
            assert (await cloud.member.get(path)).status_code == 404

    def held() -> int:
        """Bytes that our code and its router hold; the test's own client holds some for itself."""
        gc.collect()
        ours = [tracemalloc.Filter(True, str(SOURCE / "*")), tracemalloc.Filter(True, "*/falcon/*")]
        return sum(
            each.size for each in tracemalloc.take_snapshot().filter_traces(ours).statistics("filename")
        )

    await ask(0, 100)
    tracemalloc.start()
    try:
        await ask(100, 150)
        before = held()
        await ask(150, 450)
        grown = held() - before
    finally:
        tracemalloc.stop()
    assert grown < 20_000


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "//evil.example/%2f..", "/%2f%2fevil.example/", "/\\evil.example", "/compute//evil.example/..",
        "/compute/pages/novnc//evil.example/%2e%2e", "/compute/pages/novnc/../../../../etc/passwd",
        "/compute/pages/novnc/%2e%2e/%2e%2e/vnc.html", "/identity//evil.example/", "/identity/v3/auth/OS-FEDERATION/websso/x"
        "?origin=//evil.example",
    ],
)  # fmt: skip
async def test_no_path_leads_elsewhere(cloud: Cloud, path: str) -> None:
    """OSSA-2012-012, OSSA-2020-008, OSSA-2021-002."""
    answer = await cloud.http.get("http://cloud.test" + path, follow_redirects=False)
    assert "evil.example" not in answer.headers.get("location", "")
    assert "root:" not in answer.text


def sources() -> list[tuple[Path, str]]:
    return [(path, path.read_text()) for path in sorted(SOURCE.rglob("*.py"))]


def test_certificates_are_checked_by_everything_that_connects() -> None:
    """OSSA-2013-018, OSSA-2014-005, OSSA-2014-030, OSSA-2015-007, OSSN-0033, OSSN-0096.

    A directory may be exempted by the operator, by name (`tls_req_cert = never`), and nothing else.
    """
    off = re.compile(r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|_create_unverified_context")
    assert {path.name for path, text in sources() if off.search(text)} <= {"ldap_connection.py"}


def test_secrets_are_compared_in_constant_time() -> None:
    """OSSA-2014-002, OSSA-2014-024: a digest, a code or a signature is compared by `compare_digest` only."""
    careless = re.compile(
        r"(?<![\w.])(?:signature|key_digest|passcode|verifier|state_token)\s*(?:==|!=)\s*\w"
    )
    for path, text in sources():
        for line in text.splitlines():
            assert not careless.search(line) or "hexdigest" in line, f"{path}: {line}"


def test_no_check_is_an_assertion() -> None:
    """OSSN-0048: with `python -O` there are none."""
    for path, text in sources():
        for line in text.splitlines():
            if re.match(r"\s+assert ", line):
                assert re.search(r"is not (None|UNSET)\b|isinstance", line), f"{path}: {line}"


@pytest.mark.parametrize("name", ["💩", "a\r\nX-Evil: 1", "\x7f", "é", "\ud800"])
async def test_a_name_that_no_header_can_carry_is_written_in_one_line(cloud: Cloud, name: str) -> None:
    """OSSA-2014-020: what an answer says of itself is told by nobody's name."""
    for method, path, body in (
        ("POST", "/placement/resource_classes", {"name": name}),
        ("PUT", f"/placement/traits/{quote(name, errors='replace')}", None),
        ("PUT", f"/placement/resource_classes/{quote(name, errors='replace')}", None),
        ("POST", "/image/v2/metadefs/namespaces", {"namespace": name}),
        ("POST", "/image/v2/images", {"name": name, "disk_format": "raw", "container_format": "bare"}),
        (
            "POST",
            "/compute/v2.1/flavors",
            {"flavor": {"name": "f", "id": name, "vcpus": 1, "ram": 64, "disk": 1}},
        ),
    ):
        answer = await cloud.admin.call(method, path, content=encoded(body) if body else b"", version="placement 1.39",
                                        headers={"Content-Type": "application/json"})  # fmt: skip
        assert answer.status_code < 500, answer.text
        assert "x-evil" not in answer.headers

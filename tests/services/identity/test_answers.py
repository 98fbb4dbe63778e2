"""Answers that are told apart only by asking the real service: statuses, headers, links, faults.

Each was found by sending the same request to both.
"""

from __future__ import annotations

from typing import Any

import pytest

from haneul import control_plane
from haneul.kernel.http.routes import Route
from haneul.services.identity.model.catalog import is_fillable
from tests.services.identity.conftest import PASSWORD, V3, Keystone, by_token, login_with

READS = sorted(
    (route for route in control_plane.served("identity").routes if route.method == "GET"),
    key=lambda route: route.path,
)
PLACES = {"domain_id": "default", "group": "ldap", "option": "url"}


async def test_every_answer_depends_on_the_token(keystone: Keystone) -> None:
    admin = await keystone.token()
    for path in ("", "/users", "/users/absent", "/auth/tokens", "/roles", "/domains/default"):
        for headers in ({}, {"X-Auth-Token": admin}, {"X-Auth-Token": "nonsense"}):
            answer = await keystone.cloud.http.get(V3 + path, headers=headers)
            assert answer.headers["Vary"] == "X-Auth-Token", (path, headers)


async def test_without_a_subject_there_is_no_token(keystone: Keystone) -> None:
    admin = await keystone.token()
    for method in ("GET", "DELETE"):
        answer = await keystone.call(admin, method, "/auth/tokens")
        assert answer.status_code == 404
        assert answer.json()["error"]["message"] == "No token in the request"
    assert (await keystone.call(admin, "HEAD", "/auth/tokens")).status_code == 404


async def test_a_token_that_has_ended_cannot_be_found(keystone: Keystone) -> None:
    ended = await keystone.token("member")
    await keystone.call(ended, "DELETE", "/auth/tokens", **{"X-Subject-Token": ended})
    for token in (ended, "nonsense"):
        answer = await login_with(keystone, by_token(token))
        assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Failed to validate token")


async def test_an_unknown_method_is_told_the_known_ones(keystone: Keystone) -> None:
    answer = await login_with(keystone, {"methods": ["magic"], "magic": {}})
    assert answer.status_code == 401
    assert {"password", "token", "totp"} <= set(answer.json()["error"]["identity"]["methods"])


async def test_an_application_credential_that_is_not_there(keystone: Keystone) -> None:
    by_id = {"id": "absent", "secret": "x"}
    answer = await login_with(
        keystone, {"methods": ["application_credential"], "application_credential": by_id}
    )
    assert answer.json()["error"]["message"] == "Could not find Application Credential: absent."
    assert answer.status_code == 404
    by_name = {"name": "absent", "secret": "x", "user": {"id": keystone.ids["member"]}}
    answer = await login_with(
        keystone, {"methods": ["application_credential"], "application_credential": by_name}
    )
    assert answer.status_code == 401


async def test_what_is_no_list_has_no_next_page(keystone: Keystone) -> None:
    admin = await keystone.token()
    role = keystone.ids["role:member"]
    for path in ("/auth/catalog", "/auth/system", f"/roles/{role}/implies"):
        answer = (await keystone.call(admin, "GET", path)).json()
        assert answer["links"] == {"self": f"http://cloud.test{V3}{path}"}
    assert "links" not in (await keystone.call(admin, "GET", "/role_inferences")).json()


@pytest.mark.parametrize(
    ("kind", "collection", "wrong"),
    [
        ("user", "users", {"name": 5}),
        ("group", "groups", {"name": 5}),
        ("role", "roles", {"name": 5}),
        ("domain", "domains", {"name": 5}),
        ("project", "projects", {"name": 5}),
        ("region", "regions", {"description": 5}),
        ("service", "services", {"type": 5}),
        ("endpoint", "endpoints", {"url": 5}),
        ("policy", "policies", {"type": 5}),
        ("credential", "credentials", {"blob": 5}),
    ],
)
async def test_a_bad_change_is_told_before_what_is_absent(
    keystone: Keystone, kind: str, collection: str, wrong: dict[str, Any]
) -> None:
    admin = await keystone.token()
    path = f"/{collection}/absent"
    assert (await keystone.call(admin, "PATCH", path, {kind: wrong})).status_code == 400
    if kind not in ("project", "credential"):
        assert (await keystone.call(admin, "PATCH", path, {kind: {}})).status_code == 400
    assert (await keystone.call(admin, "PATCH", path, {kind: {"extra": "x"}})).status_code == 404


async def test_what_we_do_not_know_may_be_null(keystone: Keystone) -> None:
    admin = await keystone.token()
    path = f"/users/{keystone.ids['member']}"
    for value in ("a", None):
        changed = await keystone.call(admin, "PATCH", path, {"user": {"mine": value}})
        assert changed.json()["user"]["mine"] == value


@pytest.mark.parametrize(
    ("url", "is_fine"),
    [
        ("http://x/$(tenant_id)s/%(user_id)s", True),
        ("http://x/$(project_id)s", True),
        ("http://x/100%%", True),
        ("http://x/$(nonsense)s", False),
        ("http://x/$(project_id)", False),
        ("http://x/%(foo", False),
        ("http://x/%zz", False),
    ],
)
def test_urls_that_no_token_fills_in(url: str, is_fine: bool) -> None:
    assert is_fillable(url) is is_fine


async def test_such_an_endpoint_is_refused(keystone: Keystone) -> None:
    admin = await keystone.token()
    made = await keystone.call(admin, "POST", "/services", {"service": {"type": "x"}})
    endpoint = {"service_id": made.json()["service"]["id"], "interface": "public", "url": "http://x/%(y)s"}
    refused = await keystone.call(admin, "POST", "/endpoints", {"endpoint": endpoint})
    assert refused.status_code == 400
    assert (await keystone.call(admin, "GET", "/endpoints?interface=bad")).status_code == 400
    assert (await keystone.call(admin, "GET", "/endpoints?interface=admin")).status_code == 200


async def test_effective_assignments_of_a_domain_are_not_inherited(keystone: Keystone) -> None:
    admin = await keystone.token()
    query = "effective&scope.OS-INHERIT:inherited_to=projects&scope.domain.id=default"
    answer = await keystone.call(admin, "GET", f"/role_assignments?{query}")
    assert answer.status_code == 400


async def test_roles_that_an_application_credential_cannot_have(keystone: Keystone) -> None:
    member = await keystone.token("member", {"project": {"id": keystone.ids["demo"]}})
    path = f"/users/{keystone.ids['member']}/application_credentials"
    for role, status in (({"name": "absent"}, 404), ({"name": "admin"}, 400), ({"id": "absent"}, 400)):
        new = {"application_credential": {"name": "x", "roles": [role]}}
        assert (await keystone.call(member, "POST", path, new)).status_code == status


def _path(keystone: Keystone, route: Route) -> str:
    path = route.path
    for name, value in {**PLACES, "user_id": keystone.ids["admin"]}.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{", "").replace("}", "")


async def test_what_can_be_read_can_be_asked_about(keystone: Keystone) -> None:
    """HEAD is answered as GET is, without a body; checks, which have a status of their own, agree."""
    admin = await keystone.token()
    headers = {"X-Auth-Token": admin, "X-Subject-Token": admin}
    assert len(READS) > 100
    for route in READS:
        path = f"/identity{_path(keystone, route)}"
        read = await keystone.cloud.http.get(path, headers=headers)
        asked = await keystone.cloud.http.head(path, headers=headers)
        assert asked.content == b"", path
        assert asked.status_code == read.status_code or (asked.status_code, read.status_code) == (204, 200), (
            path
        )
        assert asked.status_code < 500, path


async def test_passwords_are_in_no_answer(keystone: Keystone) -> None:
    admin = await keystone.token()
    for path in ("/users", f"/users/{keystone.ids['member']}", "/users?name=member"):
        text = (await keystone.call(admin, "GET", path)).text
        assert PASSWORD not in text
        assert "argon2" not in text

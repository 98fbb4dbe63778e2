"""Every change of identity is in the log of events, and no secret is in any log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import structlog

from haneul.control_plane import served
from haneul.kernel import log
from haneul.kernel.events import EVENTS
from haneul.services.identity.api.audit import VERBS, action_of
from tests.services.identity.conftest import PASSWORD, V3, Keystone, project


async def changes(keystone: Keystone) -> list[dict[str, Any]]:
    async with keystone.cloud.platform.reading() as ctx:
        found = await EVENTS.find(ctx.tx, kind="identity.changed")
    return [each.payload for each in sorted(found, key=lambda each: each.at)]


async def test_a_life_of_a_user_is_told(keystone: Keystone) -> None:
    admin = await keystone.token()
    user = {"user": {"name": "u", "password": "very secret"}}
    id = (await keystone.call(admin, "POST", "/users", user)).json()["user"]["id"]
    await keystone.call(admin, "PATCH", f"/users/{id}", {"user": {"description": "d"}})
    role = keystone.ids["role:member"]
    await keystone.call(admin, "PUT", f"/projects/{keystone.ids['demo']}/users/{id}/roles/{role}")
    body = {"user": {"original_password": "very secret", "password": "other secret"}}
    await keystone.cloud.http.post(f"{V3}/users/{id}/password", json=body)
    await keystone.call(admin, "DELETE", f"/users/{id}")
    told = await changes(keystone)
    assert [each["action"] for each in told] == [
        "created.user",
        "updated.user",
        "created.role_assignment",
        "updated.user",
        "deleted.user",
    ]
    assert {each["target_id"] for each in told if each["action"].endswith(".user")} == {id}
    assert told[0]["target"]["typeURI"] == "data/security/account/user"
    assert told[0]["initiator"]["id"] == keystone.ids["admin"]
    assert told[2]["target"]["related"] == {
        "project_id": keystone.ids["demo"],
        "user_id": id,
        "role_id": role,
    }
    assert "secret" not in str(told)


async def test_what_fails_is_not_told(keystone: Keystone) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    user = {"user": {"name": "member"}}
    assert (await keystone.call(admin, "POST", "/users", user)).status_code == 409
    assert (await keystone.call(member, "POST", "/users", user)).status_code == 403
    assert (await keystone.call(admin, "DELETE", "/roles/nope")).status_code == 404
    assert await changes(keystone) == []


def test_every_change_has_a_name() -> None:
    named = {action_of(route) for route in served("identity").routes if route.method in VERBS}
    for expected in (
        ("created", "domain"),
        ("updated", "project"),
        ("deleted", "group_user"),
        ("created", "role_assignment"),
        ("updated", "registered_limit"),
        ("deleted", "policy"),
        ("updated", "domain_config"),
        ("deleted", "endpoint_group"),
    ):
        assert expected in named


async def test_no_secret_is_logged(
    keystone: Keystone, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    access: list[str] = []
    monkeypatch.setattr(log, "_write", access.append)
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as entries:
        token = await keystone.token("member", project("demo"))
        await keystone.login("member", "a wrong secret")
        body = {"user": {"original_password": PASSWORD, "password": "a new secret"}}
        await keystone.cloud.http.post(f"{V3}/users/{keystone.ids['member']}/password", json=body)
        admin = await keystone.token()
        await keystone.call(admin, "GET", "/auth/tokens", **{"X-Subject-Token": token})
        made = await keystone.call(
            admin, "POST", "/users", {"user": {"name": "u", "password": "secret three"}}
        )
        ldap = {"config": {"ldap": {"url": "ldap://x", "password": "secret four"}}}
        await keystone.call(admin, "PUT", "/domains/default/config", ldap)
        credential = {"name": "c", "secret": "secret five"}
        path = f"/users/{keystone.ids['admin']}/application_credentials"
        app = await keystone.call(admin, "POST", path, {"application_credential": credential})
        await keystone.cloud.http.post(f"{V3}/auth/tokens", content=b'{"auth": {"password": "secret six"')
    assert (made.status_code, app.status_code) == (201, 201)
    log.write_answered()
    logged = f"{''.join(access)}{entries}{caplog.text}"
    assert '"access":"POST"' in logged
    for secret in (PASSWORD, "secret", token, admin):
        assert secret not in logged

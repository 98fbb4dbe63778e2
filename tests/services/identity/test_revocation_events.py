"""/OS-REVOKE/events says what ended tokens, in the words that clients know."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.services.identity.model import revocations
from haneul.services.identity.model.revocations import described
from tests.services.identity.conftest import SYSTEM, Keystone

EVENTS = "/OS-REVOKE/events"


async def events(keystone: Keystone, token: str, query: str = "") -> list[dict[str, Any]]:
    answer = await keystone.call(token, "GET", EVENTS + query)
    assert answer.status_code == 200, answer.text
    links = {"next": None, "self": "http://cloud.test/identity/v3/OS-REVOKE/events", "previous": None}
    assert answer.json()["links"] == links
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


async def test_what_was_revoked_is_listed(keystone: Keystone) -> None:
    admin = await keystone.token()
    assert await events(keystone, admin) == []
    theirs = await keystone.token("member")
    [audit_id, *_] = (
        await keystone.call(theirs, "GET", "/auth/tokens", **{"X-Subject-Token": theirs})
    ).json()["token"]["audit_ids"]
    ended = await keystone.call(theirs, "DELETE", "/auth/tokens", **{"X-Subject-Token": theirs})
    assert ended.status_code == 204
    demo, member, role = keystone.ids["demo"], keystone.ids["member"], keystone.ids["role:member"]
    grant = f"users/{member}/roles/{role}"
    await keystone.call(admin, "DELETE", f"/projects/{demo}/{grant}")
    await keystone.call(admin, "PUT", f"/domains/default/{grant}")
    await keystone.call(admin, "DELETE", f"/domains/default/{grant}")
    await keystone.call(admin, "PATCH", f"/projects/{demo}", {"project": {"enabled": False}})
    await keystone.call(admin, "DELETE", f"/users/{member}")
    found = await events(keystone, admin)
    assert all(each.pop("issued_before") == each.pop("revoked_at") for each in found)
    assert found == [
        {"audit_id": audit_id},
        {"user_id": member, "project_id": demo},
        {"user_id": member, "domain_id": "default"},
        {"project_id": demo},
        {"user_id": member},
    ]


async def test_only_what_came_later_is_asked_for(keystone: Keystone) -> None:
    admin = await keystone.token()
    for name in ("member", "reader"):
        await keystone.call(admin, "PATCH", f"/users/{keystone.ids[name]}", {"user": {"enabled": False}})
    first, second = await events(keystone, admin)
    assert await events(keystone, admin, f"?since={first['revoked_at']}") == [second]
    assert await events(keystone, admin, "?since=2020-01-01T00:00:00") == [first, second]
    assert await events(keystone, admin, "?since=") == [first, second]
    assert await events(keystone, admin, "?since=2090-01-01T01:00:00%2B01:00") == []
    wrong = await keystone.call(admin, "GET", f"{EVENTS}?since=nonsense")
    assert wrong.status_code == 400
    assert wrong.json()["error"]["message"] == "invalidate date format nonsense"


async def test_admins_may_read_them(keystone: Keystone) -> None:
    for scope in (None, SYSTEM):
        assert await events(keystone, await keystone.token(scope=scope)) == []
    for name in ("member", "reader"):
        assert (await keystone.call(await keystone.token(name), "GET", EVENTS)).status_code == 403
    head = await keystone.call(await keystone.token(), "HEAD", EVENTS)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        (revocations.of_domain("d"), {"domain_id": "d"}),
        (revocations.of_role("r"), {"role_id": "r"}),
        (revocations.of_trust("t"), {"OS-TRUST:trust_id": "t"}),
        (revocations.of_access_token("a"), {"OS-OAUTH1:access_token_id": "a"}),
        (revocations.of_application_credential("c"), {"application_credential_id": "c"}),
        (revocations.of_group("g"), {"group_id": "g"}),
        (revocations.of_identity_provider("i"), {"identity_provider_id": "i"}),
        (revocations.of_protocol("i", "p"), {"identity_provider_id": "i", "protocol_id": "p"}),
        (revocations.of_grant("u", "system"), {"user_id": "u", "system": "all"}),
    ],
)
def test_every_reason_has_its_fields(key: str, fields: dict[str, str]) -> None:
    assert described(key) == fields

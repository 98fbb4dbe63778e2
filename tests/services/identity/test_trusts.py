"""Lending roles to others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.services.identity.conftest import Keystone, by_password, by_token, login_with

PATH = "/OS-TRUST/trusts"


async def ask(keystone: Keystone, token: str, **wanted: Any) -> httpx.Response:
    """member lends its role in demo to reader."""
    body = {
        "trustor_user_id": keystone.ids["member"],
        "trustee_user_id": keystone.ids["reader"],
        "impersonation": False,
        "project_id": keystone.ids["demo"],
        "roles": [{"name": "member"}],
        **wanted,
    }
    return await keystone.call(token, "POST", PATH, {"trust": body})


async def lent(keystone: Keystone, token: str, **wanted: Any) -> dict[str, Any]:
    answer = await ask(keystone, token, **wanted)
    assert answer.status_code == 201, answer.text
    trust: dict[str, Any] = answer.json()["trust"]
    return trust


async def use(keystone: Keystone, trust: dict[str, Any], name: str = "reader") -> httpx.Response:
    return await login_with(keystone, by_password(keystone, name), {"OS-TRUST:trust": {"id": trust["id"]}})


async def token_of(keystone: Keystone, trust: dict[str, Any], name: str = "reader") -> str:
    answer = await use(keystone, trust, name)
    assert answer.status_code == 201, answer.text
    return answer.headers["X-Subject-Token"]


async def holds(keystone: Keystone, token: str) -> bool:
    return (await keystone.call(token, "GET", "/auth/projects")).status_code == 200


@pytest.mark.parametrize("impersonation", [True, False])
async def test_a_token_by_a_trust(keystone: Keystone, impersonation: bool) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    trust = await lent(keystone, member, impersonation=impersonation, expires_at="2999-01-01T00:00:00Z")
    token = (await use(keystone, trust)).json()["token"]
    assert token["user"]["id"] == ids["member" if impersonation else "reader"]
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert token["project"]["id"] == ids["demo"]
    assert token["OS-TRUST:trust"] == {
        "id": trust["id"],
        "trustor_user": {"id": ids["member"]},
        "trustee_user": {"id": ids["reader"]},
        "impersonation": impersonation,
    }
    assert (await use(keystone, trust, "member")).status_code == 403
    scope = {"OS-TRUST:trust": {"id": trust["id"]}}
    reader = await keystone.token("reader")
    again = await login_with(keystone, by_token(reader), scope)
    assert again.json()["token"]["methods"] == ["token", "password"]
    assert (await login_with(keystone, by_token(again.headers["X-Subject-Token"]))).status_code == 403
    assert (await login_with(keystone, by_token(reader), {"OS-TRUST:trust": {}})).status_code == 400
    assert (await login_with(keystone, by_token(reader), {"OS-TRUST:trust": {"id": "x"}})).status_code == 401


async def test_trusts_are_seen_by_those_whom_they_concern(keystone: Keystone) -> None:
    member, reader, ids = await keystone.token("member"), await keystone.token("reader"), keystone.ids
    await keystone.person("stranger", "member")
    stranger, admin = await keystone.token("stranger"), await keystone.token()
    trust = await lent(keystone, member)
    one, role = f"{PATH}/{trust['id']}", ids["role:member"]
    for token in (member, reader, admin):
        shown = (await keystone.call(token, "GET", one)).json()["trust"]
        assert shown == trust
        assert (await keystone.call(token, "GET", f"{one}/roles")).json()["roles"] == trust["roles"]
        assert (await keystone.call(token, "HEAD", f"{one}/roles/{role}")).status_code == 200
        missing = await keystone.call(token, "GET", f"{one}/roles/{ids['role:admin']}")
        assert missing.status_code == 404
    for path in (one, f"{one}/roles", f"{one}/roles/{role}", PATH):
        assert (await keystone.call(stranger, "GET", path)).status_code == 403
    of_trustor, of_trustee = f"trustor_user_id={ids['member']}", f"trustee_user_id={ids['reader']}"
    for token, query, status in (
        (member, of_trustor, 200),
        (member, of_trustee, 403),
        (member, f"{of_trustor}&{of_trustee}", 200),
        (reader, of_trustee, 200),
        (reader, f"{of_trustor}&{of_trustee}", 403),
        (member, "", 403),
        (admin, "", 200),
    ):
        answer = await keystone.call(token, "GET", f"{PATH}?{query}")
        assert answer.status_code == status, query
        if status == 200:
            assert [each["id"] for each in answer.json()["trusts"]] == [trust["id"]]
            assert "roles" not in answer.json()["trusts"][0]
    assert (await keystone.call(reader, "DELETE", one)).status_code == 403
    assert (await keystone.call(member, "DELETE", one)).status_code == 204
    assert (await keystone.call(member, "GET", one)).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"roles": [{"name": "admin"}]}, 404),
        ({"roles": [{"name": "nope"}]}, 404),
        ({"roles": [{"id": "nope"}]}, 404),
        ({"roles": [{}]}, 400),
        ({"roles": []}, 403),
        ({"project_id": None}, 404),
        ({"project_id": None, "roles": []}, 201),
        ({"project_id": "nope"}, 404),
        ({"trustee_user_id": "nope"}, 404),
        ({"trustor_user_id": "somebody else"}, 403),
        ({"impersonation": "yes"}, 400),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400),
        ({"expires_at": "tomorrow"}, 400),
        ({"remaining_uses": 0}, 400),
        ({"remaining_uses": "1"}, 400),
        ({"remaining_uses": 2**40}, 400),
        ({"allow_redelegation": True, "remaining_uses": 1}, 400),
        ({"allow_redelegation": True, "redelegation_count": 9}, 403),
    ],
)
async def test_what_can_be_lent(keystone: Keystone, wanted: dict[str, Any], status: int) -> None:
    member = await keystone.token("member")
    answer = await ask(keystone, member, **wanted)
    assert answer.status_code == status, answer.text
    listed = await keystone.call(member, "GET", f"{PATH}?trustor_user_id={keystone.ids['member']}")
    assert len(listed.json()["trusts"]) == (status == 201)


async def test_a_trust_is_used_only_so_often(keystone: Keystone) -> None:
    member = await keystone.token("member")
    trust = await lent(keystone, member, remaining_uses=2)
    assert (await use(keystone, trust)).status_code == 201
    one = f"{PATH}/{trust['id']}"
    assert (await keystone.call(member, "GET", one)).json()["trust"]["remaining_uses"] == 1
    last = await token_of(keystone, trust)
    assert (await use(keystone, trust)).status_code == 401
    assert (await keystone.call(member, "GET", one)).status_code == 404
    assert await holds(keystone, last)


async def test_lending_on_what_was_lent(keystone: Keystone) -> None:
    await keystone.person("third", "reader")
    member, third = await keystone.token("member"), keystone.ids["third"]
    end = "2999-01-01T00:00:00.000000Z"
    plain = await token_of(keystone, await lent(keystone, member, impersonation=True))
    more: dict[str, Any] = {"trustee_user_id": third, "impersonation": True}
    assert (await ask(keystone, plain, **more)).status_code == 403
    trust = await lent(
        keystone, member, impersonation=True, allow_redelegation=True, redelegation_count=2, expires_at=end
    )
    token = await token_of(keystone, trust)
    for refused in (
        {"allow_redelegation": True, "redelegation_count": 2},
        {"expires_at": "2999-01-02T00:00:00Z"},
        {"remaining_uses": 1},
        {"roles": [{"name": "reader"}]},
    ):
        assert (await ask(keystone, token, **more, **refused)).status_code == 403, refused
    child = await lent(keystone, token, **more, allow_redelegation=True)
    assert child["redelegated_trust_id"] == trust["id"]
    assert (child["redelegation_count"], child["expires_at"]) == (1, end)
    assert (await ask(keystone, token, **more)).status_code == 409
    grandchild = await token_of(keystone, child, "third")
    path = f"{PATH}/{trust['id']}"
    assert (await keystone.call(member, "DELETE", path)).status_code == 204
    assert not await holds(keystone, grandchild)
    assert (await keystone.call(member, "GET", f"{PATH}/{child['id']}")).status_code == 404


async def _take_role(keystone: Keystone, admin: str) -> None:
    ids = keystone.ids
    path = f"/projects/{ids['demo']}/users/{ids['member']}/roles/{ids['role:member']}"
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204


async def _delete_trustor(keystone: Keystone, admin: str) -> None:
    assert (await keystone.call(admin, "DELETE", f"/users/{keystone.ids['member']}")).status_code == 204


async def _delete_trustee(keystone: Keystone, admin: str) -> None:
    assert (await keystone.call(admin, "DELETE", f"/users/{keystone.ids['reader']}")).status_code == 204


async def _disable_trustor(keystone: Keystone, admin: str) -> None:
    path = f"/users/{keystone.ids['member']}"
    assert (await keystone.call(admin, "PATCH", path, {"user": {"enabled": False}})).status_code == 200


async def _delete_project(keystone: Keystone, admin: str) -> None:
    assert (await keystone.call(admin, "DELETE", f"/projects/{keystone.ids['demo']}")).status_code == 204


@pytest.mark.parametrize("impersonation", [True, False])
@pytest.mark.parametrize(
    ("end", "stays"),
    [
        (_take_role, True),
        (_disable_trustor, True),
        (_delete_trustor, False),
        (_delete_trustee, False),
        (_delete_project, False),
    ],
)
async def test_what_ends_a_trust(keystone: Keystone, impersonation: bool, end: Any, stays: bool) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    trust = await lent(keystone, member, impersonation=impersonation)
    token = await token_of(keystone, trust)
    await end(keystone, admin)
    assert not await holds(keystone, token)
    assert (await use(keystone, trust)).status_code in (401, 403)
    shown = await keystone.call(admin, "GET", f"{PATH}/{trust['id']}")
    assert shown.status_code == (200 if stays else 404)


async def test_a_lent_token_lends_nothing_else(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    token = await token_of(keystone, await lent(keystone, member, impersonation=True))
    credential = {"application_credential": {"name": "x"}}
    path = f"/users/{ids['member']}/application_credentials"
    assert (await keystone.call(token, "POST", path, credential)).status_code == 403
    made = (await keystone.call(member, "POST", path, credential)).json()["application_credential"]
    proof = {"id": made["id"], "secret": made["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": proof}
    by_credential = (await login_with(keystone, identity)).headers["X-Subject-Token"]
    assert (await ask(keystone, by_credential)).status_code == 403

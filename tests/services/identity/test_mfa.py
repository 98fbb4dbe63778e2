"""Codes that change, and users who must prove themselves in more than one way."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import Any

import pytest

from haneul.services.identity.model.receipts import required_methods
from tests.services.identity.conftest import (
    PASSWORD,
    V3,
    Keystone,
    by_password,
    by_token,
    login_with,
    project,
)

SECRET = b"12345678901234567890"
RECEIPT = "Openstack-Auth-Receipt"


class Later:
    """The clock, some half minutes ahead: no code is of any use twice."""

    def __init__(self, keystone: Keystone) -> None:
        self._clock = keystone.cloud.platform.clock
        self._ahead = timedelta()
        keystone.cloud.platform.clock = self  # type: ignore[assignment]

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def next_code(self) -> None:
        self._ahead += timedelta(seconds=30)


def code(keystone: Keystone, steps: int = 0) -> str:
    """The code of RFC 6238, so many steps of half a minute from now."""
    step = int(keystone.cloud.platform.clock.now().timestamp()) // 30 + steps
    mac = hmac.new(SECRET, step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = mac[-1] & 15
    return f"{(int.from_bytes(mac[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def by_code(keystone: Keystone, passcode: str, name: str = "member") -> dict[str, Any]:
    user = {"id": keystone.ids[name], "passcode": passcode}
    return {"methods": ["totp"], "totp": {"user": user}}


async def with_secret(keystone: Keystone, blob: str = base64.b32encode(SECRET).decode()) -> None:
    body = {"credential": {"type": "totp", "blob": blob}}
    member = await keystone.token("member")
    assert (await keystone.call(member, "POST", "/credentials", body)).status_code == 201


async def with_rules(keystone: Keystone, *rules: list[str]) -> None:
    options = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": list(rules)}
    path = f"/users/{keystone.ids['member']}"
    answer = await keystone.call(await keystone.token(), "PATCH", path, {"user": {"options": options}})
    assert answer.status_code == 200, answer.text


async def test_the_code_of_now_and_the_one_before_let_in(keystone: Keystone) -> None:
    assert (await login_with(keystone, by_code(keystone, code(keystone)))).status_code == 401
    await with_secret(keystone, "not base 32!")
    await with_secret(keystone)
    for steps, status in ((0, 201), (-1, 201), (-2, 401), (1, 401)):
        answer = await login_with(keystone, by_code(keystone, code(keystone, steps)), project("demo"))
        assert answer.status_code == status, steps
        if status == 201:
            assert answer.json()["token"]["methods"] == ["totp"]
    for wrong in ("", "é", "12345"):
        assert (await login_with(keystone, by_code(keystone, wrong))).status_code == 401
    assert (await login_with(keystone, by_code(keystone, code(keystone), "reader"))).status_code == 401
    nothing = {"methods": ["totp"], "totp": {"user": {"id": keystone.ids["member"]}}}
    assert (await login_with(keystone, nothing)).status_code == 400


async def test_more_than_one_proof(keystone: Keystone) -> None:
    later = Later(keystone)
    await with_secret(keystone)
    await with_rules(keystone, ["password", "totp"], ["token", "totp"])
    first = await login_with(keystone, by_password(keystone, "member"), project("demo"))
    assert first.status_code == 401
    body = first.json()
    assert body["required_auth_methods"] == [["password", "totp"], ["token", "totp"]]
    assert body["receipt"]["methods"] == ["password"]
    assert body["receipt"]["user"] == {
        "id": keystone.ids["member"],
        "name": "member",
        "domain": {"id": "default", "name": "Default"},
    }
    assert body["receipt"]["expires_at"] > body["receipt"]["issued_at"]
    receipt = {RECEIPT: first.headers[RECEIPT]}
    second = await login_with(keystone, by_code(keystone, code(keystone)), project("demo"), **receipt)
    assert second.status_code == 201
    assert sorted(second.json()["token"]["methods"]) == ["password", "totp"]
    token = second.headers["X-Subject-Token"]
    assert (await login_with(keystone, by_token(token), "unscoped")).status_code == 201
    later.next_code()
    both = {**by_password(keystone, "member"), **by_code(keystone, code(keystone))}
    both["methods"] = ["password", "totp"]
    assert (await login_with(keystone, both)).status_code == 201


async def test_a_receipt_is_no_token_and_no_proof_by_itself(keystone: Keystone) -> None:
    later = Later(keystone)
    await with_secret(keystone)
    await with_rules(keystone, ["password", "totp"])
    first = await login_with(keystone, by_password(keystone, "member"))
    text = first.headers[RECEIPT]
    assert (await keystone.call(text, "GET", "/auth/projects")).status_code == 401
    again = await login_with(keystone, by_password(keystone, "member"), **{RECEIPT: text})
    assert again.status_code == 401
    assert again.json()["receipt"]["methods"] == ["password"]
    for wrong in ("nonsense", await keystone.token(), text[:-4] + "AAAA"):
        answer = await login_with(keystone, by_code(keystone, code(keystone)), **{RECEIPT: wrong})
        assert answer.status_code == 401
        assert RECEIPT not in answer.headers
        later.next_code()
    others = await login_with(keystone, by_password(keystone, "reader"), **{RECEIPT: text})
    assert others.status_code == 401
    path = f"{V3}/users/{keystone.ids['member']}/password"
    change = {"user": {"original_password": PASSWORD, "password": "new"}}
    assert (await keystone.cloud.http.post(path, json=change)).status_code == 204
    late = await login_with(keystone, by_code(keystone, code(keystone)), **{RECEIPT: text})
    assert late.status_code == 401


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({}, []),
        ({"multi_factor_auth_rules": [["totp"]]}, []),
        ({"multi_factor_auth_enabled": True}, []),
        ({"multi_factor_auth_enabled": True, "multi_factor_auth_rules": "x"}, []),
        ({"multi_factor_auth_enabled": True, "multi_factor_auth_rules": ["x", ["totp", "fax"]]}, [["totp"]]),
    ],
)
def test_which_rules_count(options: dict[str, Any], rules: list[list[str]]) -> None:
    assert required_methods(options, {"totp", "password"}) == rules


@pytest.mark.parametrize(
    "options",
    [
        {"multi_factor_auth_enabled": "true"},
        {"multi_factor_auth_rules": "password"},
        {"multi_factor_auth_rules": ["password"]},
        {"multi_factor_auth_rules": [[]]},
        {"multi_factor_auth_rules": [[1]]},
        {"multi_factor_auth_rules": [["password", "password"]]},
        {"multi_factor_auth_rules": [["password"], ["password"]]},
        {"multi_factor": True},
    ],
)
async def test_rules_that_mean_nothing_are_refused(keystone: Keystone, options: dict[str, Any]) -> None:
    admin, path = await keystone.token(), f"/users/{keystone.ids['member']}"
    changed = await keystone.call(admin, "PATCH", path, {"user": {"options": options}})
    assert changed.status_code == 400
    assert next(iter(options)) in changed.json()["error"]["message"]
    made = await keystone.call(admin, "POST", "/users", {"user": {"name": "new", "options": options}})
    assert made.status_code == 400
    assert (await keystone.call(admin, "GET", path)).json()["user"]["options"] == {}


@pytest.mark.parametrize("rules", [[], [["password"], ["password", "totp"]], [["no such method"]]])
async def test_rules_are_kept_as_they_are_given(keystone: Keystone, rules: list[list[str]]) -> None:
    admin, path = await keystone.token(), f"/users/{keystone.ids['member']}"
    for given, kept in ((rules, {"multi_factor_auth_rules": rules}), (None, {})):
        body = {"user": {"options": {"multi_factor_auth_rules": given}}}
        assert (await keystone.call(admin, "PATCH", path, body)).json()["user"]["options"] == kept

"""Lockout, passwords that must be changed or may not, and not too many tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from haneul.services.identity.operations import login_safety
from tests.services.identity.conftest import PASSWORD, V3, Keystone, project


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = datetime(2027, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def pass_(self, **some: float) -> None:
        self.at += timedelta(**some)


Rules = Callable[..., Hands]


@pytest.fixture
def rules(keystone: Keystone) -> Rules:
    """Sets the installation's rules, and the clock that they are measured with."""

    def set_(section: str = "security_compliance", **options: Any) -> Hands:
        platform = keystone.cloud.platform
        platform.config["identity"] = {section: options}
        platform.clock = hands = Hands()  # type: ignore[assignment]
        return hands

    return set_


async def change_own(keystone: Keystone, name: str, original: str, new: str) -> httpx.Response:
    body = {"user": {"original_password": original, "password": new}}
    return await keystone.cloud.http.post(f"{V3}/users/{keystone.ids[name]}/password", json=body)


async def new_user(keystone: Keystone, name: str, password: str, **options: Any) -> httpx.Response:
    admin = await keystone.token()
    body = {"user": {"name": name, "password": password, "options": options}}
    made = await keystone.call(admin, "POST", "/users", body)
    if made.status_code == 201:
        keystone.ids[name] = made.json()["user"]["id"]
    return made


async def status(keystone: Keystone, name: str, password: str = PASSWORD) -> int:
    return (await keystone.login(name, password, "unscoped")).status_code


async def test_wrong_passwords_lock_a_user_out_for_a_while(keystone: Keystone, rules: Rules) -> None:
    clock = rules(lockout_failure_attempts=2, lockout_duration_s=60)
    assert [await status(keystone, "member", "x") for _ in range(2)] == [401, 401]
    locked = await keystone.login("member")
    assert locked.status_code == 401
    assert locked.json() == (await keystone.login("nobody")).json()
    assert (await change_own(keystone, "member", PASSWORD, "new")).status_code == 401
    assert await status(keystone, "reader") == 201
    clock.pass_(seconds=61)
    assert await status(keystone, "member") == 201
    assert [await status(keystone, "member", "x"), await status(keystone, "member")] == [401, 201]
    assert [await status(keystone, "member", "x"), await status(keystone, "member")] == [401, 201]


async def test_an_admin_unlocks_with_a_new_password(keystone: Keystone, rules: Rules) -> None:
    rules(lockout_failure_attempts=1, lockout_duration_s=None)
    assert [await status(keystone, "member", "x"), await status(keystone, "member")] == [401, 401]
    admin = await keystone.token()
    path = f"/users/{keystone.ids['member']}"
    await keystone.call(admin, "PATCH", path, {"user": {"password": "new"}})
    assert await status(keystone, "member", "new") == 201


async def test_some_are_exempt_from_lockout(keystone: Keystone, rules: Rules) -> None:
    rules(lockout_failure_attempts=1)
    await new_user(keystone, "robot", "secret", ignore_lockout_failure_attempts=True)
    assert [await status(keystone, "robot", "x") for _ in range(3)] == [401, 401, 401]
    assert await status(keystone, "robot", "secret") == 201


async def test_passwords_must_match(keystone: Keystone, rules: Rules) -> None:
    rules(password_regex="^.{8,}$", password_regex_description="eight or more")
    short = await new_user(keystone, "u", "short")
    assert short.status_code == 400
    assert short.json()["error"]["message"] == "The password does not match the requirements: eight or more."
    admin = await keystone.token()
    path = f"/users/{keystone.ids['member']}"
    assert (await keystone.call(admin, "PATCH", path, {"user": {"password": "x"}})).status_code == 400
    assert (await change_own(keystone, "member", PASSWORD, "x")).status_code == 400
    assert await status(keystone, "member") == 201


async def test_the_last_passwords_are_not_taken_again(keystone: Keystone, rules: Rules) -> None:
    clock = rules(unique_last_password_count=3)
    for old, new in ((PASSWORD, "one"), ("one", "two")):
        clock.pass_(seconds=1)
        assert (await change_own(keystone, "member", old, new)).status_code == 204
    for used in ("two", "one"):
        refused = await change_own(keystone, "member", "two", used)
        assert refused.status_code == 400
        assert "must be unique is 3" in refused.json()["error"]["message"]
    assert (await change_own(keystone, "member", "two", PASSWORD)).status_code == 204


async def test_a_password_must_be_used_before_it_is_changed(keystone: Keystone, rules: Rules) -> None:
    clock = rules(minimum_password_age_days=2)
    assert (await change_own(keystone, "member", PASSWORD, "one")).status_code == 204
    early = await change_own(keystone, "member", "one", "two")
    assert early.status_code == 400
    assert "must be used for 2 day(s)" in early.json()["error"]["message"]
    clock.pass_(days=2)
    assert (await change_own(keystone, "member", "one", "two")).status_code == 204


async def test_a_locked_password_is_changed_by_admins_only(keystone: Keystone, rules: Rules) -> None:
    rules()
    await new_user(keystone, "fixed", "secret", lock_password=True)
    assert (await change_own(keystone, "fixed", "secret", "other")).status_code == 400
    assert await status(keystone, "fixed", "secret") == 201


async def test_passwords_expire(keystone: Keystone, rules: Rules) -> None:
    clock = rules(password_expires_days=5)
    made = (await new_user(keystone, "old", "secret")).json()["user"]
    assert made["password_expires_at"] == "2027-03-06T12:00:00.000000"
    token = (await keystone.login("old", "secret")).json()["token"]
    assert token["user"]["password_expires_at"] == made["password_expires_at"]
    await new_user(keystone, "robot", "secret", ignore_password_expiry=True)
    clock.pass_(days=5)
    admin = await keystone.token()
    soon = "/users?password_expires_at=lt:2027-03-07T00:00:00Z"
    assert [u["name"] for u in (await keystone.call(admin, "GET", soon)).json()["users"]] == ["old"]
    for bad in ("bad:2027-03-07T00:00:00Z", "lt:tomorrow"):
        found = await keystone.call(admin, "GET", f"/users?password_expires_at={bad}")
        assert found.status_code == 400
    expired = await keystone.login("old", "secret")
    assert expired.status_code == 401
    assert expired.json()["error"]["message"].startswith("The password is expired and needs to be changed")
    assert (await keystone.login("old", "wrong")).json() == (await keystone.login("nobody")).json()
    assert await status(keystone, "robot", "secret") == 201
    assert (await change_own(keystone, "old", "secret", "fresh")).status_code == 204
    assert await status(keystone, "old", "fresh") == 201


async def test_what_others_chose_is_changed_at_first_use(keystone: Keystone, rules: Rules) -> None:
    rules(change_password_upon_first_use=True, minimum_password_age_days=1)
    await new_user(keystone, "fresh", "secret")
    await new_user(keystone, "robot", "secret", ignore_change_password_upon_first_use=True)
    assert [await status(keystone, name, "secret") for name in ("fresh", "robot")] == [401, 201]
    assert (await change_own(keystone, "fresh", "secret", "mine")).status_code == 204
    assert await status(keystone, "fresh", "mine") == 201


async def test_who_does_not_come_is_disabled(keystone: Keystone, rules: Rules) -> None:
    rules()
    path, exempt = f"/users/{keystone.ids['admin']}", {"options": {"ignore_user_inactivity": True}}
    await keystone.call(await keystone.token(), "PATCH", path, {"user": exempt})
    clock = rules(disable_user_account_days_inactive=30)
    await new_user(keystone, "idle", "secret")
    await new_user(keystone, "robot", "secret", ignore_user_inactivity=True)
    clock.pass_(days=31)
    assert [await status(keystone, name, "secret") for name in ("idle", "robot")] == [401, 201]
    async with keystone.cloud.platform.reading() as ctx:
        assert await login_safety.disable_inactive(ctx) == 1
    admin = await keystone.token("admin")
    path = f"/users/{keystone.ids['idle']}"
    assert (await keystone.call(admin, "GET", path)).json()["user"]["enabled"] is False
    await keystone.call(admin, "PATCH", path, {"user": {"enabled": True}})
    assert await status(keystone, "idle", "secret") == 201


async def test_tries_are_counted_for_known_and_unknown_alike(keystone: Keystone, rules: Rules) -> None:
    clock = rules("rate_limit", per_user=2, period_s=10)
    for name in ("member", "nobody"):
        assert [await status(keystone, name, "x") for _ in range(2)] == [401, 401]
        refused = await keystone.login(name)
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 10
    assert await status(keystone, "reader") == 201
    clock.pass_(seconds=10)
    assert await status(keystone, "member") == 201


async def test_tries_are_counted_by_address(keystone: Keystone, rules: Rules) -> None:
    rules("rate_limit", per_address=3)
    assert [await status(keystone, name) for name in ("member", "reader", "nobody")] == [201, 201, 401]
    refused = await keystone.login("admin", scope=project("admin"))
    assert refused.status_code == 429
    assert refused.json()["error"]["code"] == 429


@pytest.mark.parametrize("rule", [{}, {"lockout_failure_attempts": 3}])
async def test_refusals_take_the_same_work(
    keystone: Keystone, rules: Rules, monkeypatch: pytest.MonkeyPatch, rule: dict[str, int]
) -> None:
    rules(**rule)
    written: list[int] = []
    database = keystone.cloud.platform.db
    kinds: list[str] = []

    def counted(kind: str, original: Any) -> Any:
        def begin() -> Any:
            kinds.append(kind)
            return original()

        return begin

    for kind in ("reading", "transaction"):
        monkeypatch.setattr(database, kind, counted(kind, getattr(database, kind)))
    for name in ("member", "nobody", "someone else"):
        kinds.clear()
        assert (await keystone.login(name, "wrong")).status_code == 401
        written.append(kinds.count("transaction"))
    assert len(set(written)) == 1

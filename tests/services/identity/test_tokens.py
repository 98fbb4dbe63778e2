"""Logging in, and what ends a token."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import bcrypt
import pytest
from msgspec.structs import replace

from haneul.kernel.db import Database
from haneul.kernel.errors import Unauthorized
from haneul.services.identity import public as identity
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import revocations
from haneul.services.identity.store.users import USERS
from tests.conftest import Cloud
from tests.services.identity.conftest import DOMAIN, PASSWORD, SYSTEM, V3, Keystone, project


async def holds(keystone: Keystone, token: str) -> bool:
    return (await keystone.call(token, "GET", "/auth/projects")).status_code == 200


async def test_a_password_gives_a_token_for_the_default_project(keystone: Keystone) -> None:
    answer = await keystone.login()
    token = answer.json()["token"]
    assert answer.status_code == 201
    assert token["project"]["name"] == "admin"
    assert token["methods"] == ["password"]
    assert {r["name"] for r in token["roles"]} == {"admin", "manager", "member", "reader"}
    [keystone_entry] = token["catalog"]
    assert {e["interface"] for e in keystone_entry["endpoints"]} == {"public", "internal", "admin"}
    assert token["expires_at"] > token["issued_at"]


@pytest.mark.parametrize(
    ("scope", "there", "absent"),
    [
        (project("admin"), "project", "system"),
        (SYSTEM, "system", "project"),
        ("unscoped", "user", "catalog"),
        ({"unscoped": {}}, "user", "roles"),
    ],
)
async def test_scopes(keystone: Keystone, scope: Any, there: str, absent: str) -> None:
    token = (await keystone.login(scope=scope)).json()["token"]
    assert there in token
    assert absent not in token


async def test_a_domain_is_a_scope_once_there_is_a_role_on_it(keystone: Keystone) -> None:
    assert (await keystone.login(scope=DOMAIN)).status_code == 401
    admin = await keystone.token()
    path = f"/domains/default/users/{keystone.ids['admin']}/roles/{keystone.ids['role:admin']}"
    assert (await keystone.call(admin, "PUT", path)).status_code == 204
    token = (await keystone.login(scope=DOMAIN)).json()["token"]
    assert token["domain"] == {"id": "default", "name": "Default"}


async def test_nocatalog_leaves_the_catalogue_out(keystone: Keystone) -> None:
    assert "catalog" not in (await keystone.login(nocatalog="")).json()["token"]


@pytest.mark.parametrize(("name", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("admin", "")])
async def test_wrong_names_and_passwords_look_the_same(keystone: Keystone, name: str, password: str) -> None:
    answer = await keystone.login(name, password)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "The request you have made requires authentication."


async def test_a_scope_without_a_role_is_refused(keystone: Keystone) -> None:
    assert (await keystone.login("member", scope=project("admin"))).status_code == 401
    assert (await keystone.login("member", scope=SYSTEM)).status_code == 401
    assert (await keystone.login("member", scope=project("nowhere"))).status_code == 401


async def test_a_token_gives_another_that_lasts_no_longer(keystone: Keystone) -> None:
    first = await keystone.login()
    identity_part = {"methods": ["token"], "token": {"id": first.headers["X-Subject-Token"]}}
    body = {"auth": {"identity": identity_part, "scope": SYSTEM}}
    second = await keystone.cloud.http.post(f"{V3}/auth/tokens", json=body)
    token, before = second.json()["token"], first.json()["token"]
    assert token["methods"] == ["token", "password"]
    assert token["expires_at"] == before["expires_at"]
    assert token["audit_ids"][1:] == before["audit_ids"]
    assert "system" in token


async def test_a_token_is_shown_as_it_was_issued(keystone: Keystone) -> None:
    answer = await keystone.login()
    token = answer.headers["X-Subject-Token"]
    for _ in range(2):  # the second comes from memory
        shown = await keystone.call(token, "GET", "/auth/tokens", **{"X-Subject-Token": token})
        assert shown.json() == answer.json()
        assert shown.headers["X-Subject-Token"] == token
    checked = await keystone.call(token, "HEAD", "/auth/tokens", **{"X-Subject-Token": token})
    assert (checked.status_code, checked.content) == (200, b"")


async def test_others_may_not_look_at_a_token(keystone: Keystone) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    for method in ("GET", "HEAD", "DELETE"):
        answer = await keystone.call(member, method, "/auth/tokens", **{"X-Subject-Token": admin})
        assert answer.status_code == 403
    assert await holds(keystone, admin)


async def test_an_unknown_token_is_not_found(keystone: Keystone) -> None:
    admin = await keystone.token()
    for nonsense in ("nonsense", "a.b.c", admin[:-4] + "AAAA"):
        answer = await keystone.call(admin, "GET", "/auth/tokens", **{"X-Subject-Token": nonsense})
        assert answer.status_code == 404
    assert (await keystone.call("nonsense", "GET", "/users")).status_code == 401


async def test_a_deleted_token_ends_at_once_and_others_do_not(keystone: Keystone) -> None:
    admin, other = await keystone.token(), await keystone.token()
    answer = await keystone.call(admin, "DELETE", "/auth/tokens", **{"X-Subject-Token": admin})
    assert answer.status_code == 204
    assert not await holds(keystone, admin)
    assert await holds(keystone, other)


async def test_revocations_survive_a_restart(keystone: Keystone) -> None:
    admin = await keystone.token()
    await keystone.call(admin, "DELETE", "/auth/tokens", **{"X-Subject-Token": admin})
    keystone.cloud.platform.drop(revocations._Index)  # what a process knows when it starts
    assert not await holds(keystone, admin)
    assert await holds(keystone, await keystone.token())


@pytest.mark.contended
async def test_revocations_are_in_force_in_every_process_at_once(keystone: Keystone) -> None:
    """Another process is another platform over the same, then shared, database."""
    here = keystone.cloud.platform
    there = dataclasses.replace(here, db=Shared(here.db))  # type: ignore[arg-type]
    admin, kept = await keystone.token(), await keystone.token()
    for token in (admin, kept):
        assert (await identity.authenticate(there, token)).user_id == keystone.ids["admin"]
    await keystone.call(kept, "DELETE", "/auth/tokens", **{"X-Subject-Token": admin})
    with pytest.raises(Unauthorized):
        await identity.authenticate(there, admin)
    assert (await identity.authenticate(there, kept)).user_id == keystone.ids["admin"]


class Shared:
    """A database to which other processes write too."""

    is_shared = True

    def __init__(self, db: Database) -> None:
        self._db = db

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


async def test_expired_tokens_are_shown_to_whoever_allows_for_it(keystone: Keystone) -> None:
    platform, admin = keystone.cloud.platform, await keystone.token()
    auth = await identity.authenticate(platform, await keystone.token("member"))
    for age, status in ((timedelta(hours=1), 200), (timedelta(days=3), 404)):
        past = platform.clock.now() - age
        issued, ended = time_text(past - timedelta(hours=1)), time_text(past)
        expired = identity.mint(platform, replace(auth, issued_at=issued, expires_at=ended))
        asked = {"X-Subject-Token": expired}
        for method in ("GET", "HEAD"):
            plain = await keystone.call(admin, method, "/auth/tokens", **asked)
            assert plain.status_code == 404
            allowed = await keystone.call(admin, method, "/auth/tokens?allow_expired=1", **asked)
            assert allowed.status_code == status
        assert not await holds(keystone, expired)


async def test_a_token_of_the_system_gives_none_for_a_project(keystone: Keystone) -> None:
    system = {"methods": ["token"], "token": {"id": await keystone.token(scope=SYSTEM)}}
    for scope, status in ((project("admin"), 403), (DOMAIN, 403), (None, 201), (SYSTEM, 201)):
        auth = {"identity": system} if scope is None else {"identity": system, "scope": scope}
        answer = await keystone.cloud.http.post(f"{V3}/auth/tokens", json={"auth": auth})
        assert answer.status_code == status, scope
        assert "project" not in answer.json().get("token", {})


async def test_a_changed_password_ends_all_tokens(keystone: Keystone) -> None:
    member = await keystone.token("member")
    path = f"{V3}/users/{keystone.ids['member']}/password"
    wrong = {"user": {"original_password": "wrong", "password": "new"}}
    assert (await keystone.cloud.http.post(path, json=wrong)).status_code == 401
    assert await holds(keystone, member)
    right = {"user": {"original_password": PASSWORD, "password": "new"}}
    assert (await keystone.cloud.http.post(path, json=right)).status_code == 204
    assert not await holds(keystone, member)
    assert (await keystone.login("member")).status_code == 401
    assert await holds(keystone, await keystone.token("member", password="new"))


async def _disable_user(keystone: Keystone, admin: str) -> None:
    path = f"/users/{keystone.ids['member']}"
    assert (await keystone.call(admin, "PATCH", path, {"user": {"enabled": False}})).status_code == 200


async def _delete_user(keystone: Keystone, admin: str) -> None:
    assert (await keystone.call(admin, "DELETE", f"/users/{keystone.ids['member']}")).status_code == 204


async def _disable_project(keystone: Keystone, admin: str) -> None:
    path = f"/projects/{keystone.ids['demo']}"
    assert (await keystone.call(admin, "PATCH", path, {"project": {"enabled": False}})).status_code == 200


async def _delete_project(keystone: Keystone, admin: str) -> None:
    assert (await keystone.call(admin, "DELETE", f"/projects/{keystone.ids['demo']}")).status_code == 204


async def _take_role(keystone: Keystone, admin: str) -> None:
    ids = keystone.ids
    path = f"/projects/{ids['demo']}/users/{ids['member']}/roles/{ids['role:member']}"
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204


@pytest.mark.parametrize("end", [_disable_user, _delete_user, _disable_project, _delete_project, _take_role])
async def test_what_ends_the_tokens_of_a_member(keystone: Keystone, end: Any) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    assert await holds(keystone, member)
    await end(keystone, admin)
    assert not await holds(keystone, member)
    assert (await keystone.login("member", scope=project("demo"))).status_code == 401
    assert await holds(keystone, admin)


async def test_bcrypt_hashes_are_accepted_and_replaced(keystone: Keystone) -> None:
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    async with keystone.cloud.platform.context() as ctx:
        user = await USERS.get(ctx.tx, keystone.ids["member"])
        assert user is not None
        await USERS.update(ctx.tx, replace(user, password_hash=old))
    assert (await keystone.login("member", "wrong")).status_code == 401
    assert (await keystone.login("member")).status_code == 201
    async with keystone.cloud.platform.reading() as ctx:
        user = await USERS.get(ctx.tx, keystone.ids["member"])
        assert user is not None and str(user.password_hash).startswith("$argon2id$")
    assert (await keystone.login("member")).status_code == 201


async def test_a_user_ends_all_their_tokens_and_nobody_elses(keystone: Keystone) -> None:
    mine, other, reader = [await keystone.token(name) for name in ("member", "member", "reader")]
    path = f"/users/{keystone.ids['member']}/tokens"
    assert (await keystone.call(reader, "DELETE", path)).status_code == 403
    assert (await keystone.call(reader, "DELETE", "/users/nobody/tokens")).status_code == 403
    assert await holds(keystone, mine)
    assert (await keystone.call(mine, "DELETE", path)).status_code == 204
    assert [await holds(keystone, each) for each in (mine, other, reader)] == [False, False, True]
    again, admin = await keystone.token("member"), await keystone.token()
    assert await holds(keystone, again)
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert [await holds(keystone, each) for each in (again, admin)] == [False, True]
    assert (await keystone.call(admin, "DELETE", "/users/nobody/tokens")).status_code == 404


async def test_bootstrap_may_run_again(keystone: Keystone) -> None:
    admin = await keystone.token()
    before = [(await keystone.call(admin, "GET", f"/{x}")).json() for x in ("users", "roles", "endpoints")]
    async with keystone.cloud.platform.context() as ctx:
        await identity.bootstrap(ctx, admin_password="another")
    after = [(await keystone.call(admin, "GET", f"/{x}")).json() for x in ("users", "roles", "endpoints")]
    assert before == after
    assert (await keystone.login()).status_code == 201


async def test_a_moved_service_gets_its_new_url(keystone: Keystone) -> None:
    for port in (1, 2):
        async with keystone.cloud.platform.context() as ctx:
            await identity.ensure_service(ctx, "image", "glance", f"http://there:{port}/image")
    catalog = (await keystone.login()).json()["token"]["catalog"]
    [image] = [entry for entry in catalog if entry["type"] == "image"]
    assert {e["url"] for e in image["endpoints"]} == {"http://there:2/image"}


async def test_versions_are_found(cloud: Cloud) -> None:
    root = await cloud.http.get("/identity")
    assert root.status_code == 300
    [version] = root.json()["versions"]["values"]
    assert version["id"] == "v3.14"
    assert version["links"][0]["href"] == "http://cloud.test/identity/v3/"
    assert (await cloud.http.get("/identity/v3/")).json()["version"] == version

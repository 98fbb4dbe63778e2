"""A program of somebody else's acts for whoever said yes (OAuth 1.0a)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from msgspec.structs import replace
from oauthlib.oauth1 import Client

from haneul.services.identity.commands import rotate_keys
from haneul.services.identity.operations.keys import SEALING
from haneul.services.identity.reconcilers.old_keys import drop_old_keys
from haneul.services.identity.reconcilers.old_oauth1_tokens import forget_old_oauth1_tokens
from haneul.services.identity.store.oauth1 import ACCESS_TOKENS, CONSUMERS, REQUEST_TOKENS
from tests.services.identity.conftest import V3, Keystone, by_token, login_with, project

OAUTH1: dict[str, Any] = {"methods": ["oauth1"], "oauth1": {}}


def form(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    assert answer.headers["Content-Type"] == "application/x-www-form-urlencoded"
    return dict(parse_qsl(answer.text))


async def consumer_of(keystone: Keystone) -> dict[str, Any]:
    admin = await keystone.token()
    answer = await keystone.call(
        admin, "POST", "/OS-OAUTH1/consumers", {"consumer": {"description": "robot"}}
    )
    assert answer.status_code == 201, answer.text
    consumer: dict[str, Any] = answer.json()["consumer"]
    return consumer


def signed(path: str, consumer: dict[str, Any], **more: Any) -> dict[str, str]:
    client = Client(consumer["id"], client_secret=consumer["secret"], **more)
    _, headers, _ = client.sign(f"http://cloud.test{V3}{path}", http_method="POST")
    return dict(headers)


async def ask(keystone: Keystone, consumer: dict[str, Any], project: str = "demo") -> httpx.Response:
    path = "/OS-OAUTH1/request_token"
    headers = signed(path, consumer, callback_uri="oob")
    headers["Requested-Project-Id"] = keystone.ids.get(project, project)
    return await keystone.cloud.http.post(V3 + path, headers=headers)


async def agree(keystone: Keystone, request: dict[str, str], role: str = "member") -> httpx.Response:
    admin, path = await keystone.token(), f"/OS-OAUTH1/authorize/{request['oauth_token']}"
    body = {"roles": [{"id": keystone.ids[f"role:{role}"]}]}
    return await keystone.call(admin, "PUT", path, body)


async def redeem(
    keystone: Keystone, consumer: dict[str, Any], request: dict[str, str], verifier: str
) -> httpx.Response:
    path = "/OS-OAUTH1/access_token"
    headers = signed(
        path,
        consumer,
        resource_owner_key=request["oauth_token"],
        resource_owner_secret=request["oauth_token_secret"],
        verifier=verifier,
    )
    return await keystone.cloud.http.post(V3 + path, headers=headers)


async def login(
    keystone: Keystone, consumer: dict[str, Any], access: dict[str, str], scope: Any = None
) -> httpx.Response:
    headers = signed(
        "/auth/tokens?nocatalog=",
        consumer,
        resource_owner_key=access["oauth_token"],
        resource_owner_secret=access["oauth_token_secret"],
    )
    return await login_with(keystone, OAUTH1, scope, **headers)


async def access_of(keystone: Keystone, consumer: dict[str, Any]) -> dict[str, str]:
    admin, ids = await keystone.token(), keystone.ids
    path = f"/projects/{ids['demo']}/users/{ids['admin']}/roles/{ids['role:member']}"
    assert (await keystone.call(admin, "PUT", path)).status_code == 204
    request = form(await ask(keystone, consumer))
    agreed = await agree(keystone, request)
    assert agreed.status_code == 200, agreed.text
    return form(await redeem(keystone, consumer, request, agreed.json()["token"]["oauth_verifier"]))


async def test_the_whole_walk(keystone: Keystone) -> None:
    consumer = await consumer_of(keystone)
    access = await access_of(keystone, consumer)
    answer = await login(keystone, consumer, access)
    assert answer.status_code == 201, answer.text
    token, ids = answer.json()["token"], keystone.ids
    assert token["methods"] == ["oauth1"]
    assert token["user"]["id"] == ids["admin"]
    assert token["project"]["id"] == ids["demo"]
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert token["OS-OAUTH1"] == {"access_token_id": access["oauth_token"], "consumer_id": consumer["id"]}
    text = answer.headers["X-Subject-Token"]
    assert (await keystone.call(text, "GET", "/auth/projects")).status_code == 200
    assert (await login_with(keystone, by_token(text))).status_code == 403
    assert (await login(keystone, consumer, access, project("admin"))).status_code == 401
    mine = f"/users/{ids['admin']}/OS-OAUTH1/access_tokens"
    one, role = f"{mine}/{access['oauth_token']}", ids["role:member"]
    admin = await keystone.token()
    [listed] = (await keystone.call(admin, "GET", mine)).json()["access_tokens"]
    assert listed["expires_at"] == access["oauth_expires_at"]
    assert (await keystone.call(admin, "GET", one)).json() == {"access_token": listed}
    roles = (await keystone.call(admin, "GET", f"{one}/roles")).json()["roles"]
    assert [each["id"] for each in roles] == [role]
    assert (await keystone.call(admin, "GET", f"{one}/roles/{role}")).json()["role"] == roles[0]
    assert (await keystone.call(admin, "GET", f"{one}/roles/x")).status_code == 404
    assert (await keystone.call(admin, "DELETE", one)).status_code == 204
    assert (await keystone.call(text, "GET", "/auth/projects")).status_code == 401
    assert (await login(keystone, consumer, access)).status_code == 404


async def test_what_a_consumer_cannot_do(keystone: Keystone) -> None:
    consumer = await consumer_of(keystone)
    thief = {**consumer, "secret": "guessed"}
    assert (await ask(keystone, thief)).status_code == 401
    assert (await ask(keystone, {"id": "nobody", "secret": "x"})).status_code == 404
    assert (await ask(keystone, consumer, "nowhere")).status_code == 404
    for headers in (
        {},
        {"Authorization": "OAuth"},
        {"Authorization": "OAuth nonsense"},
        {"Authorization": "Basic x"},
    ):
        headers = {**headers, "Requested-Project-Id": keystone.ids["demo"]}
        answer = await keystone.cloud.http.post(f"{V3}/OS-OAUTH1/request_token", headers=headers)
        assert answer.status_code in (400, 404), answer.text
    request = form(await ask(keystone, consumer))
    assert (await redeem(keystone, consumer, request, "abcdefgh")).status_code == 401
    assert (await redeem(keystone, consumer, request, "short")).status_code == 400
    assert (await agree(keystone, request, "service")).status_code == 401
    assert (await agree(keystone, {"oauth_token": "nope"})).status_code == 404
    access = await access_of(keystone, consumer)
    for wrong in ({**access, "oauth_token_secret": "x"}, {**access, "oauth_token": "x"}):
        assert (await login(keystone, consumer, wrong)).status_code in (401, 404)
    assert (await login(keystone, thief, access)).status_code == 401
    assert (await login_with(keystone, OAUTH1)).status_code == 400


async def test_a_verifier_is_used_once(keystone: Keystone) -> None:
    consumer = await consumer_of(keystone)
    await access_of(keystone, consumer)
    request = form(await ask(keystone, consumer))
    first = (await agree(keystone, request)).json()["token"]["oauth_verifier"]
    second = (await agree(keystone, request)).json()["token"]["oauth_verifier"]
    assert (await redeem(keystone, consumer, request, first)).status_code == 401
    assert (await redeem(keystone, consumer, request, second)).status_code == 201
    assert (await redeem(keystone, consumer, request, second)).status_code == 404


async def test_consumers(keystone: Keystone) -> None:
    admin, consumer = await keystone.token(), await consumer_of(keystone)
    path = f"/OS-OAUTH1/consumers/{consumer['id']}"
    shown = {name: value for name, value in consumer.items() if name != "secret"}
    assert (await keystone.call(admin, "GET", path)).json() == {"consumer": shown}
    assert (await keystone.call(admin, "GET", "/OS-OAUTH1/consumers")).json()["consumers"] == [shown]
    change = {"consumer": {"description": "another"}}
    assert (await keystone.call(admin, "PATCH", path, change)).json()["consumer"]["description"] == "another"
    assert (await keystone.call(admin, "PATCH", path, {"consumer": {"secret": "x"}})).status_code == 400
    member = await keystone.token("member")
    assert (await keystone.call(member, "GET", path)).status_code == 403
    access = await access_of(keystone, consumer)
    token = (await login(keystone, consumer, access)).headers["X-Subject-Token"]
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", path)).status_code == 404
    assert (await keystone.call(token, "GET", "/auth/projects")).status_code == 401


@pytest.mark.parametrize("what", ["/projects/demo", "/projects/demo/users/admin/roles/role:member"])
async def test_what_ends_what_a_consumer_was_let(keystone: Keystone, what: str) -> None:
    consumer = await consumer_of(keystone)
    access = await access_of(keystone, consumer)
    token = (await login(keystone, consumer, access)).headers["X-Subject-Token"]
    path = "/".join(keystone.ids.get(part, part) for part in what.split("/"))
    assert (await keystone.call(await keystone.token(), "DELETE", path)).status_code == 204
    assert (await keystone.call(token, "GET", "/auth/projects")).status_code == 401
    assert (await login(keystone, consumer, access)).status_code in (401, 404)


async def test_what_is_over_is_forgotten_and_lets_nobody_in(keystone: Keystone) -> None:
    consumer = await consumer_of(keystone)
    access = await access_of(keystone, consumer)
    request = form(await ask(keystone, consumer))
    verifier = (await agree(keystone, request)).json()["token"]["oauth_verifier"]
    kept = form(await ask(keystone, consumer))
    past = keystone.cloud.platform.clock.now() - timedelta(seconds=1)
    async with keystone.cloud.platform.context() as ctx:
        token = await ACCESS_TOKENS.get(ctx.tx, access["oauth_token"])
        wish = await REQUEST_TOKENS.get(ctx.tx, request["oauth_token"])
        assert token is not None and wish is not None
        await ACCESS_TOKENS.update(ctx.tx, replace(token, expires_at=past))
        await REQUEST_TOKENS.update(ctx.tx, replace(wish, expires_at=past))
    assert (await login(keystone, consumer, access)).status_code == 401
    assert (await redeem(keystone, consumer, request, verifier)).status_code == 401
    await keystone.cloud.plane.reconcilers.look(forget_old_oauth1_tokens)
    assert (await login(keystone, consumer, access)).status_code == 404
    assert (await redeem(keystone, consumer, request, verifier)).status_code == 404
    assert (await agree(keystone, kept)).status_code == 200


async def secrets_kept(keystone: Keystone) -> list[str]:
    async with keystone.cloud.platform.reading() as ctx:
        return [
            each.secret
            for rows in (CONSUMERS, REQUEST_TOKENS, ACCESS_TOKENS)
            for each in await rows.page(ctx.tx)  # type: ignore[attr-defined]
        ]


async def test_secrets_are_kept_sealed_with_the_newest_key(keystone: Keystone) -> None:
    consumer, folder = await consumer_of(keystone), keystone.cloud.platform.folder
    access = await access_of(keystone, consumer)
    request = form(await ask(keystone, consumer))
    told = (consumer["secret"], access["oauth_token_secret"], request["oauth_token_secret"])
    before = await secrets_kept(keystone)
    assert len(before) == 3
    assert not any(secret in kept for secret in told for kept in before)
    rotate_keys(folder)
    await keystone.cloud.plane.reconcilers.look(drop_old_keys)
    newest = SEALING.newest(folder)[0]
    after = await secrets_kept(keystone)
    assert all(kept.startswith(f"{newest}:") for kept in after)
    assert not set(before) & set(after)
    assert (await login(keystone, consumer, access)).status_code == 201
    assert (await agree(keystone, request)).status_code == 200


async def test_secrets_of_older_clouds_are_sealed_too(keystone: Keystone) -> None:
    consumer = await consumer_of(keystone)
    async with keystone.cloud.platform.context() as ctx:
        kept = await CONSUMERS.get(ctx.tx, consumer["id"])
        assert kept is not None
        await CONSUMERS.update(ctx.tx, replace(kept, secret=consumer["secret"]))
    assert (await ask(keystone, consumer)).status_code == 201
    await keystone.cloud.plane.reconcilers.look(drop_old_keys)
    assert consumer["secret"] not in await secrets_kept(keystone)
    assert (await ask(keystone, consumer)).status_code == 201

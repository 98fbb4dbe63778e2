"""Secrets are not to be guessed at any door, and who guesses keeps nobody else out."""

from __future__ import annotations

import asyncio
from typing import Any

import argon2
import httpx
import pytest

from haneul.kernel.errors import Unavailable
from haneul.kernel.fair_turns import FairTurns
from haneul.kernel.guesses import Counts
from tests.conftest import COSTLY_HASHER
from tests.services.identity.conftest import PASSWORD, V3, Keystone, login_with, project
from tests.services.identity.test_mfa import by_code, code, with_secret
from tests.services.identity.test_oauth1 import access_of, consumer_of, signed
from tests.services.identity.test_signed_requests import ec2_keys, version_4

FEW = 3


@pytest.fixture
def strict(keystone: Keystone) -> Keystone:
    """A cloud that closes its doors after three wrong tries."""
    keystone.cloud.platform.config["guesses"] = {"from_address": FEW}  # type: ignore[index]
    return keystone


async def from_elsewhere(keystone: Keystone, path: str, body: dict[str, Any]) -> int:
    """The status of the same request from another address."""
    app = keystone.cloud.plane.app.falcon
    transport = httpx.ASGITransport(app, client=("192.0.2.9", 1))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as http:
        return (await http.post(path, json=body)).status_code


async def test_wrong_passwords_close_the_door_to_that_address_only(strict: Keystone) -> None:
    for _ in range(FEW):
        assert (await strict.login("member", "wrong")).status_code == 401
    refused = await strict.login("member", PASSWORD)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert (await strict.login("reader", PASSWORD)).status_code == 201
    user = {"id": strict.ids["member"], "password": PASSWORD}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    assert await from_elsewhere(strict, f"{V3}/auth/tokens", body) == 201


async def test_right_passwords_are_never_too_many(strict: Keystone) -> None:
    assert (await strict.login("member", "wrong")).status_code == 401
    for _ in range(3 * FEW):
        assert (await strict.login("member")).status_code == 201


@pytest.mark.contended
async def test_guesses_at_the_same_time_gain_nothing(strict: Keystone) -> None:
    tries = [strict.login("member", PASSWORD if n == 19 else f"guess {n}") for n in range(20)]
    answers = [each.status_code for each in await asyncio.gather(*tries)]
    assert answers[-1] == 429
    assert set(answers) <= {401, 429}


async def test_a_password_is_not_guessed_by_changing_it(strict: Keystone) -> None:
    path = f"{V3}/users/{strict.ids['member']}/password"
    for original in ("a", "b", "c", PASSWORD):
        body = {"user": {"original_password": original, "password": "new password"}}
        answer = await strict.cloud.http.post(path, json=body)
    assert answer.status_code == 429


async def test_codes_are_not_guessed_and_hold_once(strict: Keystone) -> None:
    await with_secret(strict)
    right = code(strict)
    assert (await login_with(strict, by_code(strict, right), project("demo"))).status_code == 201
    for _ in range(FEW):
        assert (await login_with(strict, by_code(strict, right), project("demo"))).status_code == 401
    assert (await login_with(strict, by_code(strict, code(strict, -1)))).status_code == 429


@pytest.mark.contended
async def test_one_of_many_at_the_same_time_uses_a_code(keystone: Keystone) -> None:
    await with_secret(keystone)
    right = by_code(keystone, code(keystone))
    answers = await asyncio.gather(*(login_with(keystone, right, project("demo")) for _ in range(8)))
    assert sorted(each.status_code for each in answers) == [201, *[401] * 7]


async def test_the_secret_of_an_application_credential_is_not_guessed(strict: Keystone) -> None:
    token = await strict.token("member")
    body = {"application_credential": {"name": "robot", "secret": "right"}}
    made = await strict.call(token, "POST", f"/users/{strict.ids['member']}/application_credentials", body)
    id = made.json()["application_credential"]["id"]

    async def login(secret: str) -> int:
        given = {"id": id, "secret": secret}
        return (
            await login_with(strict, {"methods": ["application_credential"], "application_credential": given})
        ).status_code

    assert [await login(each) for each in ("a", "b", "c", "right")] == [401, 401, 401, 429]
    form = {"grant_type": "client_credentials", "client_id": id, "client_secret": "right"}
    answer = await strict.cloud.http.post(f"{V3}/OS-OAUTH2/token", data=form)
    assert answer.status_code == 429


async def test_signatures_are_not_guessed(strict: Keystone) -> None:
    keys = await ec2_keys(strict, await strict.token("member"))
    admin = await strict.token()
    right = version_4(strict, keys)
    for _ in range(FEW):
        body = {"credentials": right | {"signature": "0" * 64}}
        assert (await strict.call(admin, "POST", "/ec2tokens", body)).status_code == 401
    assert (await strict.call(admin, "POST", "/ec2tokens", {"credentials": right})).status_code == 429
    string = {"access": keys["access"], "signature": "", "token": ""}
    assert (await strict.call(admin, "POST", "/s3tokens", {"credentials": string})).status_code == 429


async def test_a_request_signed_for_a_consumer_logs_in_once(keystone: Keystone) -> None:
    consumer = await consumer_of(keystone)
    access = await access_of(keystone, consumer)
    path = "/auth/tokens"
    headers = signed(
        path,
        consumer,
        resource_owner_key=access["oauth_token"],
        resource_owner_secret=access["oauth_token_secret"],
    )
    body = {"auth": {"identity": {"methods": ["oauth1"], "oauth1": {}}}}
    answers = [await keystone.cloud.http.post(V3 + path, json=body, headers=headers) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 401]


async def test_nobody_guesses_the_address_of_a_console(strict: Keystone) -> None:
    """The wrong ones are counted; what is stored would open none."""
    from haneul.services.compute.operations import consoles
    from haneul.services.compute.store.servers import console_digest

    assert await consoles.redeem(strict.cloud.platform, console_digest("token")) is None


async def test_addresses_take_turns_and_the_longest_lane_is_cut() -> None:
    turns = FairTurns(1, lane_length=50, length=60)
    order: list[str] = []
    first = turns.turn("first")
    await first.__aenter__()

    async def work(lane: str) -> None:
        try:
            async with turns.turn(lane):
                order.append(lane)
        except Unavailable:
            order.append(f"{lane} was refused")

    flood = [asyncio.create_task(work("flood")) for _ in range(55)]
    honest = [asyncio.create_task(work(f"honest {n}")) for n in range(12)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await first.__aexit__(None, None, None)
    await asyncio.gather(*flood, *honest)
    assert order.count("flood was refused") == 5 + 2
    assert not [each for each in order if each.startswith("honest") and "refused" in each]
    served = [each for each in order if "refused" not in each]
    assert all(each in served[:13] for each in (f"honest {n}" for n in range(12)))


async def test_a_turn_that_is_no_longer_wanted_goes_to_the_next() -> None:
    turns = FairTurns(1, lane_length=5, length=5)
    first = turns.turn("a")
    await first.__aenter__()

    async def wait() -> str:
        async with turns.turn("b"):
            return "done"

    waiting = [asyncio.create_task(wait()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await first.__aexit__(None, None, None)
    waiting[1].cancel()
    assert await waiting[2] == "done"
    async with turns.turn("c"):
        pass


def test_what_is_counted_has_a_size() -> None:
    counts = Counts(most_keys=10)
    from datetime import UTC, datetime

    now = datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(1000):
        counts.add("k" * 10_000 + str(n), 60, now)
    assert len(counts._counts) == 10
    assert max(map(len, counts._counts)) == 16


def test_a_guess_at_a_stolen_hash_costs_time_and_memory() -> None:
    """OWASP's least for argon2id: two rounds over 19 MiB."""
    assert COSTLY_HASHER.time_cost >= 2
    assert COSTLY_HASHER.memory_cost >= 19 * 1024
    assert COSTLY_HASHER.type is argon2.Type.ID

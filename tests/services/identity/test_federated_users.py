"""Users that an admin says are known to an identity provider."""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.identity.conftest import Keystone
from tests.services.identity.federation import Federation, federated
from tests.services.identity.test_federated_login import PROXY, RULES, alice, user_of


@pytest.fixture
async def federation(keystone: Keystone) -> Federation:
    return await federated(keystone, {"proxies": [PROXY]}, RULES)


def known_as(unique_id: str, idp_id: str = "acme", protocol_id: str = "openid") -> list[Any]:
    return [{"idp_id": idp_id, "protocols": [{"protocol_id": protocol_id, "unique_id": unique_id}]}]


async def test_a_user_made_for_a_provider_is_who_logs_in(federation: Federation) -> None:
    body = {"user": {"name": "alice-here", "domain_id": "default", "federated": known_as("a-1")}}
    made = (await federation.done("POST", "/users", body))["user"]
    assert made["federated"] == known_as("a-1")
    assert (await federation.done("GET", f"/users/{made['id']}"))["user"] == made
    found = user_of(await federation.login(**alice()))
    assert (found["id"], found["name"]) == (made["id"], "alice-here")
    again = await federation.ask("POST", "/users", {"user": {**body["user"], "name": "other"}})
    assert again.status_code == 409
    assert again.json()["error"]["message"].endswith("federated_user - Duplicate entry.")
    assert (await federation.done("GET", "/users?name=other"))["users"] == []


async def test_links_are_replaced(federation: Federation) -> None:
    body = {"user": {"name": "x", "domain_id": "default", "federated": known_as("a b")}}
    made = (await federation.done("POST", "/users", body))["user"]
    path = f"/users/{made['id']}"
    changed = (await federation.done("PATCH", path, {"user": {"federated": known_as("a-1")}}))["user"]
    assert changed["federated"] == known_as("a-1")
    assert (await federation.done("PATCH", path, {"user": {"email": "x@y"}}))["user"]["federated"]
    assert "federated" not in (await federation.done("PATCH", path, {"user": {"federated": []}}))["user"]
    assert user_of(await federation.login(**alice()))["id"] != made["id"]


async def test_lists_ask_for_links(federation: Federation) -> None:
    found = user_of(await federation.login(**alice(**{"X-Id": "a/1"})))
    for query, ids in (
        ("idp_id=acme", [found["id"]]),
        ("unique_id=a/1&protocol_id=openid", [found["id"]]),
        ("idp_id=other", []),
        ("idp_id=acme&unique_id=a", []),
    ):
        users = (await federation.done("GET", f"/users?{query}"))["users"]
        assert [user["id"] for user in users] == ids, query
    shown = (await federation.done("GET", f"/users/{found['id']}"))["user"]
    assert shown["federated"] == known_as("a/1")


@pytest.mark.parametrize(
    "given",
    [
        known_as("x", idp_id="none"),
        known_as("x", protocol_id="none"),
        known_as(""),
        [{"bad": 1}],
        [{"idp_id": "acme", "protocols": [{"protocol_id": "openid"}]}],
        "x",
    ],
)
async def test_bad_links(federation: Federation, given: Any) -> None:
    body = {"user": {"name": "x", "domain_id": "default", "federated": given}}
    assert (await federation.ask("POST", "/users", body)).status_code == 400
    assert (await federation.done("GET", "/users?name=x"))["users"] == []

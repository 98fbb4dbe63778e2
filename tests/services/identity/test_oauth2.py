"""Tokens for programs that speak OAuth 2.0."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.services.identity.conftest import V3, Keystone

GRANT = "grant_type=client_credentials"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def client_of(keystone: Keystone, **wanted: Any) -> tuple[str, str]:
    path = f"/users/{keystone.ids['member']}/application_credentials"
    body = {"application_credential": {"name": "ci", **wanted}}
    made = (await keystone.call(await keystone.token("member"), "POST", path, body)).json()
    return made["application_credential"]["id"], made["application_credential"]["secret"]


def basic(*client: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(":".join(client).encode()).decode()}


async def ask(keystone: Keystone, body: str, **headers: str) -> httpx.Response:
    path = f"{V3}/OS-OAUTH2/token"
    return await keystone.cloud.http.post(path, content=body, headers={**FORM, **headers})


async def test_an_application_credential_is_a_client(keystone: Keystone) -> None:
    client = await client_of(keystone)
    in_form = f"{GRANT}&client_id={client[0]}&client_secret={client[1]}"
    for answer in (await ask(keystone, GRANT, **basic(*client)), await ask(keystone, in_form)):
        assert answer.status_code == 200, answer.text
        said = answer.json()
        assert (said["expires_in"], said["token_type"]) == (3600, "Bearer")
        assert answer.headers["Cache-Control"] == "no-store"
        shown = await keystone.call(said["access_token"], "GET", "/auth/projects")
        assert shown.status_code == 200
        bearer = {"Authorization": f"Bearer {said['access_token']}"}
        images = await keystone.cloud.http.get("/image/v2/images", headers=bearer)
        assert images.status_code == 200
    nonsense = {"Authorization": "Bearer nonsense"}
    assert (await keystone.cloud.http.get("/image/v2/images", headers=nonsense)).status_code == 401


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        ("grant_type=password", None, 400, "unsupported_grant_type"),
        ("", None, 400, "invalid_request"),
        ("%ff=%fe&" * 30, None, 400, "invalid_request"),
        ("grant_type=", None, 400, "invalid_request"),
        (GRANT, {"Content-Type": "application/json"}, 400, "invalid_request"),
        (GRANT, {}, 401, "invalid_client"),
        (GRANT, {"Authorization": "Bearer x"}, 401, "invalid_client"),
        (GRANT, {"Authorization": "Basic !"}, 401, "invalid_client"),
        (GRANT, basic("", ""), 401, "invalid_client"),
        (GRANT, basic("nobody", "secret"), 401, "invalid_client"),
        (f"{GRANT}&client_id=x", {}, 401, "invalid_client"),
    ],
)
async def test_refusals(
    keystone: Keystone, body: str, headers: dict[str, str] | None, status: int, error: str
) -> None:
    given = basic(*await client_of(keystone)) if headers is None else headers
    answer = await ask(keystone, body, **given)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"] == error
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


async def test_a_wrong_secret_and_too_much(keystone: Keystone) -> None:
    id, _ = await client_of(keystone)
    assert (await ask(keystone, GRANT, **basic(id, "wrong"))).status_code == 401
    assert (await ask(keystone, GRANT + "&x=" + "x" * 10_000)).status_code == 413

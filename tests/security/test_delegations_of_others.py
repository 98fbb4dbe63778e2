"""A credential carries no more than its owner has (as for CVE-2020-12689, -12690, -12691 and -12692)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from haneul.services.identity.operations import credentials
from haneul.services.identity.store.credentials import CREDENTIALS
from tests.services.identity.conftest import Keystone, keystone, project
from tests.services.identity.test_signed_requests import ec2_keys, version_2

__all__ = ["keystone"]

KEYS = {"access": "the-key", "secret": "the-secret"}


async def trust_of_the_administrator(keystone: Keystone) -> str:
    token = await keystone.token("admin", project("admin"))
    wish = {
        "trustor_user_id": keystone.ids["admin"],
        "trustee_user_id": keystone.ids["reader"],
        "impersonation": True,
        "project_id": (await keystone.call(token, "GET", "/projects?name=admin")).json()["projects"][0]["id"],
        "roles": [{"name": "admin"}],
    }
    made = await keystone.call(token, "POST", "/OS-TRUST/trusts", {"trust": wish})
    assert made.status_code == 201, made.text
    return str(made.json()["trust"]["id"])


async def made(keystone: Keystone, token: str, **blob: Any) -> Any:
    body = {"type": "ec2", "project_id": keystone.ids["demo"], "blob": json.dumps(KEYS | blob)}
    return await keystone.call(token, "POST", "/credentials", {"credential": body})


async def signed(keystone: Keystone, keys: dict[str, Any]) -> int:
    """What a request signed with these keys is answered with."""
    asker = await keystone.token("admin", project("admin"))
    body = {"credentials": version_2(keystone, keys)}
    answer = await keystone.call(asker, "POST", "/ec2tokens", body)
    return answer.status_code


@pytest.mark.parametrize("name", credentials.DELEGATIONS)
async def test_no_blob_names_what_somebody_lent(keystone: Keystone, name: str) -> None:
    trust = await trust_of_the_administrator(keystone)
    token = await keystone.token("member", project("demo"))
    refused = await made(keystone, token, **{name: trust})
    assert (refused.status_code, name in refused.json()["error"]["message"]) == (400, True)
    assert await signed(keystone, KEYS) in (401, 404)
    assert (await made(keystone, token, **{name: None})).status_code == 201
    assert await signed(keystone, KEYS) == 200


@pytest.mark.parametrize("name", credentials.DELEGATIONS)
async def test_a_change_lends_nothing_to_a_credential(keystone: Keystone, name: str) -> None:
    trust = await trust_of_the_administrator(keystone)
    token = await keystone.token("member", project("demo"))
    id = (await made(keystone, token)).json()["credential"]["id"]
    change = {"credential": {"blob": json.dumps(KEYS | {name: trust})}}
    refused = await keystone.call(token, "PATCH", f"/credentials/{id}", change)
    assert (refused.status_code, name in refused.json()["error"]["message"]) == (400, True)
    other = {"credential": {"type": "other", "blob": json.dumps(KEYS | {name: trust})}}
    assert (await keystone.call(token, "PATCH", f"/credentials/{id}", other)).status_code == 400
    assert await signed(keystone, KEYS) == 200


async def test_a_credential_becomes_of_type_ec2_without_what_was_lent(keystone: Keystone) -> None:
    trust = await trust_of_the_administrator(keystone)
    token = await keystone.token("member", project("demo"))
    plain = {"type": "other", "blob": json.dumps(KEYS | {"trust_id": trust})}
    answer = await keystone.call(token, "POST", "/credentials", {"credential": plain})
    id = answer.json()["credential"]["id"]
    change = {"credential": {"type": "ec2", "project_id": keystone.ids["demo"]}}
    assert (await keystone.call(token, "PATCH", f"/credentials/{id}", change)).status_code == 400


async def test_a_stored_blob_that_names_what_was_lent_gives_no_token(keystone: Keystone) -> None:
    """Stores of before took such blobs: neither the lender's power comes of them, nor more than was lent."""
    trust = await trust_of_the_administrator(keystone)
    keys = await ec2_keys(keystone, await keystone.token("member", project("demo")))
    assert await signed(keystone, keys) == 200
    async with keystone.cloud.platform.context() as ctx:
        credential = await CREDENTIALS.get(ctx.tx, credentials.ec2_id(keys["access"]))
        assert credential is not None
        blob = json.dumps({"access": keys["access"], "secret": keys["secret"], "trust_id": trust})
        await CREDENTIALS.put(ctx.tx, type(credential)(**{
            f: getattr(credential, f) for f in credential.__struct_fields__
        } | {"blob": credentials.sealed(ctx, blob)}))  # fmt: skip
    assert await signed(keystone, keys) == 401


async def test_nobody_makes_keys_for_anothers_user_or_hands_them_over(keystone: Keystone) -> None:
    token = await keystone.token("member", project("demo"))
    body = {"type": "ec2", "project_id": keystone.ids["demo"], "blob": json.dumps(KEYS)}
    theirs = body | {"user_id": keystone.ids["admin"]}
    assert (await keystone.call(token, "POST", "/credentials", {"credential": theirs})).status_code == 403
    id = (await made(keystone, token)).json()["credential"]["id"]
    change = {"credential": {"user_id": keystone.ids["admin"]}}
    assert (await keystone.call(token, "PATCH", f"/credentials/{id}", change)).status_code == 403


async def test_keys_reach_only_projects_where_their_owner_has_a_role(keystone: Keystone) -> None:
    admin = await keystone.token("admin", project("admin"))
    projects = (await keystone.call(admin, "GET", "/projects?name=admin")).json()["projects"]
    token = await keystone.token("member", project("demo"))
    body = {"type": "ec2", "project_id": projects[0]["id"], "blob": json.dumps(KEYS)}
    answer = await keystone.call(token, "POST", "/credentials", {"credential": body})
    assert answer.status_code == 201
    assert await signed(keystone, KEYS) == 401

"""What was lent to a program cannot be used to put its owner out."""

from __future__ import annotations

from typing import Any

from tests.services.identity.conftest import Keystone, login_with


async def credential(keystone: Keystone, *, unrestricted: bool) -> str:
    """A token by an application credential of the member's."""
    token, path = await keystone.token("member"), f"/users/{keystone.ids['member']}/application_credentials"
    new: dict[str, Any] = {"name": f"robot {unrestricted}", "unrestricted": unrestricted, "secret": "s"}
    made = (await keystone.call(token, "POST", path, {"application_credential": new})).json()
    given = {"id": made["application_credential"]["id"], "secret": "s"}
    identity = {"methods": ["application_credential"], "application_credential": given}
    return (await login_with(keystone, identity)).headers["X-Subject-Token"]


async def test_a_restricted_credential_ends_no_sessions_but_its_own(keystone: Keystone) -> None:
    mine, lent = await keystone.token("member"), await credential(keystone, unrestricted=False)
    tokens = f"/users/{keystone.ids['member']}/tokens"
    assert (await keystone.call(lent, "DELETE", tokens)).status_code in (403, 404)
    assert (
        await keystone.call(lent, "DELETE", "/auth/tokens", **{"X-Subject-Token": mine})
    ).status_code == 403
    assert (await keystone.call(mine, "GET", "/auth/projects")).status_code == 200
    assert (
        await keystone.call(lent, "DELETE", "/auth/tokens", **{"X-Subject-Token": lent})
    ).status_code == 204
    assert (await keystone.call(lent, "GET", "/auth/projects")).status_code == 401


async def test_one_that_is_trusted_with_everything_may(keystone: Keystone) -> None:
    mine, lent = await keystone.token("member"), await credential(keystone, unrestricted=True)
    assert (
        await keystone.call(lent, "DELETE", "/auth/tokens", **{"X-Subject-Token": mine})
    ).status_code == 204
    assert (await keystone.call(mine, "GET", "/auth/projects")).status_code == 401

"""What the tests of federation share: a provider that the cloud knows, and people who come by it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.services.identity.conftest import V3, Keystone

F = "/OS-FEDERATION"
STAFF = {"groups": "{1}", "domain": {"name": "Default"}}
RULES = [
    {
        "local": [{"user": {"name": "{0}", "id": "{2}"}}, STAFF],
        "remote": [{"type": "HTTP_OIDC_NAME"}, {"type": "OIDC-groups"}, {"type": "OIDC-sub"}],
    }
]


class Federation:
    """A cloud with identity provider `acme`, its protocol `openid`, and group `staff` (member of demo)."""

    def __init__(self, keystone: Keystone, admin: str) -> None:
        self.keystone = keystone
        self.admin = admin
        self.group_id = ""

    async def ask(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """As the admin."""
        return await self.keystone.call(self.admin, method, path, json)

    async def done(self, method: str, path: str, json: Any = None) -> dict[str, Any]:
        answer = await self.ask(method, path, json)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else {}

    async def login(
        self, token: str | None = None, *, idp: str = "acme", protocol: str = "openid", **headers: str
    ) -> httpx.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        path = f"{V3}{F}/identity_providers/{idp}/protocols/{protocol}/auth"
        answer = await self.keystone.cloud.http.post(path, headers=headers)
        assert answer.status_code != 500, answer.text
        return answer

    async def rescope(self, token: str, scope: Any, method: str = "token") -> httpx.Response:
        given = {"methods": [method], method: {"id": token}}
        body = {"auth": {"identity": given, "scope": scope}}
        return await self.keystone.cloud.http.post(f"{V3}/auth/tokens", json=body)


async def federated(keystone: Keystone, options: dict[str, Any], rules: Any = RULES) -> Federation:
    keystone.cloud.platform.config["identity"] = {"federation": options}
    made = Federation(keystone, await keystone.token())
    group = {"group": {"name": "staff", "domain_id": "default"}}
    made.group_id = (await made.done("POST", "/groups", group))["group"]["id"]
    role = f"/projects/{keystone.ids['demo']}/groups/{made.group_id}/roles/{keystone.ids['role:member']}"
    await made.done("PUT", role)
    await made.done("PUT", f"{F}/mappings/m", {"mapping": {"rules": rules}})
    await made.done("PUT", f"{F}/identity_providers/acme", {"identity_provider": {"enabled": True}})
    openid = f"{F}/identity_providers/acme/protocols/openid"
    await made.done("PUT", openid, {"protocol": {"mapping_id": "m"}})
    return made

"""A cloud whose people exist: they log in with passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from haneul.services.identity import public as identity
from tests.conftest import Cloud

PASSWORD = "a password"
V3 = "/identity/v3"


@dataclass
class Keystone:
    """Logs people in and calls identity with their tokens; `ids` are those of projects, users and roles."""

    cloud: Cloud
    ids: dict[str, str] = field(default_factory=dict)

    async def login(
        self, name: str = "admin", password: str = PASSWORD, scope: Any = None, **query: str
    ) -> httpx.Response:
        user = {"name": name, "domain": {"id": "default"}, "password": password}
        auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
        if scope is not None:
            auth["scope"] = scope
        return await self.cloud.http.post(f"{V3}/auth/tokens", json={"auth": auth}, params=query)

    async def token(self, name: str = "admin", scope: Any = None, password: str = PASSWORD) -> str:
        answer = await self.login(name, password, scope)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    async def call(
        self, token: str, method: str, path: str, json: Any = None, **headers: str
    ) -> httpx.Response:
        headers = {"X-Auth-Token": token, **headers}
        answer = await self.cloud.http.request(method, V3 + path, json=json, headers=headers)
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"
        return answer

    async def person(self, name: str, role: str, *, project: str = "demo") -> None:
        """A user with a role on a project, and nothing else."""
        async with self.cloud.platform.context() as ctx:
            user = await identity.ensure_user(ctx, name, PASSWORD, default_project_id=self.ids[project])
            await identity.grant(ctx, role, user_id=user.id, project_id=self.ids[project])
            self.ids[name] = user.id


def project(name: str) -> dict[str, Any]:
    return {"project": {"name": name, "domain": {"id": "default"}}}


DOMAIN = {"domain": {"id": "default"}}
SYSTEM = {"system": {"all": True}}


@pytest.fixture
async def keystone(cloud: Cloud) -> Keystone:
    async with cloud.platform.context() as ctx:
        await identity.bootstrap(ctx, admin_password=PASSWORD)
        demo = await identity.ensure_project(ctx, "demo")
    made = Keystone(cloud, {"demo": demo.id})
    await made.person("member", "member")
    await made.person("reader", "reader")
    admin = await made.token()
    for role in (await made.call(admin, "GET", "/roles")).json()["roles"]:
        made.ids[f"role:{role['name']}"] = role["id"]
    [user] = (await made.call(admin, "GET", "/users?name=admin")).json()["users"]
    made.ids["admin"] = user["id"]
    return made


async def login_with(
    keystone: Keystone, identity: dict[str, Any], scope: Any = None, **headers: str
) -> httpx.Response:
    """An attempt to log in by any method."""
    auth = {"identity": identity} if scope is None else {"identity": identity, "scope": scope}
    answer = await keystone.cloud.http.post(
        f"{V3}/auth/tokens", json={"auth": auth}, headers=headers, params={"nocatalog": ""}
    )
    assert answer.status_code < 500, answer.text
    return answer


def by_token(token: str) -> dict[str, Any]:
    return {"methods": ["token"], "token": {"id": token}}


def by_password(keystone: Keystone, name: str) -> dict[str, Any]:
    user = {"id": keystone.ids[name], "password": PASSWORD}
    return {"methods": ["password"], "password": {"user": user}}

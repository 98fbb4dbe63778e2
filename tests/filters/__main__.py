"""Record the answers of a real cloud: `python -m tests.filters AUTH_URL ADMIN_PASSWORD`.

Makes a project and a member of it, two of everything, asks, writes `answers.tsv`, and takes it all away.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.filters.questions import questions
from tests.filters.world import KINDS, World, build

ANSWERS = Path(__file__).with_name("answers.tsv")
MEMBER = "filters-member"
BELOW = {"network": "/v2.0", "image": "/v2", "identity": "/v3", "compute": "/v2.1", "volume": "/v3"}
TYPES = {"volume": "block-storage"}


class Remote:
    """A cloud, by its Keystone, as an administrator and as a member of a project of its own."""

    def __init__(self, auth_url: str, password: str) -> None:
        self.auth_url = auth_url
        self.password = password
        self.http = httpx.AsyncClient(timeout=120)
        self.tokens: dict[str, tuple[str, str, dict[str, str]]] = {}

    async def login(self, who: str, user: str, password: str, project: str) -> None:
        owner = {"name": user, "password": password, "domain": {"id": "default"}}
        identity = {"methods": ["password"], "password": {"user": owner}}
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        body = {"auth": {"identity": identity, "scope": scope}}
        answer = await self.http.post(f"{self.auth_url}/auth/tokens", json=body)
        answer.raise_for_status()
        token = answer.json()["token"]
        urls = {
            each["type"]: endpoint["url"].rstrip("/")
            for each in token["catalog"]
            for endpoint in each["endpoints"]
            if endpoint["interface"] == "public"
        }
        self.tokens[who] = (answer.headers["X-Subject-Token"], token["project"]["id"], urls)

    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, version: str | None = None
    ) -> tuple[int, Any]:
        token, project, urls = self.tokens[who]
        base = urls[TYPES.get(service, service)]
        if not base.rstrip("/").endswith((BELOW[service], project)):
            base += BELOW[service]
        if service == "volume" and not base.endswith(project):
            base += f"/{project}"
        headers = {"X-Auth-Token": token}
        if version:
            headers["OpenStack-API-Version"] = version
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/octet-stream"
            answer = await self.http.request(method, base + path, content=body, headers=headers)
        else:
            answer = await self.http.request(method, base + path, json=body, headers=headers)
        with contextlib.suppress(ValueError):
            return answer.status_code, answer.json()
        return answer.status_code, answer.text

    async def begin(self) -> None:
        await self.login("admin", "admin", self.password, "admin")
        _, made = await self.call("admin", "POST", "identity", "/projects", {"project": {"name": MEMBER}})
        project = made["project"]["id"]
        user = {"name": MEMBER, "password": self.password, "default_project_id": project}
        _, made = await self.call("admin", "POST", "identity", "/users", {"user": user})
        self.user, self.project = made["user"]["id"], project
        _, roles = await self.call("admin", "GET", "identity", "/roles?name=member")
        grant = f"/projects/{project}/users/{self.user}/roles/{roles['roles'][0]['id']}"
        await self.call("admin", "PUT", "identity", grant)
        await self.login("member", MEMBER, self.password, MEMBER)

    async def end(self, world: World) -> None:
        """Nothing of it is left."""
        for name, thing in reversed(world.things.items()):
            kind = name.rpartition("_")[0]
            service, path, _ = KINDS[kind]
            path = path.removesuffix("/detail")
            if kind in ("domain", "project", "user"):
                body = {kind: {"enabled": False}}
                await self.call("admin", "PATCH", "identity", f"{path}/{thing['id']}", body)
            for _ in range(60):
                status, _ = await self.call("admin", "DELETE", service, f"{path}/{thing['id']}")
                if kind in ("server", "snapshot") and status < 300:
                    await asyncio.sleep(1)
                elif status != 409 and status != 400:
                    break
                await asyncio.sleep(0.5)
        await self.call("admin", "DELETE", "identity", f"/users/{self.user}")
        await self.call("admin", "DELETE", "identity", f"/projects/{self.project}")


async def main(auth_url: str, password: str) -> None:
    cloud = Remote(auth_url, password)
    await cloud.begin()
    world = World(cloud)
    try:
        await build(world)
        lines = []
        for q in questions(world.things):
            answer = await world.ask(q.who, q.kind, q.query, q.version or None)
            lines.append("\t".join((*q, answer)))
        ANSWERS.write_text("\n".join(lines) + "\n")
        print(len(lines), "answers")
    finally:
        await cloud.end(world)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))

"""Somebody's account, and the shorthand to use it."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conftest import Cloud, Persona

BASE = "/object-store/v1"


def account(who: Persona) -> str:
    return f"{BASE}/AUTH_{who.auth.project_id}"


class Account:
    """An account, as one person sees it; whom else it is shown to is given to each call."""

    def __init__(self, cloud: Cloud, who: Persona) -> None:
        self.cloud, self.who = cloud, who
        self.url = account(who)

    async def call(
        self,
        method: str,
        path: str = "",
        *,
        who: Persona | None = None,
        status: int | None = None,
        **options: Any,
    ) -> httpx.Response:
        """The answer; `path` goes on behind the account."""
        url = f"{self.url}/{path}" if path else self.url
        answer = await (who or self.who).call(method, url, **options)
        if status is not None:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    async def container(self, name: str = "c", **headers: str) -> None:
        await self.call("PUT", name, status=201, headers=headers)

    async def put(self, path: str, content: bytes = b"data", **headers: str) -> httpx.Response:
        return await self.call("PUT", path, status=201, content=content, headers=headers)

    async def names(self, where: str = "c", **query: Any) -> list[str]:
        """What a list has, in its order."""
        answer = await self.call("GET", where, params={**query, "format": "json"}, status=200)
        return [item.get("name") or item["subdir"] for item in answer.json()]

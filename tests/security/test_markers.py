"""A list that is to go on after somebody else's row answers exactly as for a row that never was.

Every list of every service is asked to go on after each thing of a victim, and after an id of the same form that is
nobody's. What tells them apart would tell that the thing is there, and where it stands among one's own.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest

from haneul.kernel.http.app import Served
from haneul.kernel.http.routes import Route
from tests.conftest import SERVICES, Cloud
from tests.security import kit
from tests.security.kit import Tenant
from tests.security.placing import Placer

LISTS = 60
"""Fewer would mean that lists are not discovered any more."""
WITHOUT = {
    "dashboard": "its pages go on as the lists of the other services do",
    "object_storage": "one's lists go on after names, of which there need be none; another's account cannot be read",
}
"""Services whose lists take no ids to go on after."""
GO_ON = 20
"""Lists that go on after a thing of the asker's own; fewer, and the sweep would show nothing."""


def nobodys(id: str) -> str:
    """An id that looks the same."""
    if re.fullmatch(r"[0-9a-f]{32}", id):
        return uuid.uuid4().hex
    if re.fullmatch(r"[0-9a-f-]{36}", id):
        return str(uuid.uuid4())
    return "n" * len(id)


class Lists:
    def __init__(self, cloud: Cloud, asker: Tenant, victim: Tenant) -> None:
        self.cloud, self.asker = cloud, asker
        self._placer = Placer(asker.things, victim.things, {})
        self._of_nobody: dict[tuple[str, str, int], tuple[int, str]] = {}

    def discovered(self) -> Iterator[tuple[Served, Route]]:
        for served in self.cloud.plane.app.services:
            for route in served.routes:
                takes_query = any(kind == "query" for _, kind in route.arguments)
                if route.method == "GET" and takes_query and not route.path.endswith("}"):
                    yield served, route

    async def after(self, served: Served, route: Route, marker: str, more: str) -> tuple[int, str]:
        """Status and body, without what names the marker itself or the request."""
        path = served.manifest.path + self._placer._path(route.path, {})
        headers = {"X-Auth-Token": self.asker.who.token}
        if version := self._placer._version(served, route):
            headers["OpenStack-API-Version"] = version
        answer = await self.cloud.http.get(f"{path}?limit=2&marker={marker}{more}", headers=headers)
        text = re.sub(r"req-[0-9a-f-]{36}", "REQUEST", answer.text.replace(marker, "MARKER"))
        return answer.status_code, text

    async def after_nobody(self, served: Served, route: Route, like: str, more: str) -> tuple[int, str]:
        """The same, of an id that is like that one and nobody's."""
        marker = nobodys(like)
        key = (f"{served.manifest.name} {route.path} {route.window}", more, len(like))
        if key not in self._of_nobody:
            self._of_nobody[key] = await self.after(served, route, marker, more)
        return self._of_nobody[key]


@pytest.mark.slow
async def test_a_marker_of_another_project_is_like_one_of_nobody(cloud: Cloud) -> None:
    w, external = await kit.people(cloud)
    victim = await kit.furnish(w, external, "secret-of-the-victim", 1)
    asker = await kit.furnish(w, external, "asker", 2)
    lists = Lists(cloud, asker, victim)
    told: list[str] = []
    tried: set[str] = set()
    go_on: set[str] = set()
    for served, route in lists.discovered():
        name = f"{served.manifest.name} {route.path}"
        tried.add(name)
        for more in (
            ("", "&all_tenants=1", "&sort_key=name")
            if "name" in route.path or "detail" in route.path
            else ("",)
        ):
            for kind, id in victim.things.items():
                answer = await lists.after(served, route, id, more)
                nobody = await lists.after_nobody(served, route, id, more)
                if answer != nobody:
                    told.append(f"{name}{more} after the victim's {kind}: {answer} and {nobody}"[:900])
        for id in asker.things.values():
            own = await lists.after(served, route, id, "")
            if own[0] == 200 and own != await lists.after_nobody(served, route, id, ""):
                go_on.add(name)
    assert told == []
    assert len(tried) >= LISTS
    assert {name.split()[0] for name in tried} == set(SERVICES) - WITHOUT.keys()
    assert len(go_on) >= GO_ON, sorted(go_on)

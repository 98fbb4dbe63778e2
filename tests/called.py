"""Which routes the tests have called: at the end of a whole run, one that no test got an answer from has no test.

    pytest --called .called.tsv tests          # adds the routes that answered as they declare
    python -m tests.called .called.tsv         # fails, and names those that never did

An error is no answer: what is only refused is not shown to work. `ONLY_REFUSE` names the routes that do nothing else,
and `never_called.txt` those that have no such test yet; that list only shrinks.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

from haneul import control_plane, service_folders
from haneul.kernel.http.app import Application
from haneul.kernel.http.routes import Route
from haneul.kernel.http.schema import version_text

NOT_YET = Path(__file__).parent / "never_called.txt"
_WITH_OLD_TOKENS = "what came with signed tokens is gone, and upstream says so too"
_NONE_CAN_BE_MADE = "clients look at everything; nothing of the kind can be made here yet"
ONLY_REFUSE = {
    "compute GET /v2.1/os-hypervisors/{id}/uptime": "no driver of ours knows it, which upstream words so",
    "compute GET /v2.1/servers/{id}/migrations/{migration_id} since 2.23": "nothing of a migration can be seen yet",
    "identity GET /v3/OS-SIMPLE-CERT/ca": _WITH_OLD_TOKENS,
    "identity GET /v3/OS-SIMPLE-CERT/certificates": _WITH_OLD_TOKENS,
    "identity GET /v3/auth/tokens/OS-PKI/revoked": _WITH_OLD_TOKENS,
    "image DELETE /v2/tasks/{task_id}": "upstream refuses it too: tasks go some time after their end",
    "network GET /v2.0/address-groups/{id}": _NONE_CAN_BE_MADE,
    "network GET /v2.0/flavors/{id}": _NONE_CAN_BE_MADE,
    "network GET /v2.0/rbac-policies/{id}": _NONE_CAN_BE_MADE,
    "network GET /v2.0/service_profiles/{id}": _NONE_CAN_BE_MADE,
}
"""Routes that answer nobody with anything but an error, and why they are there; each is seen to do so by a test."""


class Called:
    """Notes each route that has answered, in this process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = Application._handle
        self._routes: dict[int, Route] = {}

    def pytest_sessionstart(self) -> None:
        handle, routes = self._handle, self._routes

        async def noting(application: Any, route: Route, *arguments: Any) -> None:
            await handle(application, route, *arguments)
            routes[id(route)] = route

        Application._handle = noting  # type: ignore[method-assign]  # the one place that sees every route

    def pytest_sessionfinish(self) -> None:
        Application._handle = self._handle  # type: ignore[method-assign]
        names = {name for id, name in known().items() if id in self._routes}
        with self._path.open("a") as file:
            file.writelines(f"{name}\n" for name in sorted(names))


@cache
def known() -> dict[int, str]:
    """The name of every route, by the route's identity."""
    return {
        id(route): name(service, route)
        for service in service_folders.names()
        for route in control_plane.served(service).routes
    }


def name(service: str, route: Route) -> str:
    since = f" since {version_text(route.window.since)}" if route.window.since else ""
    return f"{service} {route.method} {route.path}{since}"


def uncalled(lines: list[str]) -> set[str]:
    """The routes that never answered."""
    return set(known().values()) - {line.rstrip("\n") for line in lines} - ONLY_REFUSE.keys()


def main(path: str) -> int:
    routes, listed = uncalled(Path(path).read_text().splitlines()), set(NOT_YET.read_text().splitlines())
    for route in sorted(routes - listed):
        print(f"no test got an answer of {route}")
    answered = set(Path(path).read_text().splitlines())
    for route in sorted(ONLY_REFUSE.keys() & answered):
        print(f"a test got an answer of {route}: it does more than to refuse")
    for route in sorted(listed - routes):
        print(f"a test got an answer of {route}: take it off {NOT_YET.name}")
    return 1 if routes - listed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

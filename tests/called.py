"""Which routes the tests have called: at the end of a whole run, one that no test got an answer from has no test.

    pytest --called .called.tsv tests          # adds the routes that answered as they declare
    python -m tests.called .called.tsv         # fails, and names those that never did

An error is no answer: what is only refused is not shown to work. `ONLY_REFUSE` names the routes that do nothing else.
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

_WITH_OLD_TOKENS = "what came with signed tokens is gone, and upstream says so too"
_NONE_CAN_BE_MADE = "clients look at everything; nothing of the kind can be made here yet"
_NO_CLUSTERS = "each host answers for itself, so there are no clusters"
_NO_COPIES = "no host has a copy of what it keeps, so none can take over"
ONLY_REFUSE = {
    "block_storage GET /v3/clusters/{id} since 3.7": _NO_CLUSTERS,
    "block_storage GET /v3/{project_id}/clusters/{id} since 3.7": _NO_CLUSTERS,
    "block_storage PUT /v3/clusters/disable since 3.7": _NO_CLUSTERS,
    "block_storage PUT /v3/clusters/enable since 3.7": _NO_CLUSTERS,
    "block_storage PUT /v3/{project_id}/clusters/disable since 3.7": _NO_CLUSTERS,
    "block_storage PUT /v3/{project_id}/clusters/enable since 3.7": _NO_CLUSTERS,
    "block_storage PUT /v3/os-services/failover since 3.26": _NO_COPIES,
    "block_storage PUT /v3/os-services/failover_host": _NO_COPIES,
    "block_storage PUT /v3/{project_id}/os-services/failover since 3.26": _NO_COPIES,
    "block_storage PUT /v3/{project_id}/os-services/failover_host": _NO_COPIES,
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
        names = {name for id, (name, _) in known().items() if id in self._routes}
        with self._path.open("a") as file:
            file.writelines(f"{name}\n" for name in sorted(names))


@cache
def known() -> dict[int, tuple[str, Route]]:
    """Every route with its name, by its identity."""
    return {
        id(route): (name(service, route), route)
        for service in service_folders.names()
        for route in control_plane.served(service).routes
    }


def name(service: str, route: Route) -> str:
    since = f" since {version_text(route.window.since)}" if route.window.since else ""
    return f"{service} {route.method} {route.path}{since}"


def uncalled(lines: list[str]) -> set[str]:
    """The routes that never answered, neither themselves nor by another path to the same handler."""
    answered = {line.rstrip("\n") for line in lines}
    handlers = {_handler(route) for name, route in known().values() if name in answered}
    unheard = {name for name, route in known().values() if _handler(route) not in handlers}
    return unheard - answered - ONLY_REFUSE.keys()


def _handler(route: Route) -> tuple[str, str, str]:
    """Block storage has each of its paths twice, with a project and without; one function answers both."""
    return route.handler.__module__, route.handler.__qualname__, route.path.replace("/{project_id}", "")


def main(path: str) -> int:
    lines = Path(path).read_text().splitlines()
    routes = uncalled(lines)
    for route in sorted(routes):
        print(f"no test got an answer of {route}")
    for route in sorted(ONLY_REFUSE.keys() & set(lines)):
        print(f"a test got an answer of {route}: it does more than to refuse")
    return 1 if routes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

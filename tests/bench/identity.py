"""Measure identity when it is full: 100,000 users against a page of them, in two clouds, call by call in turn.

`python -m tests.bench.identity` prints a table; `make bench` puts it into `docs/performance.md`. Both clouds
are started by the command. Their stores are filled while they are down, because a hundred thousand calls would
only measure calls. `--against HANEUL` compares with another build's `haneul` instead, both clouds empty.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import http.client
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec

from haneul.kernel.auth import Auth
from haneul.kernel.db import Rows
from haneul.services.identity.model import tokens
from haneul.services.identity.model.credentials import Credential
from haneul.services.identity.model.projects import Project
from haneul.services.identity.model.roles import Assignment
from haneul.services.identity.model.users import Group, Membership, User
from haneul.services.identity.operations import passwords
from haneul.services.identity.operations.keys import SEALING, SIGNING
from haneul.services.identity.store.credentials import CREDENTIALS
from haneul.services.identity.store.projects import PROJECTS
from haneul.services.identity.store.roles import ASSIGNMENTS
from haneul.services.identity.store.users import GROUPS, MEMBERSHIPS, USERS
from tests import postgresql
from tests.bench.cloud import HANEUL, haneul

PAGE = 100
DOMAIN = "default"
SOMEBODY = f"{1:032x}"
"""A user with roles of every kind: direct, by groups, inherited."""


class Size(NamedTuple):
    users: int
    projects: int
    assignments: int
    groups: int
    credentials: int


LARGE = Size(100_000, 10_000, 200_000, 1_000, 10_000)
SMALL = Size(PAGE, PAGE, PAGE, PAGE, PAGE)


def id_of(kind: str, number: int) -> str:
    """Ids scattered as real ones are; the first user is `SOMEBODY`."""
    if (kind, number) == ("user", 0):
        return SOMEBODY
    scattered = number * 0x9E3779B97F4A7C15 % (1 << 64)
    return f"{scattered:016x}{ord(kind[0]):04x}{number:012x}"


def fill(state: Path, size: Size, database: str | None) -> None:
    """The store of a cloud that is down holds so many of everything."""
    name, key = SEALING.newest(state)
    blob = f"{name}:{key.encrypt(b'a secret').decode()}"
    if database is None:
        _fill_file(state / "haneul.db", size, blob)
    else:
        asyncio.run(_fill_server(database, size, blob))


_ROLES = "SELECT id FROM identity_roles WHERE name != 'admin'"


def _fill_file(path: Path, size: Size, blob: str) -> None:
    connection = sqlite3.connect(path)
    roles = [id for (id,) in connection.execute(_ROLES)]
    for rows, things in _everything(size, roles, blob):
        names = [column.name for column in rows.table.columns]
        marks = ", ".join(f":{name}" for name in names)
        words = ", ".join(f'"{name}"' for name in names)
        connection.executemany(
            f"INSERT OR IGNORE INTO {rows.table.name} ({words}) VALUES ({marks})",  # our own names
            (rows.dump(thing) for thing in things),
        )
    connection.commit()
    connection.close()


async def _fill_server(url: str, size: Size, blob: str) -> None:
    connection = await asyncpg.connect(url)
    roles = [row[0] for row in await connection.fetch(_ROLES)]
    for rows, things in _everything(size, roles, blob):
        names = [column.name for column in rows.table.columns]
        distinct = {tuple(map(values.__getitem__, rows.key)): values for values in map(rows.dump, things)}
        records = [tuple(map(values.__getitem__, names)) for values in distinct.values()]
        await connection.copy_records_to_table(rows.table.name, records=records, columns=names)
    await connection.execute("ANALYZE")
    await connection.close()


def _everything(
    size: Size, roles: Sequence[str], blob: str
) -> Iterator[tuple[Rows[Any], Iterator[msgspec.Struct]]]:
    yield USERS, (User(id_of("user", i), f"user{i}", DOMAIN) for i in range(size.users))
    projects = (
        Project(id_of("project", i), f"project{i}", DOMAIN, id_of("project", i // 10) if i % 10 else DOMAIN)
        for i in range(size.projects)
    )
    yield PROJECTS, projects
    yield GROUPS, (Group(id_of("group", i), f"group{i}", DOMAIN) for i in range(size.groups))
    members = (
        Membership(id_of("user", i), id_of("group", (i + j) % size.groups))
        for i in range(size.users)
        for j in range(5 if i == 0 else 1)
    )
    yield MEMBERSHIPS, members
    yield ASSIGNMENTS, _assignments(size, roles)
    owned = (
        Credential(id_of("credential", i), id_of("user", i), "cert", blob) for i in range(size.credentials)
    )
    yield CREDENTIALS, owned


def _assignments(size: Size, roles: Sequence[str]) -> Iterator[Assignment]:
    """Roles of users and of one group in ten on projects; `SOMEBODY` has ten, and all that are below two."""
    for i in range(10):
        yield Assignment(SOMEBODY, "project", id_of("project", i), roles[0])
    for i in (10, 20):
        yield Assignment(SOMEBODY, "project", id_of("project", i), roles[1], inherited=True)
    for i in range(size.groups // 10):
        target = id_of("project", i * 7 % size.projects)
        yield Assignment(id_of("group", i), "project", target, roles[0], actor_kind="group")
    for i in range(max(0, size.assignments - 12 - size.groups // 10)):
        user = id_of("user", 1 + i % (size.users - 1))
        yield Assignment(user, "project", id_of("project", i * 13 % size.projects), roles[i % 2])


class Cloud:
    """A running cloud, called over one connection that is kept open."""

    def __init__(self, state: Path, program: str) -> None:
        self.state = state
        self.program = program
        status = json.loads(haneul("status", "--state", str(state), "--json", program=program))
        self._connection = http.client.HTTPConnection(status["endpoint"].removeprefix("http://"))
        self._password = json.loads((state / "passwords.json").read_text())["admin"]
        self.token = self.login()
        self._connection.close()  # opened again at the next call, which may come when the server has closed it

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> http.client.HTTPResponse:
        self._connection.request(
            method,
            path,
            None if body is None else json.dumps(body),
            {**headers, "Content-Type": "application/json"},
        )
        answer = self._connection.getresponse()
        self.body = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {self.body[:300]!r}")
        return answer

    def login(self) -> str:
        user = {"name": "admin", "domain": {"id": DOMAIN}, "password": self._password}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "admin", "domain": {"id": DOMAIN}}},
        }
        answer = self.call("POST", "/identity/v3/auth/tokens", {"auth": auth})
        return str(answer.headers["X-Subject-Token"])

    def get(self, path: str) -> None:
        self.call("GET", path, **{"X-Auth-Token": self.token, "X-Subject-Token": self.token})

    def stop(self) -> None:
        self._connection.close()
        haneul("down", "--state", str(self.state), program=self.program)


def start(state: Path, program: str = HANEUL, database: str | None = None) -> Cloud:
    where = ("--database", database) if database else ()
    haneul("up", "--state", str(state), "--simulate", "--port", "0", "--detach", *where, program=program)
    return Cloud(state, program)


@contextmanager
def filled(state: Path, size: Size, database: str | None = None) -> Iterator[Cloud]:
    start(state, database=database).stop()
    fill(state, size, database)
    cloud = start(state, database=database)
    try:
        yield cloud
    finally:
        cloud.stop()


class Measured(NamedTuple):
    what: str
    small_ms: float
    large_ms: float
    ratio: float


def paired(what: str, small: Callable[[], Any], large: Callable[[], Any], times: int) -> Measured:
    """The medians of both, called in turn so that what else the machine does meets both alike."""
    taken: tuple[list[float], list[float]] = ([], [])
    for call in (small, large) * 3:
        call()
    gc.collect()
    for i in range(times):
        for which in (0, 1) if i % 2 else (1, 0):
            begun = time.perf_counter()
            (small, large)[which]()
            taken[which].append((time.perf_counter() - begun) * 1000)
    first, second = (statistics.median(each) for each in taken)
    return Measured(what, first, second, second / first)


V3 = "/identity/v3"
LISTS = {
    "validate a token": f"{V3}/auth/tokens",
    "users": f"{V3}/users?limit={PAGE}",
    "users of a domain": f"{V3}/users?domain_id={DOMAIN}&limit={PAGE}",
    "users that are enabled": f"{V3}/users?enabled=true&limit={PAGE}",
    "a user by name": f"{V3}/users?name=user7",
    "users of a default project": f"{V3}/users?default_project_id=none&limit={PAGE}",
    "projects": f"{V3}/projects?limit={PAGE}",
    "projects of a domain": f"{V3}/projects?domain_id={DOMAIN}&limit={PAGE}",
    "projects below one": f"{V3}/projects?parent_id={id_of('project', 1)}&limit={PAGE}",
    "groups": f"{V3}/groups?limit={PAGE}",
    "groups of a domain": f"{V3}/groups?domain_id={DOMAIN}&limit={PAGE}",
    "credentials": f"{V3}/credentials?limit={PAGE}",
    "credentials of a user": f"{V3}/credentials?user_id={SOMEBODY}&limit={PAGE}",
    "credentials of a type": f"{V3}/credentials?type=cert&limit={PAGE}",
    "users whose name begins with": f"{V3}/users?name__startswith=user7&limit={PAGE}",
    "users whose name has in it": f"{V3}/users?name__contains=ser9999&limit={PAGE}",
    "users whose password expires": f"{V3}/users?password_expires_at=lt:2030-01-01T00:00:00Z&limit={PAGE}",
    "users by an unknown name": f"{V3}/users?name=nobody",
    "a group by name": f"{V3}/groups?name=group7",
    "a project by name": f"{V3}/projects?name=project7",
    "projects whose name has in it": f"{V3}/projects?name__contains=ject999&limit={PAGE}",
    "projects with a tag": f"{V3}/projects?tags=none&limit={PAGE}",
    "projects that are disabled": f"{V3}/projects?enabled=false&limit={PAGE}",
    "users that are disabled": f"{V3}/users?enabled=false&limit={PAGE}",
    "role assignments of a group": f"{V3}/role_assignments?group.id={id_of('group', 3)}",
    "role assignments in a project": f"{V3}/role_assignments?scope.project.id={id_of('project', 3)}",
    "role assignments of a role": f"{V3}/role_assignments?role.id=none&limit={PAGE}",
    "role assignments of the system": f"{V3}/role_assignments?scope.system=all&limit={PAGE}",
    "role assignments": f"{V3}/role_assignments?limit={PAGE}",
    "role assignments with names": f"{V3}/role_assignments?include_names&limit={PAGE}",
    "role assignments of a user": f"{V3}/role_assignments?user.id={SOMEBODY}",
    "effective ones of a user": f"{V3}/role_assignments?user.id={SOMEBODY}&effective",
    "effective ones of a user, with names": f"{V3}/role_assignments?user.id={SOMEBODY}&effective&include_names",
    "effective ones in a project": f"{V3}/role_assignments?scope.project.id={id_of('project', 3)}&effective",
    "groups of a user": f"{V3}/users/{SOMEBODY}/groups",
    "users in a group": f"{V3}/groups/{id_of('group', 3)}/users?limit={PAGE}",
    "projects of a user": f"{V3}/users/{SOMEBODY}/projects?limit={PAGE}",
    "domains": f"{V3}/domains?limit={PAGE}",
    "roles": f"{V3}/roles?limit={PAGE}",
    "services": f"{V3}/services?limit={PAGE}",
    "endpoints": f"{V3}/endpoints?limit={PAGE}",
}


@contextmanager
def databases(is_server: bool) -> Iterator[tuple[str | None, str | None]]:
    """Where the small cloud and the large one keep their rows: each in its file, or both on one server."""
    if not is_server:
        yield None, None
        return
    with postgresql.running() as url:
        asyncio.run(_create(url, "small", "large"))
        yield url.replace("/postgres?", "/small?"), url.replace("/postgres?", "/large?")


async def _create(url: str, *names: str) -> None:
    connection = await asyncpg.connect(url)
    for name in names:
        await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


def scale(folder: Path, times: int, *, is_server: bool = False) -> list[Measured]:
    """Every list of a large cloud against a small one's."""
    with (
        databases(is_server) as (first, second),
        filled(folder / "small", SMALL, first) as small,
        filled(folder / "large", LARGE, second) as large,
    ):
        found = [paired("issue a token", small.login, large.login, times)]
        for what, path in LISTS.items():
            found.append(paired(what, lambda p=path: small.get(p), lambda p=path: large.get(p), times))  # type: ignore[misc]
    return found


def against(folder: Path, other: str, times: int) -> list[Measured]:
    """The same calls in a cloud of another build, and in one of this."""
    old, new = start(folder / "old", other), start(folder / "new")
    try:
        found = [paired("issue a token", old.login, new.login, times)]
        for path in (
            f"{V3}/auth/tokens",
            f"{V3}/users",
            f"{V3}/projects",
            "/image/v2/images",
            "/compute/v2.1/flavors",
        ):
            found.append(paired(path, lambda p=path: old.get(p), lambda p=path: new.get(p), times * 5))  # type: ignore[misc]
    finally:
        old.stop()
        new.stop()
    return found


def token_against_its_parts(folder: Path, times: int) -> Measured:
    """Issuing a token, over HTTP, against a bare argon2 check and one signature in this process."""
    cloud = start(folder / "one")
    try:
        stored = passwords.hasher.hash("a password")
        key = SIGNING.newest(cloud.state)[1]
        auth = tokens.verify(cloud.token, lambda name: SIGNING.find(cloud.state, name), Auth)

        def parts() -> None:
            passwords.hasher.verify(stored, "a password")
            key.sign(auth)

        return paired("issue a token, against argon2 and a signature alone", parts, cloud.login, times)
    finally:
        cloud.stop()


def table(found: Sequence[Measured], first: str, second: str) -> str:
    lines = [f"| what | {first}, ms | {second}, ms | ratio |", "|---|---:|---:|---:|"]
    lines += [f"| {m.what} | {m.small_ms:.2f} | {m.large_ms:.2f} | {m.ratio:.2f} |" for m in found]
    return "\n".join(lines)


def section(times: int = 60) -> str:
    """What `docs/performance.md` says of it."""
    folder = Path(tempfile.mkdtemp(prefix="haneul-bench-"))
    try:
        alone = token_against_its_parts(folder, times)
        return (
            table(scale(folder, times), "a page of each", "full") + "\n\n" + table([alone], "alone", "token")
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.identity", description=__doc__)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--postgresql", action="store_true", help="only the lists, on a PostgreSQL server")
    parser.add_argument("--against", help="the `haneul` of another build")
    given = parser.parse_args()
    if not given.against and not given.postgresql:
        print(section(given.times))
        return 0
    folder = Path(tempfile.mkdtemp(prefix="haneul-bench-"))
    try:
        if given.postgresql:
            print(table(scale(folder, given.times, is_server=True), "a page of each", "full"))
            return 0
        print(table(against(folder, str(Path(given.against).absolute()), given.times), "that", "this"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

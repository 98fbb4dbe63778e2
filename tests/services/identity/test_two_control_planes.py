"""Two control planes over one PostgreSQL, as installed: what one does, the other knows at once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import postgresql
from tests.waiting import PATIENCE_S

HANEUL = str(Path(sys.executable).with_name("haneul"))
CALLS = 24
"""Each on a connection of its own: that all of them reach the same process happens once in millions."""
WRONG = "a wrong secret word"
pytestmark = pytest.mark.postgres


class Cloud:
    def __init__(self, state: Path, database: str) -> None:
        self.state = state
        shared = ("--database", database, "--control-planes", "2")
        self.run("up", "--simulate", "--services", "minimum", "--bare", "--port", "0", "--detach", *shared)
        self.http = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
        self.url = json.loads(self.run("status", "--json"))["endpoint"] + "/identity/v3"
        self.passwords: dict[str, str] = json.loads((state / "passwords.json").read_text())

    def run(self, command: str, *words: str) -> str:
        line = [HANEUL, command, "--state", str(self.state), *words]
        done = subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def call(self, token: str, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        headers = {"X-Auth-Token": token, **headers}
        return self.http.request(method, self.url + path, json=json, headers=headers)

    def login(self, name: str, password: str | None = None) -> httpx.Response:
        user = {"name": name, "domain": {"id": "default"}, "password": password or self.passwords[name]}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": name, "domain": {"id": "default"}}}
        return self.http.post(
            f"{self.url}/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}
        )

    def token(self, name: str) -> str:
        answer = self.login(name)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def answers(self, token: str) -> set[int]:
        return {self.call(token, "GET", "/auth/projects").status_code for _ in range(CALLS)}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with postgresql.running() as url:
        made = Cloud(tmp_path_factory.mktemp("two"), url)
        try:
            yield made
        finally:
            made.http.close()
            made.run("down")


def test_there_are_two_that_answer(cloud: Cloud) -> None:
    processes = json.loads(cloud.run("status", "--json"))["processes"]
    assert len([each for each in processes if each["role"].startswith("control-plane")]) == 2


def test_what_was_revoked_holds_nowhere(cloud: Cloud) -> None:
    admin = cloud.token("admin")
    ended, kept = cloud.token("demo"), cloud.token("demo")
    assert cloud.answers(ended) == cloud.answers(kept) == {200}
    assert cloud.call(ended, "DELETE", "/auth/tokens", **{"X-Subject-Token": ended}).status_code == 204
    assert cloud.answers(ended) == {401}
    assert cloud.answers(kept) == {200}
    [user] = cloud.call(admin, "GET", "/users?name=demo").json()["users"]
    for is_enabled in (False, True):
        change = {"user": {"enabled": is_enabled}}
        assert cloud.call(admin, "PATCH", f"/users/{user['id']}", change).status_code == 200
        assert cloud.answers(kept) == {401}
    assert cloud.answers(cloud.token("demo")) == {200}
    seen = [cloud.call(admin, "GET", "/OS-REVOKE/events").json()["events"] for _ in range(CALLS)]
    assert all(events == seen[0] for events in seen)
    assert {"user_id": user["id"]}.items() <= seen[0][-1].items()


def test_whoever_refused_is_found(cloud: Cloud) -> None:
    demo = cloud.token("demo")
    for _ in range(4):
        refused = cloud.call(demo, "GET", "/users")
        assert refused.status_code == 403
        assert "identity:list_users" in cloud.run("why-denied", refused.headers["x-openstack-request-id"])


def test_no_secret_is_in_any_log(cloud: Cloud) -> None:
    token = cloud.token("demo")
    assert {cloud.login("demo", WRONG).status_code for _ in range(CALLS)} == {401}
    for _ in range(CALLS):
        cloud.call(token, "POST", "/credentials", {"credential": {"type": "cert", "blob": WRONG}})
        cloud.call(WRONG, "GET", "/users")
    logs = [path.read_text() for path in (cloud.state / "log").glob("*.log")]
    assert len([log for log in logs if "/auth/tokens" in log]) == 2
    for secret in (WRONG, token, *cloud.passwords.values()):
        assert not any(secret in log for log in logs)

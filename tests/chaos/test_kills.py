"""Nothing that was accepted is lost when processes are killed at random.

A simulated cloud runs as real processes. Servers are created, and separately deleted, while control
plane and agent are killed with -9 again and again. In the end every accepted server is ACTIVE, or gone
if that was asked, and everything stored agrees.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from haneul.commands.api import read_cloud
from tests import postgresql

SERVERS = 50
KILLS = 20
HANEUL = str(Path(sys.executable).with_name("haneul"))


class Installed:
    """A cloud started by the command, as a user starts it."""

    def __init__(self, state: Path, *more: str) -> None:
        self.state = state
        self.run("up", "--simulate", "--hosts", "3", "--agent-process", "--port", "0", "--detach", *more)

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [HANEUL, words[0], "--state", str(self.state), *words[1:]],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        logs = self.state / "logs" / "control-plane.log"
        tail = logs.read_text()[-3000:] if done.returncode and logs.exists() else ""
        assert done.returncode == 0, done.stdout + done.stderr + tail
        return done.stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json"))
        return found

    def kill(self, role: str) -> bool:
        """kill -9 the process of that role; whether there was one."""
        record = json.loads((self.state / "run" / "supervisor.json").read_text())
        for child in record["children"]:
            if child["role"] == role and child.get("process"):
                try:
                    os.kill(child["process"]["pid"], signal.SIGKILL)
                except ProcessLookupError:
                    return False
                return True
        return False


class Caller:
    """A user who insists: what fails in transport is asked again, what was answered counts."""

    def __init__(self, installed: Installed) -> None:
        self.endpoint = installed.status()["endpoint"]
        self.auth = read_cloud(installed.state / "clouds.yaml", "haneul")
        self.http = httpx.Client(timeout=10)
        self.token = ""

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if not self.token:
                    self.log_in()
                headers = {"X-Auth-Token": self.token, "OpenStack-API-Version": "compute 2.79"}
                answer = self.http.request(method, self.endpoint + path, json=body, headers=headers)
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            assert answer.status_code != 500, answer.text
            return answer
        raise AssertionError("the cloud did not answer for a minute")

    def log_in(self) -> None:
        domain = {"name": "Default"}
        user = {"name": self.auth["username"], "password": self.auth["password"], "domain": domain}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": self.auth["project_name"], "domain": domain}},
            }
        }
        answer = self.http.post(f"{self.endpoint}/identity/v3/auth/tokens", json=body)
        self.token = answer.headers["X-Subject-Token"]

    def servers(self) -> dict[str, str]:
        found = self.call("GET", "/compute/v2.1/servers/detail?limit=1000").json()["servers"]
        return {s["id"]: s["status"] for s in found}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installed]:
    def cloud(*more: str) -> Iterator[Installed]:
        made = Installed(tmp_path / "cloud", *more)
        try:
            yield made
        finally:
            made.run("down")

    if request.param == "sqlite":
        yield from cloud()
    else:
        with postgresql.running() as url:
            yield from cloud("--database", url)


@pytest.mark.slow
def test_every_accepted_server_becomes_active_or_goes_as_asked(installed: Installed) -> None:
    caller = Caller(installed)
    unlimited = {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}
    project = caller.call("GET", "/identity/v3/auth/projects").json()["projects"][0]["id"]
    assert caller.call("PUT", f"/compute/v2.1/os-quota-sets/{project}", unlimited).status_code == 200
    image = caller.call("GET", "/image/v2/images").json()["images"][0]["id"]
    flavors = caller.call("GET", "/compute/v2.1/flavors").json()["flavors"]
    flavor = next(f["id"] for f in flavors if f["name"] == "tiny")
    stop = threading.Event()
    kills: list[str] = []

    def kill_at_random() -> None:
        chance = random.Random(20261121)
        while not stop.wait(chance.uniform(0.2, 0.9)):
            role = chance.choice(["control-plane", "host-agent"])
            if installed.kill(role):
                kills.append(role)

    killer = threading.Thread(target=kill_at_random)
    killer.start()
    accepted: list[str] = []
    doomed: set[str] = set()
    try:
        number = 0
        while number < SERVERS or len(kills) < KILLS:
            number += 1
            if number <= SERVERS:
                body = {
                    "name": f"s{number}",
                    "imageRef": image,
                    "flavorRef": flavor,
                    "networks": "none",
                }
                answer = caller.call("POST", "/compute/v2.1/servers", {"server": body})
                assert answer.status_code == 202, answer.text
                accepted.append(answer.json()["server"]["id"])
                if number % 4 == 0:
                    victim = accepted[-3]
                    assert caller.call("DELETE", f"/compute/v2.1/servers/{victim}").status_code in (204, 404)
                    doomed.add(victim)
            time.sleep(0.1)
            assert number < 3000
    finally:
        stop.set()
        killer.join()
    assert len(kills) >= KILLS

    expected = set(accepted) - doomed
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = caller.servers()
        if not doomed & set(found) and all(found.get(s) == "ACTIVE" for s in expected):
            break
        time.sleep(0.5)
    assert expected <= set(found)
    assert {s: found[s] for s in expected if found[s] != "ACTIVE"} == {}
    assert doomed & set(found) == set()
    assert "OK" in installed.run("verify")

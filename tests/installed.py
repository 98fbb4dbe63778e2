"""A simulated cloud of real processes that are killed, and who calls it all the while."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from haneul.commands.api import read_cloud
from tests.waiting import PATIENCE_S, looks

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
            timeout=PATIENCE_S,
            check=False,
        )
        logs = self.state / "log" / "control-plane.log"
        tail = logs.read_text()[-3000:] if done.returncode and logs.exists() else ""
        assert done.returncode == 0, done.stdout + done.stderr + tail
        return done.stdout

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--json"))
        return found

    def kill(self, role: str, how: signal.Signals = signal.SIGKILL) -> bool:
        """kill -9 the process of that role, or send it another signal; whether there was one."""
        record = json.loads((self.state / "run" / "supervisor.json").read_text())
        for child in record["children"]:
            if child["role"] == role and child.get("process"):
                try:
                    os.kill(child["process"]["pid"], how)
                except ProcessLookupError:
                    return False
                return True
        return False

    def served_by(self, answer: httpx.Response) -> int:
        """The number of the control plane that gave this answer, of several; its log has the request's line."""
        request_id = answer.headers["x-openstack-request-id"]
        for _ in looks(0.01):
            for log in self.state.glob("log/control-plane-*.log"):
                if request_id in log.read_text():
                    return int(log.stem.rpartition("-")[2])
        raise AssertionError("nobody wrote that they answered")


class Caller:
    """A user who insists: what fails in transport is asked again, what was answered counts."""

    def __init__(self, installed: Installed, cloud: str = "haneul") -> None:
        self.installed = installed
        self.endpoint = installed.status()["endpoint"]
        self.auth = read_cloud(installed.state / "clouds.yaml", cloud)
        self.http = _client()
        self.token = ""

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        for _ in looks(0.05):
            try:
                if not self.token:
                    self.log_in()
                headers = {"X-Auth-Token": self.token, "OpenStack-API-Version": "compute 2.79"}
                answer = self.http.request(method, self.endpoint + path, json=body, headers=headers)
            except httpx.HTTPError:
                continue
            assert answer.status_code != 500, answer.text
            return answer
        raise AssertionError("the cloud did not answer")

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

    def close(self) -> None:
        self.http.close()

    def reach(self, member: int) -> None:
        """The one connection leads to that control plane: the kernel chooses, so it is opened until it does."""
        for _ in looks(0.01):
            if self.installed.served_by(self.call("GET", "/compute/v2.1/flavors")) == member:
                return
            self.http.close()
            self.http = _client()
        raise AssertionError(f"control plane {member} is never reached")

    def servers(self) -> dict[str, str]:
        found = self.call("GET", "/compute/v2.1/servers/detail?limit=1000").json()["servers"]
        return {s["id"]: s["status"] for s in found}


def _client() -> httpx.Client:
    """What sends one request after another over one connection, for as long as the cloud keeps that."""
    return httpx.Client(timeout=10, limits=httpx.Limits(max_connections=1, keepalive_expiry=None))

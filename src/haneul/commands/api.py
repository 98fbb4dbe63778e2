"""The cloud's own HTTP API, as the commands use it: one call, one answer."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import click

from haneul.commands.options import require_running
from haneul.installation import Installation

TIMEOUT_S = 30


class Api:
    def __init__(self, endpoint: str, token: str) -> None:
        self._endpoint = endpoint
        self._token = token

    @classmethod
    def of(cls, installation: Installation, cloud: str = "haneul") -> Api:
        """Logged in to the cloud that runs, with the credentials in its folder."""
        endpoint = require_running(installation).endpoint
        auth = read_cloud(installation.state / "clouds.yaml", cloud)
        return cls(endpoint, _token(endpoint, auth))

    def get(self, path: str, *, tries: int = 1, **query: str) -> Any:
        """The decoded answer, of one of so many tries; a plain word and exit 1 if there is none."""
        for _ in range(tries - 1):
            with contextlib.suppress(click.ClickException):
                return self.get(path, tries=1, **query)
        url = self._endpoint + path + ("?" + urllib.parse.urlencode(query) if query else "")
        request = urllib.request.Request(url, headers={"X-Auth-Token": self._token})  # noqa: S310  # ours
        return call(request)[0]

    def post(self, path: str) -> Any:
        """The decoded answer to a request without a body."""
        url, headers = (
            self._endpoint + path,
            {"X-Auth-Token": self._token, "Content-Type": "application/json"},
        )
        return call(urllib.request.Request(url, b"", headers, method="POST"))[0]  # noqa: S310  # ours

    def server_id(self, name: str) -> str:
        """The id of the server with this name or id, in whatever project."""
        path = "/compute/v2.1/servers"
        servers = self.get(path, all_tenants="1", name=f"^{name}$")["servers"]
        exact = [server["id"] for server in servers if server["name"] == name]
        if len(exact) > 1:
            raise click.ClickException(f"{len(exact)} servers are named {name!r}; give an id.")
        return exact[0] if exact else name


def call(request: urllib.request.Request) -> tuple[Any, Any]:
    """(decoded body, headers)"""
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310  # our own address
            return json.load(answer), answer.headers
    except urllib.error.HTTPError as problem:
        with problem:
            text = problem.read().decode(errors="replace")
        raise click.ClickException(f"{problem.code} {_message(text) or problem.reason}") from None
    except OSError as problem:
        raise click.ClickException(f"The cloud does not answer: {problem}") from None


def read_cloud(path: Path, cloud: str) -> dict[str, str]:
    """The `auth` part of one cloud in a clouds.yaml of ours: nested keys and plain values, nothing else."""
    try:
        lines = path.read_text().splitlines()
    except OSError as problem:
        raise click.ClickException(f"There are no credentials: {problem}") from None
    inside: list[tuple[int, str]] = []
    auth: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.strip().partition(":")
        if not colon or key.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        inside = [*(above for above in inside if above[0] < depth), (depth, key)]
        if [name for _, name in inside[:-1]] == ["clouds", cloud, "auth"]:
            auth[key] = value.strip().strip("'\"")
    if not auth:
        raise click.ClickException(f"{path} has no cloud {cloud!r}.")
    return auth


def _token(endpoint: str, auth: dict[str, str]) -> str:
    user = {
        "name": auth["username"],
        "password": auth["password"],
        "domain": _domain(auth, "user"),
    }
    project = {"name": auth["project_name"], "domain": _domain(auth, "project")}
    identity = {"methods": ["password"], "password": {"user": user}}
    body = json.dumps({"auth": {"identity": identity, "scope": {"project": project}}}).encode()
    request = urllib.request.Request(  # noqa: S310  # our own address
        f"{endpoint}/identity/v3/auth/tokens", body, {"Content-Type": "application/json"}
    )
    token: str = call(request)[1]["X-Subject-Token"]
    return token


def _domain(auth: dict[str, str], of: str) -> dict[str, str]:
    if f"{of}_domain_id" in auth:
        return {"id": auth[f"{of}_domain_id"]}
    return {"name": auth.get(f"{of}_domain_name", "Default")}


def _message(text: str) -> str:
    """What a fault says, in whatever envelope."""
    try:
        fault = json.loads(text)
    except ValueError:
        return text.strip()[:500]
    while isinstance(fault, dict):
        message = fault.get("message")
        if isinstance(message, str):
            return message
        fault = next((value for value in fault.values() if isinstance(value, dict)), None)
    return text.strip()[:500]

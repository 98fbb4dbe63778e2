"""Stands between clients and a cloud, and notes every exchange.

The cloud's addresses in catalogues and documents become this proxy's, so that clients stay with it. After a
change it waits until the cloud has settled, so that what is asked next has one answer.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterable
from typing import Any

import httpx

KEPT = (
    "openstack-api-version", "x-openstack-nova-api-version", "content-type", "if-match", "range",
    "x-image-meta-store", "x-openstack-image-size",
)  # fmt: skip
LOGIN = "/v3/auth/tokens"
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
PEOPLE = ("x-auth-token", "x-subject-token")
DROPPED = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
MOVING = {"BUILD", "REBOOT", "HARD_REBOOT", "RESIZE", "REBUILD", "PASSWORD", "REVERT_RESIZE"}
UNSETTLED = {
    "creating",
    "extending",
    "attaching",
    "detaching",
    "deleting",
    "downloading",
    "uploading",
    "retyping",
}
OVER = 20
"""Seconds after which something that moves is taken as it is."""


class Exchange(dict[str, Any]):
    """who, method, service, path, headers, body; status, answer, token."""


class Proxy:
    """An ASGI application. `services` are the cloud's roots by our names of services."""

    def __init__(self, address: str, services: dict[str, str], admin: dict[str, Any]) -> None:
        self.address = address
        self.services = services
        self.admin = admin
        self.noted: list[Exchange] = []
        self.http = httpx.AsyncClient(timeout=300)
        self.token = ""
        self.logins: dict[bytes, httpx.Response] = {}
        self.one_at_a_time = asyncio.Lock()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        async with self.one_at_a_time:
            answer = await self._pass_on(scope, body)
        content = self._ours(answer.content, self.address)
        headers = [
            (name, self._ours(value, self.address))
            for name, value in answer.headers.raw
            if name.decode().lower() not in {*DROPPED, "content-encoding"}
        ]
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": answer.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    async def _pass_on(self, scope: dict[str, Any], body: bytes) -> httpx.Response:
        raw = scope["raw_path"].decode()
        service, _, path = raw.lstrip("/").partition("/")
        path = "/" + path
        if scope["query_string"]:
            path += "?" + scope["query_string"].decode()
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        root = self.services[service]
        if path == LOGIN and body in self.logins:  # the same person again, as with each command
            return self.logins[body]
        answer = await self.http.request(
            scope["method"],
            root + path.replace(f"{self.address}/{service}", root),
            content=body,
            headers={name: value for name, value in headers.items() if name not in DROPPED},
        )
        self._note(scope["method"], service, path, headers, body, answer)
        if answer.status_code == 401 or (
            service == "identity" and scope["method"] in CHANGES and path != LOGIN
        ):
            self.logins.clear()
        if path == LOGIN and answer.status_code == 201:
            self.logins[body] = answer
        if scope["method"] in CHANGES and answer.status_code < 300:
            await self._settled(service)
        return answer

    def _ours(self, content: bytes, address: str) -> bytes:
        for name, root in self.services.items():
            content = content.replace(root.encode() + b"/", f"{address}/{name}/".encode())
            content = content.replace(root.encode() + b'"', f'{address}/{name}"'.encode())
        return content

    def _note(
        self,
        method: str,
        service: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        answer: httpx.Response,
    ) -> None:
        noted = Exchange(method=method, service=service, path=path, status=answer.status_code)
        noted["headers"] = {name: headers[name] for name in KEPT if name in headers}
        noted["people"] = {name: headers[name] for name in PEOPLE if name in headers}
        noted["body"] = _readable(body)
        noted["answer"] = _readable(self._ours(answer.content, ""))
        noted["token"] = answer.headers.get("X-Subject-Token")
        self.noted.append(noted)

    async def _settled(self, service: str) -> None:
        """Nothing is under way in that service, or it takes too long."""
        lists = {
            "compute": ("/v2.1/servers/detail?all_tenants=1", "servers"),
            "volume": ("/v3/{project}/volumes/detail?all_tenants=1", "volumes"),
        }
        for _ in range(OVER * 4):
            waits = False
            for each in {service, "volume"} & set(lists) if service in lists else ():
                path, key = lists[each]
                answer = await self.ask(each, path)
                waits = waits or any(_moves(thing) for thing in answer[key])
            if not waits:
                return
            await asyncio.sleep(0.25)

    async def ask(self, service: str, path: str) -> Any:
        for _ in range(2):
            if not self.token:
                answer = await self.http.post(self.services["identity"] + "/v3/auth/tokens", json=self.admin)
                self.token = answer.headers["X-Subject-Token"]
                self.project = answer.json()["token"]["project"]["id"]
            url = self.services[service] + path.format(project=self.project)
            answer = await self.http.get(url, headers={"X-Auth-Token": self.token})
            if answer.status_code == 200:
                return answer.json()
            self.token = ""
        raise RuntimeError(answer.text)


def _moves(thing: dict[str, Any]) -> bool:
    return bool(
        thing["status"] in MOVING | UNSETTLED
        or thing.get("OS-EXT-STS:task_state")
        or thing.get("migration_status") in ("starting", "migrating")
    )


def _readable(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return {"bytes": base64.b64encode(content[:65536]).decode()}


def services_of(catalogue: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Where each service's documents begin, from a catalogue."""
    names = {"identity": "identity", "compute": "compute", "network": "network", "image": "image",
             "block-storage": "volume", "placement": "placement"}  # fmt: skip
    roots = {}
    for service in catalogue:
        if name := names.get(service["type"]):
            url = next(e["url"] for e in service["endpoints"] if e["interface"] == "public")
            roots[name] = url.split("/v2")[0].split("/v3")[0].rstrip("/")
    return roots

"""Record what clients send to a real cloud: `python -m tests.replay AUTH_URL ADMIN_PASSWORD CLIENT [PYTHON]`.

CLIENT is a file of `days/`: a program, or commands for openstackclient. PYTHON runs it where the client is installed
for another Python than this one's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from tests.replay.distil import distil
from tests.replay.proxy import Proxy, services_of

HERE = Path(__file__).parent
SECRET = "replay-Secret-1"


@contextlib.asynccontextmanager
async def proxied(auth_url: str, password: str) -> AsyncIterator[Proxy]:
    """A proxy before the cloud whose Keystone answers there."""
    admin = _login("admin", password, "admin")
    async with httpx.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{auth_url}/auth/tokens", json=admin)
        answer.raise_for_status()
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    proxy = Proxy(address, services_of(answer.json()["token"]["catalog"]), admin)
    server = uvicorn.Server(uvicorn.Config(proxy, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield proxy
    server.should_exit = True
    await serving
    await proxy.http.aclose()


def _login(user: str, password: str, project: str) -> dict[str, Any]:
    owner = {"name": user, "password": password, "domain": {"id": "default"}}
    identity = {"methods": ["password"], "password": {"user": owner}}
    return {
        "auth": {"identity": identity, "scope": {"project": {"name": project, "domain": {"id": "default"}}}}
    }


async def _member(proxy: Proxy, password: str, name: str) -> dict[str, str]:
    """A project and a member of it by that name, made before the eyes of the proxy; what a day may need of them."""
    url = f"{proxy.address}/identity/v3"
    async with httpx.AsyncClient(timeout=60) as http:
        login = await http.post(f"{url}/auth/tokens", json=_login("admin", password, "admin"))
        http.headers["X-Auth-Token"] = login.headers["X-Subject-Token"]
        project = (await http.post(f"{url}/projects", json={"project": {"name": name}})).json()["project"][
            "id"
        ]
        new = {"name": name, "password": SECRET, "default_project_id": project}
        user = (await http.post(f"{url}/users", json={"user": new})).json()["user"]["id"]
        roles = (await http.get(f"{url}/roles", params={"name": "member"})).json()["roles"]
        await http.put(f"{url}/projects/{project}/users/{user}/roles/{roles[0]['id']}")
    admin = login.json()["token"]["user"]["id"]
    return {"PROJECT_ID": project, "MEMBER_ID": user, "ADMIN_ID": admin, "NAME": name, "SECRET": SECRET}


async def _forget_member(proxy: Proxy, name: str) -> None:
    """Nothing of them is left in the cloud."""
    for kind in ("users", "projects"):
        for thing in (await proxy.ask("identity", f"/v3/{kind}?name={name}"))[kind]:
            url = f"{proxy.services['identity']}/v3/{kind}/{thing['id']}"
            await proxy.http.delete(url, headers={"X-Auth-Token": proxy.token})


def _clouds(proxy: Proxy, password: str, name: str) -> dict[str, Any]:
    def cloud(user: str, secret: str, project: str) -> dict[str, Any]:
        scope = {"project_name": project, "project_domain_id": "default", "user_domain_id": "default"}
        auth = {"auth_url": f"{proxy.address}/identity", "username": user, "password": secret, **scope}
        return {"auth": auth, "region_name": "RegionOne", "identity_api_version": 3}

    return {"admin": cloud("admin", password, "admin"), "member": cloud(name, SECRET, name)}


async def main(auth_url: str, password: str, client: str, python: str = sys.executable) -> None:
    name = f"replay-{client}"
    async with proxied(auth_url, password) as proxy:
        with tempfile.TemporaryDirectory() as folder:
            clouds = Path(folder, "clouds.yaml")
            clouds.write_text(json.dumps({"clouds": _clouds(proxy, password, name)}))  # JSON is YAML
            known = await _member(proxy, password, name)
            services = (await proxy.ask("compute", "/v2.1/os-services"))["services"]
            known["HOST"] = next(each["host"] for each in services if each["binary"] == "nova-compute")
            environment = {
                **os.environ,
                **{f"REPLAY_{key}": value for key, value in known.items()},
                "OS_CLIENT_CONFIG_FILE": str(clouds),
                "PYTHONPATH": str(HERE.parent.parent),
            }
            typed = HERE / "days" / f"{client}.txt"
            day = [HERE / "days" / "typed.py", typed] if typed.exists() else [HERE / "days" / f"{client}.py"]
            run = await asyncio.create_subprocess_exec(python, "-P", *day, cwd=folder, env=environment)
            await run.wait()
            await _forget_member(proxy, name)
        if raw := os.environ.get("REPLAY_RAW"):  # to look at what a cloud answered, word by word
            Path(raw).write_text(json.dumps(proxy.noted))
        lines = distil(proxy.noted, known["HOST"])
        path = HERE / "recordings" / f"{client}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
        print(len(proxy.noted), "exchanges,", len(lines), "lines")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

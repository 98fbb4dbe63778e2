"""What a new cloud is given to be of use at once, all of it through the public APIs.

`prepare` makes sure that there is an image to boot; `build` makes a small cloud's worth of things for the
project `demo`: networks, a router, a key, and the server `hello` with a volume and a floating address.
What is there already is left as it is.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from haneul.commands.api import read_cloud

EXTERNAL_CIDR = "172.31.77.0/24"
TENANT_CIDR = "10.11.0.0/24"
IMAGE = "haneul-lite"
WAIT_S = 180.0

Say = Callable[[str], None]


class DemoFailed(Exception):
    """A step did not succeed; the message says which, and what the cloud answered."""


@dataclass
class Client:
    """One user's view of the cloud."""

    state: Path
    cloud: str
    token: str = ""
    project_id: str = ""
    endpoints: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        auth = read_cloud(self.state / "clouds.yaml", self.cloud)
        domain = {"name": "Default"}
        user = {"name": auth["username"], "password": auth["password"], "domain": domain}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": {"name": auth["project_name"], "domain": domain}},
            }
        }
        answer, headers = self._send("POST", f"{auth['auth_url']}/auth/tokens", json.dumps(body).encode())
        self.token = headers["X-Subject-Token"]
        self.project_id = answer["token"]["project"]["id"]
        for entry in answer["token"]["catalog"]:
            for endpoint in entry["endpoints"]:  # a service may have none
                if endpoint["interface"] == "public":
                    self.endpoints.setdefault(entry["type"], endpoint["url"])

    def call(self, method: str, service: str, path: str, body: Any = None) -> Any:
        """The decoded answer; DemoFailed with the cloud's words otherwise."""
        raw = None if body is None else json.dumps(body).encode()
        return self._send(method, self.endpoints[service] + path, raw)[0]

    def upload(self, path: str, file: Path) -> None:
        with file.open("rb") as data:
            url = self.endpoints["image"] + path
            self._send("PUT", url, data, "application/octet-stream", str(file.stat().st_size))

    def _send(
        self, method: str, url: str, data: Any, kind: str = "application/json", length: str | None = None
    ) -> tuple[Any, Any]:
        headers = {"Content-Type": kind, "OpenStack-API-Version": "compute 2.79"}
        if self.token:
            headers["X-Auth-Token"] = self.token
        if length is not None:
            headers["Content-Length"] = length
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310  # our own address
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                raw = answer.read()
                return (json.loads(raw) if raw else None), answer.headers
        except urllib.error.HTTPError as problem:
            with problem:
                text = problem.read().decode(errors="replace")
            raise DemoFailed(f"{method} {url}: {problem.code} {text[:300]}") from None
        except OSError as problem:
            raise DemoFailed(f"{method} {url}: {problem}") from None

    def ensure(self, service: str, path: str, kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """The thing of that name, made if it is not there."""
        things = self.call("GET", service, f"{path}?name={wanted['name']}")[f"{kind}s"]
        if things:
            return dict(things[0])
        return dict(self.call("POST", service, path, {kind: wanted})[kind])


class Steps:
    """Says what is done, and how long each step took."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.taken: list[tuple[str, float]] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begun = time.monotonic()
        try:
            yield
        except DemoFailed as problem:
            raise DemoFailed(f"{name}: {problem}") from None
        seconds = time.monotonic() - begun
        self.taken.append((name, seconds))
        self._say(f"  {name:<44} {seconds:6.1f} s")


def prepare(state: Path, say: Say, *, is_simulated: bool) -> None:
    """There is an active public image."""
    admin = Client(state, "haneul")
    images = admin.call("GET", "image", f"/v2/images?name={IMAGE}&visibility=public&status=active")["images"]
    if images:
        return
    steps = Steps(say)
    file = state / "cache" / ("simulated.img" if is_simulated else "haneul-lite.qcow2")
    file.parent.mkdir(parents=True, exist_ok=True)
    if is_simulated:
        file.write_bytes(bytes(1 << 20))
    else:
        with steps.step("build a small Linux image"):
            _build_image(file)
    with steps.step("upload it"):
        wanted = {
            "name": IMAGE,
            "visibility": "public",
            "disk_format": "raw" if is_simulated else "qcow2",
            "container_format": "bare",
            "min_disk": 0,
            "haneul_simulated": str(is_simulated).lower(),
        }
        made = admin.call("POST", "image", "/v2/images", wanted)
        admin.upload(f"/v2/images/{made['id']}/file", file)


def _build_image(file: Path) -> None:
    from haneul.guest_image.builder import build as build_image

    asyncio.run(build_image(file, file.parent / "packages"))


def build(state: Path, say: Say) -> None:
    """Everything for the server `hello`, and the server, waited for until somebody can log in."""
    steps = Steps(say)
    admin, demo = Client(state, "haneul"), Client(state, "haneul-demo")
    is_simulated = bool(admin.call("GET", "haneul", "/status")["is_simulated"])
    with steps.step("networks and router"):
        external = admin.ensure(
            "network", "/v2.0/networks", "network", {"name": "external", "router:external": True}
        )
        _subnet(admin, external["id"], EXTERNAL_CIDR, enable_dhcp=False)
        network = demo.ensure("network", "/v2.0/networks", "network", {"name": "demo"})
        subnet = _subnet(demo, network["id"], TENANT_CIDR, enable_dhcp=True)
        gateway = {"network_id": external["id"]}
        router = demo.ensure(
            "network", "/v2.0/routers", "router", {"name": "demo", "external_gateway_info": gateway}
        )
        ports = demo.call(
            "GET", "network", f"/v2.0/ports?device_id={router['id']}&network_id={network['id']}"
        )
        if not ports["ports"]:
            demo.call(
                "PUT", "network", f"/v2.0/routers/{router['id']}/add_router_interface", {"subnet_id": subnet}
            )
    with steps.step("security group and key"):
        group = _security_group(demo)
        key = _key(demo, state)
    with steps.step("server with a volume"):
        server = _server(demo, network["id"], group, key)
    with steps.step("floating address"):
        address = _floating(demo, external["id"], server["id"])
    if server["status"] != "ACTIVE":
        say(f"\n  The server hello is {server['status']}, as somebody left it.")
        return
    if not is_simulated:
        with steps.step("until somebody can log in"):
            _wait_for_login(state, server["id"])
    say(f"\n  The server hello answers at {address}.")


def _subnet(client: Client, network_id: str, cidr: str, *, enable_dhcp: bool) -> str:
    subnets = client.call("GET", "network", f"/v2.0/subnets?network_id={network_id}")["subnets"]
    if subnets:
        return str(subnets[0]["id"])
    wanted = {"network_id": network_id, "cidr": cidr, "ip_version": 4, "enable_dhcp": enable_dhcp}
    return str(client.call("POST", "network", "/v2.0/subnets", {"subnet": wanted})["subnet"]["id"])


def _security_group(demo: Client) -> str:
    group = demo.ensure("network", "/v2.0/security-groups", "security_group", {"name": "login"})
    if not any(r["direction"] == "ingress" for r in group["security_group_rules"]):
        for rule in ({"protocol": "tcp", "port_range_min": 22, "port_range_max": 22}, {"protocol": "icmp"}):
            wanted = {"security_group_id": group["id"], "direction": "ingress", "ethertype": "IPv4", **rule}
            demo.call("POST", "network", "/v2.0/security-group-rules", {"security_group_rule": wanted})
    return str(group["name"])


def _key(demo: Client, state: Path) -> str:
    private = state / "demo" / "id"
    if not private.exists():
        private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", str(private)], check=True
        )
    names = [k["keypair"]["name"] for k in demo.call("GET", "compute", "/os-keypairs")["keypairs"]]
    if "demo" not in names:
        public = private.with_suffix(".pub").read_text().strip()
        demo.call("POST", "compute", "/os-keypairs", {"keypair": {"name": "demo", "public_key": public}})
    return "demo"


def _server(demo: Client, network_id: str, group: str, key: str) -> dict[str, Any]:
    """The server, once nothing is done to it; one that is there already may be in any state."""
    servers = demo.call("GET", "compute", "/servers?name=^hello$")["servers"]
    if servers:
        return _settled(demo, servers[0]["id"])
    image = demo.call("GET", "image", f"/v2/images?name={IMAGE}&status=active")["images"][0]["id"]
    flavors = demo.call("GET", "compute", "/flavors")["flavors"]
    wanted = {
        "name": "hello",
        "imageRef": image,
        "flavorRef": next(f["id"] for f in flavors if f["name"] == "tiny"),
        "networks": [{"uuid": network_id}],
        "security_groups": [{"name": group}],
        "key_name": key,
        "block_device_mapping_v2": [
            {
                "source_type": "blank",
                "destination_type": "volume",
                "volume_size": 1,
                "delete_on_termination": True,
            }
        ],
    }
    server = _settled(demo, demo.call("POST", "compute", "/servers", {"server": wanted})["server"]["id"])
    if server["status"] == "ERROR":
        raise DemoFailed(f"the server failed: {server.get('fault', {}).get('message')}")
    return server


def _settled(demo: Client, server_id: str) -> dict[str, Any]:
    server: dict[str, Any] = {}
    for _ in _until(f"server {server_id} is built"):
        server = demo.call("GET", "compute", f"/servers/{server_id}")["server"]
        if server["status"] != "BUILD" and server["OS-EXT-STS:task_state"] is None:
            break
    return server


def _floating(demo: Client, external_id: str, server_id: str) -> str:
    port = demo.call("GET", "network", f"/v2.0/ports?device_id={server_id}")["ports"][0]["id"]
    addresses = demo.call("GET", "network", f"/v2.0/floatingips?port_id={port}")["floatingips"]
    if addresses:
        return str(addresses[0]["floating_ip_address"])
    wanted = {"floating_network_id": external_id, "port_id": port}
    made = demo.call("POST", "network", "/v2.0/floatingips", {"floatingip": wanted})["floatingip"]
    return str(made["floating_ip_address"])


def _wait_for_login(state: Path, server_id: str) -> None:
    """Somebody can log in, as `haneul ssh` does it."""
    from haneul.commands.ssh import ssh_line

    admin = Client(state, "haneul")
    for _ in _until("the server lets us in"):
        try:
            reach = admin.call("GET", "haneul", f"/servers/{server_id}/reach")
        except DemoFailed:
            continue
        key = reach.get("key") or str(state / "demo" / "id")
        line = ssh_line(reach["namespace"], reach["address"], key, reach["user"], ("true",))
        line[line.index("-i") : line.index("-i")] = ["-o", "ConnectTimeout=3", "-o", "BatchMode=yes"]
        if subprocess.run(line, capture_output=True, check=False).returncode == 0:
            return


def _until(what: str) -> Iterator[None]:
    """Come back ever less often; DemoFailed after a while."""
    pause, end = 0.05, time.monotonic() + WAIT_S
    while time.monotonic() < end:
        yield
        time.sleep(pause)
        pause = min(pause * 1.5, 1.0)
    raise DemoFailed(f"gave up waiting until {what}")

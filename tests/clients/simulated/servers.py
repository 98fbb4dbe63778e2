"""What tests of servers share."""

from __future__ import annotations

from typing import Any

from tests.clients.stock import Client
from tests.waiting import looks

IMAGE = "haneul-lite"
SERVER = ("--flavor", "tiny", "--image", IMAGE)


def addresses(server: dict[str, Any]) -> list[str]:
    return [a for network in server["addresses"].values() for a in network]


def reaches(demo: Client, name: str, *wanted: str) -> None:
    """Returns when the server has these addresses, on ports that are active."""
    for _ in looks(0.05):
        ports = demo.json("port list --server", name)
        found = {f["ip_address"] for p in ports if p["Status"] == "ACTIVE" for f in p["Fixed IP Addresses"]}
        if found == set(wanted) == set(addresses(demo.json("server show", name))):
            return
    raise AssertionError(f"{name} has {found}")


def boot(demo: Client, name: str, *more: str) -> dict[str, Any]:
    """A new server; ACTIVE."""
    demo.run("server create", *SERVER, *(more or ("--network", "blue")), name)
    server = demo.settled("server", name)
    assert server["status"] == "ACTIVE", server
    return server


def becomes(demo: Client, name: str, status: str) -> None:
    """Returns when the server has the status, and nothing is done to it."""
    for _ in looks(0.05):
        if (found := demo.settled("server", name))["status"] == status:
            return
    raise AssertionError(f"{name} is {found['status']}")

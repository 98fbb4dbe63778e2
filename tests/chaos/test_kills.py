"""Nothing that was accepted is lost when processes are killed at random.

A simulated cloud runs as real processes. Servers are created, and separately deleted, while control
plane and agent are killed with -9 again and again. In the end every accepted server is ACTIVE, or gone
if that was asked, and everything stored agrees.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time

import pytest

from tests.installed import Caller, Installed

SERVERS = 50
KILLS = 20


@pytest.mark.slow
def test_every_accepted_server_becomes_active_or_goes_as_asked(installed: Installed) -> None:
    with contextlib.closing(Caller(installed)) as caller:
        _kill_while_working(installed, caller)


def _kill_while_working(installed: Installed, caller: Caller) -> None:
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
        while len(kills) < 2 * KILLS and not stop.wait(chance.uniform(0.3, 4.0)):
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
                time.sleep(0.3)
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
    wrong = [s for s in expected if found[s] != "ACTIVE"]
    assert [caller.call("GET", f"/compute/v2.1/servers/{s}").json()["server"] for s in wrong] == []
    assert doomed & set(found) == set()
    assert "OK" in installed.run("verify")

"""Servers are suspended, rescued, shelved, resized, rebuilt while processes are killed with -9 at random.

Four users take their servers from one state to another. Whatever was accepted ends in the state that it
leads to, with the flavor that it leads to; no server is left in a task, and everything stored agrees.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from typing import Any

import pytest

from tests.chaos.test_control_planes import lift_quotas
from tests.installed import Caller, Installed

KILLS = 20
USERS = 4
SERVERS = 3
"""Of each user."""

ACTIONS = {
    "ACTIVE": {
        "os-stop": "SHUTOFF",
        "pause": "PAUSED",
        "suspend": "SUSPENDED",
        "rescue": "RESCUE",
        "shelve": "SHELVED_OFFLOADED",
        "resize": "VERIFY_RESIZE",
        "reboot": "ACTIVE",
        "rebuild": "ACTIVE",
        "createImage": "ACTIVE",
    },
    "SHUTOFF": {"os-start": "ACTIVE", "rebuild": "SHUTOFF", "createImage": "SHUTOFF"},
    "PAUSED": {"unpause": "ACTIVE"},
    "SUSPENDED": {"resume": "ACTIVE"},
    "RESCUE": {"unrescue": "ACTIVE"},
    "SHELVED_OFFLOADED": {"unshelve": "ACTIVE"},
    "VERIFY_RESIZE": {"confirmResize": "ACTIVE", "revertResize": "ACTIVE"},
}
"""By status: what may be asked, and the status that it leads to."""


class User(threading.Thread):
    """Takes servers of their own through states, until told to stop; then `failed` is None, or why not."""

    def __init__(
        self, state: Installed, number: int, stop: threading.Event, image: str, flavors: dict[str, str]
    ):
        super().__init__(name=f"user-{number}")
        self.installed = state
        self.stop = stop
        self.image = image
        self.flavors = flavors
        self.chance = random.Random(number)
        self.done: Counter[str] = Counter()
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            with contextlib.closing(Caller(self.installed)) as self.caller:
                self.work()
        except BaseException as failure:
            self.failed = failure

    def work(self) -> None:
        servers = [self.created(f"{self.name}-{n}") for n in range(SERVERS)]
        while not self.stop.is_set():
            self.one_step(self.chance.choice(servers))

    def created(self, name: str) -> str:
        body = {"name": name, "imageRef": self.image, "flavorRef": self.flavors["little"], "networks": "none"}
        answer = self.caller.call("POST", "/compute/v2.1/servers", {"server": body})
        assert answer.status_code == 202, answer.text
        server: str = answer.json()["server"]["id"]
        self.settled(server, "ACTIVE")
        return server

    def settled(self, server: str, *statuses: str) -> dict[str, Any]:
        """The server once it is in no task, and has one of these statuses."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = self.caller.call("GET", f"/compute/v2.1/servers/{server}")
            found: dict[str, Any] = answer.json()["server"]
            if found["OS-EXT-STS:task_state"] is None and found["status"] in statuses:
                return found
            time.sleep(0.05)
        raise AssertionError(f"did not end in {statuses}: {found}")

    def one_step(self, server: str) -> None:
        """One action; when its answer was lost with the process, and it is refused the second time, it may
        have been accepted the first time."""
        before = self.settled(server, *ACTIONS)
        action, status = self.chance.choice(list(ACTIONS[before["status"]].items()))
        flavor = before["flavor"]["original_name"]
        other = next(name for name in self.flavors if name != flavor)
        given: dict[str, Any] = {
            "resize": {"flavorRef": self.flavors[other]},
            "reboot": {"type": "HARD"},
            "rebuild": {"imageRef": self.image},
            "createImage": {"name": "of a server"},
        }
        body = {action: given.get(action)}
        answer = self.caller.call("POST", f"/compute/v2.1/servers/{server}/action", body)
        if answer.status_code == 409:
            self.settled(server, before["status"], status)
            return
        assert answer.status_code < 300, answer.text
        after = self.settled(server, status)
        if action == "createImage":
            image = self.caller.call("GET", f"/image/v2/images/{answer.json()['image_id']}").json()
            assert image.get("status") == "active", image
        becomes = other if action in ("resize", "revertResize") else flavor
        assert after["flavor"]["original_name"] == becomes, (action, before, after)
        self.done[action] += 1


def new_flavor(caller: Caller, name: str, ram: int) -> str:
    body = {"flavor": {"name": name, "vcpus": 1, "ram": ram, "disk": 1}}
    made: dict[str, Any] = caller.call("POST", "/compute/v2.1/flavors", body).json()["flavor"]
    return str(made["id"])


@pytest.mark.slow
def test_every_accepted_action_ends_where_it_leads(installed: Installed) -> None:
    with contextlib.closing(Caller(installed)) as caller:
        lift_quotas(caller)
        image = caller.call("GET", "/image/v2/images").json()["images"][0]["id"]
        flavors = {name: new_flavor(caller, name, ram) for name, ram in (("little", 128), ("more", 256))}
        stop = threading.Event()
        users = [User(installed, n, stop, image, flavors) for n in range(USERS)]
        for user in users:
            user.start()
        chance = random.Random(20261121)
        kills = 0
        while kills < KILLS and all(user.is_alive() for user in users):
            time.sleep(chance.uniform(0.3, 3.0))
            kills += installed.kill(chance.choice(["control-plane", "host-agent"]))
        stop.set()
        for user in users:
            user.join()
        assert [user.failed for user in users if user.failed] == []
        done = sum((user.done for user in users), Counter())
        missing = {action for actions in ACTIONS.values() for action in actions} - set(done)
        assert not missing, done
        assert len(caller.servers()) == USERS * SERVERS
    assert "OK" in installed.run("verify")

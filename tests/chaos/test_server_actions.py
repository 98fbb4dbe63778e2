"""Servers are suspended, rescued, shelved, resized, rebuilt while processes are killed with -9 at random.

Four users take their servers from one state to another. Whatever was accepted ends in the state that it
leads to, with the flavor that it leads to; no server is left in a task, and everything stored agrees.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.chaos.test_control_planes import lift_quotas
from tests.chaos.users import User, kill_while_they_work
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


class Actor(User):
    """Takes servers of their own through their states."""

    def __init__(self, installed: Installed, number: int, image: str, flavors: dict[str, str]) -> None:
        super().__init__(installed, number)
        self.image = image
        self.flavors = flavors

    def begin(self) -> None:
        self.servers = [self.created(f"{self.name}-{n}") for n in range(SERVERS)]

    def created(self, name: str) -> str:
        body = {"name": name, "imageRef": self.image, "flavorRef": self.flavors["little"], "networks": "none"}
        answer = self.caller.call("POST", "/compute/v2.1/servers", {"server": body})
        assert answer.status_code == 202, answer.text
        server: str = answer.json()["server"]["id"]
        self.settled(server, "ACTIVE")
        return server

    def settled(self, server: str, *statuses: str) -> dict[str, Any]:
        """The server once it is in no task, and has one of these statuses."""
        return self.eventually(
            f"/compute/v2.1/servers/{server}",
            "server",
            lambda s: s["OS-EXT-STS:task_state"] is None and s["status"] in statuses,
        )

    def one_step(self) -> None:
        """One action; when its answer was lost with the process, and it is refused the second time, it may
        have been accepted the first time."""
        server = self.chance.choice(self.servers)
        before = self.settled(server, *ACTIONS)
        action, status = self.least_done(ACTIONS[before["status"]].items(), name=lambda each: each[0])
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
        users = [Actor(installed, n, image, flavors) for n in range(USERS)]
        every = {action for actions in ACTIONS.values() for action in actions}
        kill_while_they_work(installed, users, KILLS, kinds=every)
        # and perhaps a few more: those whose answer was lost with the process, so that they were asked for again
        assert {server for user in users for server in user.servers} <= caller.servers().keys()
    assert "OK" in installed.run("verify")

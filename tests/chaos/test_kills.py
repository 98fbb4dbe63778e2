"""Nothing that was accepted is lost when processes are killed at random.

A simulated cloud runs as real processes. Servers are created, and separately deleted, while control
plane and agent are killed with -9 again and again. In the end every accepted server is ACTIVE, or gone
if that was asked, and everything stored agrees.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.chaos.test_control_planes import lift_quotas, new_servers
from tests.chaos.users import User, kill_while_they_work
from tests.installed import Caller, Installed
from tests.waiting import looks

SERVERS = 50
KILLS = 20


class Creator(User):
    """Creates one server after another, and deletes every fourth; waits for none of them."""

    def __init__(self, installed: Installed, number: int, wish: dict[str, Any]) -> None:
        super().__init__(installed, number)
        self.wish = wish
        self.accepted: list[str] = []
        self.doomed: set[str] = set()

    def one_step(self) -> None:
        answer = self.caller.call("POST", "/compute/v2.1/servers", {"server": self.wish})
        assert answer.status_code == 202, answer.text
        self.accepted.append(answer.json()["server"]["id"])
        if len(self.accepted) % 4 == 0:
            victim = self.accepted[-3]
            answer = self.caller.call("DELETE", f"/compute/v2.1/servers/{victim}")
            assert answer.status_code in (204, 404), answer.text
            self.doomed.add(victim)
        if len(self.accepted) >= SERVERS:
            self.done["all servers"] += 1
        self.must_stop.wait(0.1)


@pytest.mark.slow
def test_every_accepted_server_becomes_active_or_goes_as_asked(installed: Installed) -> None:
    with contextlib.closing(Caller(installed)) as caller:
        lift_quotas(caller)
        creator = Creator(installed, 0, new_servers(caller) | {"min_count": 1})
        kill_while_they_work(installed, [creator], KILLS, kinds=["all servers"], steps=4)
        expected = set(creator.accepted) - creator.doomed
        servers: dict[str, str] = {}
        for _ in looks(0.5):
            servers = caller.servers()
            if not creator.doomed & set(servers) and all(servers.get(s) == "ACTIVE" for s in expected):
                break
        assert expected <= set(servers)
        wrong = [s for s in expected if servers[s] != "ACTIVE"]
        assert [caller.call("GET", f"/compute/v2.1/servers/{s}").json()["server"] for s in wrong] == []
        assert creator.doomed & set(servers) == set()
    assert "OK" in installed.run("verify")

"""Backups are made, added to, restored and deleted while processes are killed with -9 at random.

What was accepted ends as it should: a backup is there and whole or is an error, what was restored has the size that
was backed up, what was deleted is gone from the books, and everything stored agrees.
"""

from __future__ import annotations

import contextlib

import pytest

from tests.chaos.test_control_planes import lift_quotas
from tests.chaos.users import User, kill_while_they_work
from tests.installed import Caller, Installed

KILLS = 12
USERS = 3
V3 = "/volume/v3"
KINDS = {"back up", "add to it", "restore over", "restore to a new one", "delete"}


class Keeper(User):
    """Has a volume, and backups of it in a line."""

    def __init__(self, installed: Installed, number: int) -> None:
        super().__init__(installed, number)
        self.backups: list[str] = []

    def begin(self) -> None:
        self.volume = self.made(self.caller.call("POST", f"{V3}/volumes", {"volume": {"size": 1}}).json())

    def made(self, answer: dict) -> str:
        volume: str = answer["volume"]["id"]
        self.eventually(f"{V3}/volumes/{volume}", "volume", lambda v: v.get("status") == "available")
        return volume

    def one_step(self) -> None:
        if not self.backups:
            self.back_up()
            return
        kinds = {
            "add to it": self.add,
            "restore over": self.restore_over,
            "restore to a new one": self.restore_to_new,
            "delete": self.delete,
        }
        kinds[self.least_done(kinds, name=str)]()

    def back_up(self, *, incremental: bool = False) -> None:
        wish = {"volume_id": self.volume, "incremental": incremental}
        answer = self.accepted(f"{V3}/backups", {"backup": wish})
        backup = answer["backup"]["id"]
        self.eventually(f"{V3}/backups/{backup}", "backup", lambda b: b.get("status") == "available")
        self.volume_is_free(self.volume)
        self.backups.append(backup)
        self.done["add to it" if incremental else "back up"] += 1

    def accepted(self, path: str, body: dict) -> dict:
        """The answer to it. Where one was lost with the process, that work is waited for, and more is asked for."""
        while (answer := self.caller.call("POST", path, body)).status_code == 400:
            assert "backing-up" in answer.text or "restoring" in answer.text, answer.text
            self.volume_is_free(self.volume)
            if self.backups:
                self.restored()
        assert answer.status_code == 202, answer.text
        return answer.json()

    def add(self) -> None:
        self.back_up(incremental=True)

    def volume_is_free(self, volume: str) -> None:
        self.eventually(f"{V3}/volumes/{volume}", "volume", lambda v: v.get("status") == "available")

    def restore_over(self) -> None:
        path = f"{V3}/backups/{self.backups[-1]}/restore"
        answer = self.caller.call("POST", path, {"restore": {"volume_id": self.volume}})
        assert answer.status_code in (202, 400), answer.text  # 400: accepted the first time
        self.volume_is_free(self.volume)
        self.done["restore over"] += 1

    def restore_to_new(self) -> None:
        self.restored()
        answer = self.accepted(f"{V3}/backups/{self.backups[-1]}/restore", {"restore": {}})
        new = answer["restore"]["volume_id"]
        self.volume_is_free(new)
        self.caller.call("DELETE", f"{V3}/volumes/{new}")
        self.eventually(f"{V3}/volumes/{new}", "itemNotFound", lambda v: v.get("code") == 404)
        self.done["restore to a new one"] += 1

    def restored(self) -> None:
        """Nothing is done with the latest any more."""
        path = f"{V3}/backups/{self.backups[-1]}"
        self.eventually(path, "backup", lambda b: b.get("status") == "available")

    def delete(self) -> None:
        """All of the line, the latest first; others wait for those whose answer was lost with the process."""
        while self.backups:
            self.restored()
            path = f"{V3}/backups/{self.backups.pop()}"
            answer = self.caller.call("DELETE", path)
            if answer.status_code == 400 and "Incremental backups exist" in answer.text:
                continue
            assert answer.status_code in (202, 400, 404), answer.text
            self.eventually(path, "itemNotFound", lambda b: b.get("code") == 404)
        self.done["delete"] += 1


@pytest.mark.slow
def test_every_accepted_backup_is_finished(installed: Installed) -> None:
    with contextlib.closing(Caller(installed)) as caller:
        lift_quotas(caller)
        limits = {"volumes": -1, "gigabytes": -1, "backups": -1, "backup_gigabytes": -1}
        project = caller.call("GET", "/identity/v3/auth/projects").json()["projects"][0]["id"]
        answer = caller.call("PUT", f"{V3}/os-quota-sets/{project}", {"quota_set": limits})
        assert answer.status_code == 200
        users = [Keeper(installed, n) for n in range(USERS)]
        kill_while_they_work(installed, users, KILLS, kinds=KINDS)
    assert "OK" in installed.run("verify")

"""Volumes and snapshots come, grow, are attached and go while processes are killed with -9 at random.

Each of three users has a server and a few volumes. What was accepted ends as it should: volumes have the size
that was asked for, snapshots and images are there, what was deleted is gone, what was attached is in use on
that server and nothing else, and everything stored agrees.
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from tests.chaos.test_control_planes import lift_quotas, new_servers
from tests.chaos.users import User, kill_while_they_work
from tests.installed import Caller, Installed

KILLS = 20
USERS = 3
VOLUMES = 3
"""Of each user."""

V3 = "/volume/v3"

KINDS = {
    "create from nothing", "create from an image", "create from a snapshot", "extend", "attach", "detach",
    "snapshot", "delete a snapshot", "make an image", "delete",
}  # fmt: skip


class Keeper(User):
    """Has volumes, and a server that they can be attached to."""

    def __init__(self, installed: Installed, number: int, image: str, server: dict[str, Any]) -> None:
        super().__init__(installed, number)
        self.image = image
        self.wish = server
        self.volumes: list[str] = []

    def begin(self) -> None:
        answer = self.caller.call("POST", "/compute/v2.1/servers", {"server": self.wish})
        assert answer.status_code == 202, answer.text
        self.server: str = answer.json()["server"]["id"]
        self.eventually(f"/compute/v2.1/servers/{self.server}", "server", lambda s: s["status"] == "ACTIVE")

    def one_step(self) -> None:
        if len(self.volumes) < VOLUMES:
            self.create(self.chance.choice([{}, {"imageRef": self.image}]))
            return
        volume = self.chance.choice(self.volumes)
        status = self.settled(volume, "available", "in-use")["status"]
        if status == "in-use":
            self.detach(volume)
        else:
            kinds = {
                "extend": self.extend,
                "attach": self.attach,
                "snapshot": self.snapshot,
                "make an image": self.make_image,
                "delete": self.delete,
            }
            kinds[self.least_done(kinds, name=str)](volume)

    def settled(self, volume: str, *statuses: str, size: int = 0) -> dict[str, Any]:
        return self.eventually(
            f"{V3}/volumes/{volume}", "volume", lambda v: v.get("status") in statuses and v["size"] >= size
        )

    def create(self, wish: dict[str, Any]) -> None:
        answer = self.caller.call("POST", f"{V3}/volumes", {"volume": {"size": 1, **wish}})
        assert answer.status_code == 202, answer.text
        volume = answer.json()["volume"]["id"]
        made = self.settled(volume, "available")
        assert "imageRef" not in wish or made["volume_image_metadata"]["image_id"] == self.image
        self.volumes.append(volume)
        self.done[
            "create from " + ("an image" if "imageRef" in wish else "a snapshot" if wish else "nothing")
        ] += 1

    def extend(self, volume: str) -> None:
        size = self.settled(volume, "available")["size"] + 1
        body = {"os-extend": {"new_size": size}}
        answer = self.caller.call("POST", f"{V3}/volumes/{volume}/action", body)
        assert answer.status_code in (202, 400), answer.text  # 400: accepted the first time
        assert self.settled(volume, "available", size=size)["size"] == size
        self.done["extend"] += 1

    def attach(self, volume: str) -> None:
        path = f"/compute/v2.1/servers/{self.server}/os-volume_attachments"
        answer = self.caller.call("POST", path, {"volumeAttachment": {"volumeId": volume}})
        assert answer.status_code in (200, 400, 409), answer.text
        (held,) = self.settled(volume, "in-use")["attachments"]
        assert held["server_id"] == self.server
        self.done["attach"] += 1

    def detach(self, volume: str) -> None:
        path = f"/compute/v2.1/servers/{self.server}/os-volume_attachments/{volume}"
        answer = self.caller.call("DELETE", path)
        assert answer.status_code in (202, 400, 404, 409), answer.text  # 400: accepted the first time
        assert self.settled(volume, "available")["attachments"] == []
        self.done["detach"] += 1

    def snapshot(self, volume: str) -> None:
        """A snapshot, a volume made of it that takes the place of another, and the snapshot's end."""
        answer = self.caller.call("POST", f"{V3}/snapshots", {"snapshot": {"volume_id": volume}})
        assert answer.status_code == 202, answer.text
        snapshot = answer.json()["snapshot"]
        path = f"{V3}/snapshots/{snapshot['id']}"
        self.eventually(path, "snapshot", lambda s: s.get("status") == "available")
        self.done["snapshot"] += 1
        self.create({"snapshot_id": snapshot["id"], "size": snapshot["size"]})
        self.delete(self.volumes[-1])
        answer = self.caller.call("DELETE", path)
        assert answer.status_code in (202, 400, 404), answer.text
        self.eventually(path, "itemNotFound", lambda s: s.get("code") == 404)
        self.done["delete a snapshot"] += 1

    def make_image(self, volume: str) -> None:
        body = {"os-volume_upload_image": {"image_name": "of a volume", "disk_format": "qcow2"}}
        answer = self.caller.call("POST", f"{V3}/volumes/{volume}/action", body)
        if answer.status_code == 202:
            image = answer.json()["os-volume_upload_image"]["image_id"]
            self.settled(volume, "available")
            self.eventually(f"/image/v2/images/{image}", "image", lambda i: i.get("status") == "active")
            self.done["make an image"] += 1
        else:
            assert answer.status_code == 400, answer.text

    def delete(self, volume: str) -> None:
        """Gone, unless it has snapshots: those whose answer was lost with the process."""
        answer = self.caller.call("DELETE", f"{V3}/volumes/{volume}")
        assert answer.status_code in (202, 400, 404), (
            answer.text
        )  # 400: accepted the first time, or snapshots
        held = self.caller.call("GET", f"{V3}/snapshots?volume_id={volume}").json()["snapshots"]
        if answer.status_code == 400 and held:
            return
        self.eventually(f"{V3}/volumes/{volume}", "itemNotFound", lambda v: v.get("code") == 404)
        self.volumes.remove(volume)
        self.done["delete"] += 1


@pytest.mark.slow
def test_every_accepted_change_of_a_volume_is_finished(installed: Installed) -> None:
    with contextlib.closing(Caller(installed)) as caller:
        lift_quotas(caller)
        unlimited = {"quota_set": {"volumes": -1, "snapshots": -1, "gigabytes": -1}}
        project = caller.call("GET", "/identity/v3/auth/projects").json()["projects"][0]["id"]
        assert caller.call("PUT", f"{V3}/os-quota-sets/{project}", unlimited).status_code == 200
        wish = new_servers(caller) | {"min_count": 1}
        users = [Keeper(installed, n, str(wish["imageRef"]), wish) for n in range(USERS)]
        kill_while_they_work(installed, users, KILLS, kinds=KINDS)
    assert "OK" in installed.run("verify")

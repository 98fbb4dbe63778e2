"""Objects survive kill -9 of the control plane while they are put, overwritten, copied and deleted.

What was acknowledged is there whole, what was not is there whole or not at all, and in the end no data is left of
what nobody has.
"""

from __future__ import annotations

import contextlib
import random

import httpx
import pytest

from tests.chaos.test_images import eventually_verified
from tests.chaos.users import User, kill_while_they_work
from tests.installed import Caller, Installed

KILLS = 8
SIZES = (100, 40_000, 1 << 20)
KINDS = ("put", "copy", "delete", "large")


def data_of(name: str, size: int) -> bytes:
    return random.Random(f"{name} {size}").randbytes(size)


class ObjectUser(User):
    """Remembers of each name what it may hold: what was said to be there, or what was last tried."""

    def begin(self) -> None:
        project = self.caller.call("GET", "/identity/v3/auth/projects").json()["projects"][0]["id"]
        self.url = f"/object-store/v1/AUTH_{project}/{self.name}"
        self.may_be: dict[str, set[bytes | None]] = {}
        assert self.send("PUT", "") is not None

    def send(self, method: str, path: str, content: bytes = b"", **headers: str) -> httpx.Response | None:
        """The answer; None if there was none, so that nobody knows what became of it."""
        if not self.caller.token:
            self.caller.call("GET", "/identity/v3/auth/projects")
        headers = {"X-Auth-Token": self.caller.token, **headers}
        url = f"{self.caller.endpoint}{self.url}{path}"
        try:
            return self.caller.http.request(method, url, content=content, headers=headers)
        except httpx.HTTPError:
            return None

    def one_step(self) -> None:
        kind = self.least_done(KINDS, name=str)
        name = f"o{self.chance.randint(0, 5)}"
        known = self.may_be.setdefault(name, {None})
        if kind in ("put", "large"):
            content = data_of(
                f"{self.name} {self.steps}", max(SIZES) if kind == "large" else self.chance.choice(SIZES)
            )
            self.tried(name, content, self.send("PUT", f"/{name}", content), (201,))
        elif kind == "delete":
            self.tried(name, None, self.send("DELETE", f"/{name}"), (204, 404))
        elif len(known) == 1:
            (content,) = known
            other = f"{name}-copy"
            self.may_be.setdefault(other, {None})
            answer = self.send("COPY", f"/{name}", Destination=f"{self.name}/{other}")
            if content is not None:
                self.tried(other, content, answer, (201,))
            elif answer is not None:
                assert answer.status_code == 404, answer.text
        self.done[kind] += 1

    def tried(
        self, name: str, content: bytes | None, answer: httpx.Response | None, right: tuple[int, ...]
    ) -> None:
        if answer is None:
            self.may_be[name].add(content)
        else:
            assert answer.status_code in right, answer.text
            self.may_be[name] = {content}


@pytest.mark.slow
def test_objects_are_whole_or_not_at_all(installed: Installed) -> None:
    users = [ObjectUser(installed, number) for number in range(3)]
    kill_while_they_work(installed, users, KILLS, kinds=KINDS, steps=30, roles=["control-plane"])
    with contextlib.closing(Caller(installed)) as caller:
        for user in users:
            user.caller = caller
            for name, known in user.may_be.items():
                answer = caller.call("GET", f"{user.url}/{name}")
                there = answer.content if answer.status_code == 200 else None
                assert there in known, (
                    f"{user.name}/{name}: {answer.status_code}, {len(answer.content)} bytes"
                )
        assert eventually_verified(installed)

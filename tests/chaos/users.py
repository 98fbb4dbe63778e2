"""People who go on working while processes are killed with -9 at random."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tests.installed import Caller, Installed

PATIENCE_S = 60


class User(threading.Thread):
    """Does one step after another until told to stop; then `failed` is None, or why not."""

    def __init__(self, installed: Installed, number: int) -> None:
        super().__init__(name=f"user-{number}")
        self.installed = installed
        self.must_stop = threading.Event()
        self.chance = random.Random(number)
        self.done: Counter[str] = Counter()
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            with contextlib.closing(Caller(self.installed)) as self.caller:
                self.begin()
                while not self.must_stop.is_set():
                    self.one_step()
        except BaseException as failure:
            self.failed = failure

    def begin(self) -> None:
        """Make what the steps work on."""

    def one_step(self) -> None:
        raise NotImplementedError

    def eventually(self, path: str, kind: str, is_right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The resource of that kind at that path, once it is as it should be."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found: dict[str, Any] = self.caller.call("GET", path).json()
            found = found.get(kind, found)
            if is_right(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{kind} did not become what it should: {found}")


def kill_while_they_work(installed: Installed, users: Sequence[User], kills: int) -> Counter[str]:
    """What all of them did while so many processes died; raises what went wrong for one of them."""
    for user in users:
        user.start()
    chance = random.Random(20261121)
    killed = 0
    while killed < kills and all(user.is_alive() for user in users):
        time.sleep(chance.uniform(0.3, 3.0))
        killed += installed.kill(chance.choice(["control-plane", "host-agent"]))
    for user in users:
        user.must_stop.set()
    for user in users:
        user.join()
    for user in users:
        if user.failed is not None:
            raise user.failed
    return sum((user.done for user in users), Counter())

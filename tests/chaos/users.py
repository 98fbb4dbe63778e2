"""People who go on working while processes are killed with -9 at random.

How often somebody dies is measured in what the users get done, not in seconds: a slow machine is killed less
often, and everything that is to be tried is tried on it too.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from tests.installed import Caller, Installed
from tests.waiting import PATIENCE_S, looks

SEED = 20261121
AT_ONCE = 0.2
"""So often a process that has just come back is killed before anybody has got anything done."""

T = TypeVar("T")


class User(threading.Thread):
    """Does one step after another until told to stop; then `failed` is None, or why not."""

    def __init__(self, installed: Installed, number: int) -> None:
        super().__init__(name=f"user-{number}")
        self.installed = installed
        self.must_stop = threading.Event()
        self.chance = random.Random(number)
        self.steps = 0
        self.done: Counter[str] = Counter()
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            with contextlib.closing(Caller(self.installed)) as self.caller:
                self.begin()
                while not self.must_stop.is_set():
                    self.one_step()
                    self.steps += 1
        except BaseException as failure:
            self.failed = failure

    def begin(self) -> None:
        """Make what the steps work on."""

    def one_step(self) -> None:
        raise NotImplementedError

    def least_done(self, kinds: Iterable[T], name: Callable[[T], str]) -> T:
        """One of those kinds of steps that were done least often, so that each has its turn."""
        shuffled = list(kinds)
        self.chance.shuffle(shuffled)
        return min(shuffled, key=lambda kind: self.done[name(kind)])

    def eventually(self, path: str, kind: str, is_right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The resource of that kind at that path, once it is as it should be."""
        shown: dict[str, Any] = {}
        for _ in looks(0.05):
            shown = self.caller.call("GET", path).json()
            shown = shown.get(kind, shown)
            if is_right(shown):
                return shown
        raise AssertionError(f"{kind} did not become what it should: {shown}")


def kill_while_they_work(
    installed: Installed,
    users: Sequence[User],
    kills: int,
    *,
    kinds: Iterable[str] = (),
    steps: int = 10,
    roles: Sequence[str] = ("control-plane", "host-agent"),
) -> Counter[str]:
    """What all of them did while so many processes died; raises what went wrong for one of them.

    Up to `steps` steps of theirs lie between two deaths. It goes on until each of `kinds` was done, too.
    """
    for user in users:
        user.start()
    chance = random.Random(SEED)
    killed = 0
    wanted = set(kinds)
    try:
        while killed < kills or wanted - _done(users).keys():
            if chance.random() >= AT_ONCE and not _wait_for_steps(users, chance.randint(1, steps)):
                break
            time.sleep(chance.uniform(0, 0.3))  # not always right after a step
            killed += installed.kill(chance.choice(roles))
    finally:
        for user in users:
            user.must_stop.set()
        for user in users:
            user.join()
    for user in users:
        if user.failed is not None:
            raise user.failed
    assert killed >= kills
    return _done(users)


def _wait_for_steps(users: Sequence[User], steps: int) -> bool:
    """Whether they took so many more steps; they did not if one of them has ended."""
    begun = sum(user.steps for user in users)
    end = time.monotonic() + PATIENCE_S
    while sum(user.steps for user in users) < begun + steps:
        if not all(user.is_alive() for user in users):
            return False
        assert time.monotonic() < end, f"nobody got anything done in {PATIENCE_S} s"
        time.sleep(0.01)
    return True


def _done(users: Sequence[User]) -> Counter[str]:
    return sum((Counter(user.done) for user in users), Counter())

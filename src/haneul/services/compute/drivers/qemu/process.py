"""QEMU processes: started with little privilege and nothing inherited, found again by pid, ended.

A process is never believed to be a machine's because of its pid alone, which the kernel gives away again:
its command line must name the machine.

QEMU's own `-daemonize` cannot be used together with a sandbox that denies forks, and an asyncio subprocess
would be killed with its transport; so the process is spawned plainly, in a session of its own, and watched
through a pidfd, which works for processes that are not ours any more, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from haneul.services.compute.drivers.qemu.privileges import Account

FIRST_PASSED_FD = 100


def spawn(
    command: Sequence[str], folder: Path, log: Path, account: Account | None, fds: Sequence[int]
) -> int:
    """The pid of the running command, whose folder is `folder`; `fds` are its descriptors 100, 101, ..."""
    launcher = ["env", "-C", str(folder), *_dropping(account), *command]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
        *((os.POSIX_SPAWN_DUP2, fd, FIRST_PASSED_FD + i) for i, fd in enumerate(fds)),
    ]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    return os.posix_spawnp("env", launcher, environment, file_actions=actions, setsid=True)


def _dropping(account: Account | None) -> list[str]:
    if account is None:
        return []
    groups = ",".join(str(group) for group in account.groups)
    keep = [f"--groups={groups}"] if groups else ["--clear-groups"]
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", *keep, "--no-new-privs"]


def runs(pid: int, mark: str) -> bool:
    """Whether the process lives and has `mark` as a word of its command line."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return mark.encode() in words


def is_alive(pid: int) -> bool:
    """Whether the process still executes; one that has ended is reaped on the way if it was our child."""
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


async def wait_gone(pid: int, timeout_s: float) -> bool:
    """Whether the process ended within the time."""
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.add_reader(pidfd, lambda: ended.done() or ended.set_result(None))
    try:
        await asyncio.wait_for(ended, timeout_s)
    except TimeoutError:
        return not is_alive(pid)
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
    is_alive(pid)
    return True


async def kill(pid: int, mark: str) -> None:
    """The machine's process is gone, without asking it."""
    if runs(pid, mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await wait_gone(pid, 10)

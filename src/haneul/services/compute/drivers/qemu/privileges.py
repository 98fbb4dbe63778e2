"""The account that QEMU runs as: one of its own, which can do nothing but run machines.

Files that a machine uses are given to that account when it gets them, and it may pass through the folders
above them, but list none. Where it cannot (a state folder below somebody's private home, say), no machine is
started: none ever runs as root because of how a folder happens to be. Who wants that says so with the option
`user` being empty. An agent that is not root runs machines as its own user; the sandbox and no-new-privileges
hold either way.
"""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from haneul.kernel.errors import ImpossibleHere

_KVM = Path("/dev/kvm")
OURS = 3
"""The host's folder, that of all hosts, and the state folder."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    may_use_kvm: bool = False


def find(name: str, folder: Path) -> Account | None:
    """The account `name`, made if need be; None if machines are to run as the agent's user.

    ImpossibleHere if it could not reach what is in `folder`, which is three levels below the state folder.
    """
    if not name or os.geteuid() != 0:
        return None
    for ours in folder.resolve().parents[:OURS]:
        ours.chmod(stat.S_IMODE(ours.stat().st_mode) | stat.S_IXOTH)
    if closed := _closed(folder):
        raise ImpossibleHere(
            f"The account {name}, which runs machines, cannot pass through {closed}. Choose a state folder "
            f"elsewhere (--state), let others pass (chmod o+x {closed}), or have machines run as root with the "
            "agent's option hypervisor.user= (empty)."
        )
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        _make(name)
        entry = pwd.getpwnam(name)
    return _account(entry)


def give(path: Path, account: Account | None) -> None:
    """The account may read and write the file, and others may not; ImpossibleHere if it cannot get there."""
    if account is None or not path.is_file():
        return
    if closed := _closed(path):
        raise ImpossibleHere(f"The account that runs machines cannot pass through {closed} to {path}.")
    if path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _closed(folder: Path) -> Path | None:
    """The outermost folder above through which not everybody may pass."""
    closed = [each for each in folder.resolve().parents if not each.stat().st_mode & stat.S_IXOTH]
    return closed[-1] if closed else None


def _make(name: str) -> None:
    command = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        name,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode not in (0, 9):  # 9: somebody else has just made it
        raise ImpossibleHere(f"The account {name} could not be made: {done.stderr.strip()}")


def _account(entry: pwd.struct_passwd) -> Account:
    """With the group that may use /dev/kvm, if it has one."""
    try:
        kvm = _KVM.stat()
    except FileNotFoundError:
        return Account(entry.pw_uid, entry.pw_gid)
    by_group = kvm.st_mode & stat.S_IRGRP and kvm.st_gid != 0
    groups = (kvm.st_gid,) if by_group else ()
    return Account(entry.pw_uid, entry.pw_gid, groups, bool(by_group or kvm.st_mode & stat.S_IROTH))

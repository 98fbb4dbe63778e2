"""The account that QEMU runs as: one of its own, which can do nothing but run machines.

Files that a machine uses are given to that account when it gets them. Where the account cannot reach
the host's folder (a private home directory, say), or the agent is not root, machines run as the agent's
own user; the sandbox and no-new-privileges hold either way.
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


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int
    groups: tuple[int, ...] = ()
    may_use_kvm: bool = False


def find(name: str, folder: Path) -> Account | None:
    """The account `name`, made if need be; None when machines in `folder` must run as the agent's user."""
    if not name or os.geteuid() != 0 or not _is_open_to_all(folder):
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        _make(name)
        entry = pwd.getpwnam(name)
    return _account(entry)


def give(path: Path, account: Account | None) -> None:
    """The account may read and write the file, and others may not."""
    if account is not None and path.is_file() and path.stat().st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _is_open_to_all(folder: Path) -> bool:
    """Whether anybody may pass through the folder's parents; the folder itself is ours to open."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in folder.resolve().parents)


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

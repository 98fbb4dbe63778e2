"""Processes as Linux knows them: who they are beyond a number that may be used again, and how to end them."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import msgspec

_POLL_S = 0.02


class ProcessId(msgspec.Struct, frozen=True):
    """One process of one boot: its number may come again, its time of birth does not."""

    pid: int
    started: str
    """The boot's id and the clock tick of the process's start."""

    @property
    def is_alive(self) -> bool:
        return self == identify(self.pid)


def identify(pid: int) -> ProcessId | None:
    """The process that has this number now; None if there is none, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[0] in "ZX":
        return None
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ProcessId(pid, f"{boot} {fields[19]}")


def memory_mib(pid: int) -> float | None:
    """What the process uses, its part of shared pages included; None if it is gone."""
    for file, word in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(word):
                return round(int(line.split()[1]) / 1024, 1)
    return None


async def wait_until_gone(process: ProcessId, timeout_s: float) -> bool:
    """Whether the process, which need not be our child, ended in time."""
    end = asyncio.get_running_loop().time() + timeout_s
    while process.is_alive:
        if asyncio.get_running_loop().time() > end:
            return False
        await asyncio.sleep(_POLL_S)
    return True


async def stop(process: ProcessId, *, patience_s: float) -> None:
    """It is gone: asked first, and killed if it takes longer than that."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not process.is_alive:
            return
        os.kill(process.pid, number)
        if await wait_until_gone(process, patience_s):
            return
    raise RuntimeError(f"process {process.pid} cannot be killed")

"""A guest's memory in a file: how it gets there, and how another process goes on with it.

The file is QEMU's migration stream, written through a descriptor that the agent opens, so QEMU itself needs
no right to the folder. A stream fits only a machine whose devices sit where they sat; those that were
plugged in while it ran sit where room was, so their places are kept beside the file.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from haneul.kernel.errors import DriverError
from haneul.services.compute.drivers.qemu.qmp import Qmp

_LOOK_AGAIN_S = 0.02
_BYTES_PER_S = 1 << 36
"""As fast as the disk can; QEMU's own limit is meant for networks that others use."""


async def save(qmp: Qmp, path: Path) -> None:
    """The guest stands still, and the file holds its memory. Of a save that fails, the guest runs on."""
    try:
        with _created(path) as file:  # first of all: while it is there, a guest that stands still should run
            await _make_ready(qmp)
            await qmp.execute("stop")
            await qmp.execute("getfd", {"fdname": "memory"}, pass_fd=file.fileno())
            await qmp.execute("migrate-set-parameters", {"max-bandwidth": _BYTES_PER_S})
            await qmp.execute("migrate", {"uri": "fd:memory"})
            await _completed(qmp)
            await asyncio.to_thread(os.fsync, file.fileno())
    except BaseException:
        with suppress(DriverError):
            await run_on(qmp)
        path.unlink(missing_ok=True)
        raise


async def run_on(qmp: Qmp) -> None:
    """The guest runs, however far saving its memory had come."""
    await _make_ready(qmp)
    await qmp.execute("cont")


async def load(qmp: Qmp, path: Path) -> None:
    """A machine that was started to receive it has the memory in the file, and stands still."""
    with path.open("rb") as file:
        await qmp.execute("getfd", {"fdname": "memory"}, pass_fd=file.fileno())
        await qmp.execute("migrate-incoming", {"uri": "fd:memory"})
        await _completed(qmp)


async def _make_ready(qmp: Qmp) -> None:
    """Whatever an earlier try had come to, a new one can begin."""
    if (await _progress(qmp)).get("status") in ("setup", "active", "device", "cancelling"):
        await qmp.execute("migrate_cancel")
        while (await _progress(qmp)).get("status") == "cancelling":  # noqa: ASYNC110 - it sends no event
            await asyncio.sleep(_LOOK_AGAIN_S)
    if (await qmp.execute("query-status"))["status"] == "postmigrate":
        await qmp.execute("cont")  # QEMU saves a machine that was saved only after it ran again


async def _completed(qmp: Qmp) -> None:
    while True:
        progress = await _progress(qmp)
        match progress.get("status"):
            case "completed":
                return
            case "failed" | "cancelled":
                raise DriverError(f"The memory could not be moved: {progress.get('error-desc', 'no reason')}")
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _progress(qmp: Qmp) -> dict[str, Any]:
    progress: dict[str, Any] = await qmp.execute("query-migrate")
    return progress


def _created(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")

"""Network namespaces: made, removed, and entered by a thread.

Entering changes the calling thread for good, so whatever has to happen in a namespace runs in a thread of its
own that ends afterwards. Names and files are those of `ip netns`, so that a person can go in with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from haneul.kernel.errors import DriverError

FOLDER = Path("/run/netns")
CLONE_NEWNET = 0x40000000
MS_BIND, MS_REC, MS_SHARED, MNT_DETACH = 0x1000, 0x4000, 0x100000, 2

_libc = ctypes.CDLL(None, use_errno=True)
Result = TypeVar("Result")


def _must(outcome: int, doing: str) -> None:
    if outcome != 0:
        code = ctypes.get_errno()
        raise DriverError(f"{doing}: {os.strerror(code)}")


def path_of(name: str) -> Path:
    return FOLDER / name


def exists(name: str) -> bool:
    return path_of(name).exists()


def names(prefix: str) -> list[str]:
    """The namespaces whose names begin so."""
    if not FOLDER.is_dir():
        return []
    return sorted(entry.name for entry in FOLDER.iterdir() if entry.name.startswith(prefix))


async def in_thread(function: Callable[..., Result], *args: Any) -> Result:
    """What `function` gives or raises in a new thread, which then ends."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Result] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if answer.cancelled():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)

    def run() -> None:
        result, error = None, None
        try:
            result = function(*args)
        except BaseException as caught:
            error = caught
        # The loop may have been closed by a caller that did not wait.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="namespace", daemon=True).start()
    try:
        return await asyncio.shield(answer)
    except asyncio.CancelledError:
        # The thread cannot be stopped; whoever holds a lock around it must hold it until it has ended.
        await asyncio.wait([answer])
        if not answer.cancelled():
            answer.exception()
        raise


async def inside(name: str | None, function: Callable[..., Result], *args: Any) -> Result:
    """What `function` gives when it runs in the namespace; None is the agent's own."""

    def run() -> Result:
        if name is not None:
            enter(name)
        return function(*args)

    return await in_thread(run)


def enter(name: str) -> None:
    """The calling thread is in the namespace from now on."""
    try:
        descriptor = os.open(path_of(name), os.O_RDONLY)
    except OSError as error:
        raise DriverError(f"There is no namespace {name}.") from error
    try:
        _must(_libc.setns(descriptor, CLONE_NEWNET), f"entering namespace {name}")
    finally:
        os.close(descriptor)


def create(name: str) -> None:
    """The namespace exists. The calling thread ends up inside."""
    _share_folder()
    path = path_of(name)
    if path.exists():
        if _is_mounted(path):
            enter(name)
            return
        path.unlink()  # left by a crash between making the file and mounting the namespace on it
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o444))
    try:
        _must(_libc.unshare(CLONE_NEWNET), "making a namespace")
        source = f"/proc/self/task/{threading.get_native_id()}/ns/net".encode()
        _must(_libc.mount(source, bytes(path), b"none", MS_BIND, None), f"keeping namespace {name}")
    except DriverError:
        path.unlink()
        raise


def remove(name: str) -> None:
    """The name is gone, and with it the namespace once no process is in it any more."""
    path = path_of(name)
    if not path.exists():
        return
    _libc.umount2(bytes(path), MNT_DETACH)
    path.unlink(missing_ok=True)


def _is_mounted(path: Path) -> bool:
    return path.stat().st_dev != FOLDER.stat().st_dev


def _share_folder() -> None:
    """As `ip netns` does it: a shared mount, so that a removal is seen in every mount namespace."""
    FOLDER.mkdir(mode=0o755, exist_ok=True)
    folder = bytes(FOLDER)
    if _libc.mount(b"", folder, b"none", MS_SHARED | MS_REC, None) == 0:
        return
    _must(_libc.mount(folder, folder, b"none", MS_BIND | MS_REC, None), f"mounting {FOLDER}")
    _must(_libc.mount(b"", folder, b"none", MS_SHARED | MS_REC, None), f"sharing {FOLDER}")

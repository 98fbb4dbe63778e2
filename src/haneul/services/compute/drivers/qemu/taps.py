"""Tap devices in other network namespaces, opened from here.

A file descriptor of a tap keeps working whatever namespace its holder is in. So a thread enters the network's
namespace, opens the tap and ends; QEMU gets the descriptor and never enters the namespace itself.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from haneul.kernel.errors import DriverError

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_TAP_NO_PI_VNET_HDR = 0x0002 | 0x1000 | 0x4000
_libc = ctypes.CDLL(None, use_errno=True)


async def open_tap(connection: dict[str, Any]) -> int:
    """A descriptor of the tap `device` in `namespace`; the caller closes it once QEMU has its own."""
    namespace, device = connection.get("namespace"), connection["device"]
    try:
        return await _in_new_thread(lambda: _open(namespace, device))
    except OSError as error:
        raise DriverError(f"Tap {device} in namespace {namespace} cannot be opened: {error}") from error


def _open(namespace: str | None, device: str) -> int:
    if namespace:
        _enter(Path("/run/netns") / namespace)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.ioctl(tun, _TUNSETIFF, struct.pack("16sH22x", device.encode(), _TAP_NO_PI_VNET_HDR))
    except OSError:
        os.close(tun)
        raise
    return tun


def _enter(namespace: Path) -> None:
    handle = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _libc.setns(handle, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(namespace))
    finally:
        os.close(handle)


async def _in_new_thread(work: Callable[[], int]) -> int:
    """The result of `work`, done in a thread that is thrown away with the namespace it entered."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[int] = loop.create_future()

    def body() -> None:
        try:
            result = work()
        except OSError as error:
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, result)

    threading.Thread(target=body, name="open-tap", daemon=True).start()
    return await done

"""Unix sockets at paths of any length: the kernel's own limit is 107 bytes."""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path


async def connect_unix(path: Path) -> socket.socket:
    """A non-blocking connection to the socket at `path`, however long the path is."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.setblocking(False)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        await asyncio.get_running_loop().sock_connect(link, f"/proc/self/fd/{folder}/{path.name}")
    except BaseException:
        link.close()
        raise
    finally:
        os.close(folder)
    return link

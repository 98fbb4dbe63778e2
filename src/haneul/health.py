"""Whether the cloud on a port answers."""

from __future__ import annotations

import asyncio
import http.client
import json
from typing import Any

from haneul.installation import Installation

TIMEOUT_S = 2.0
_POLL_S = 0.05
DEATHS_TOLERATED = 2
"""Who ends more often than that before the first good answer will not come up by waiting."""


class NotHealthy(Exception):
    """`role` is what did not come up; its log says why."""

    def __init__(self, role: str, cause: str) -> None:
        super().__init__(cause)
        self.role = role


def get(port: int, path: str) -> Any | None:
    """What the cloud answers, decoded if it is JSON; None if that is not 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    if answer.status != 200:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body.decode(errors="replace")


def is_healthy(port: int) -> bool:
    return get(port, "/healthz") is not None


async def wait_until_healthy(installation: Installation, port: int, timeout_s: float) -> None:
    """Return once it answers; NotHealthy as soon as it is plain that it will not."""
    end = asyncio.get_running_loop().time() + timeout_s
    while not await asyncio.to_thread(is_healthy, port):
        record = installation.running()
        for child in record.children if record else []:
            if child.deaths > DEATHS_TOLERATED:
                raise NotHealthy(child.role, last_line(installation, child.role))
        if asyncio.get_running_loop().time() > end:
            raise NotHealthy("control-plane", f"no answer within {timeout_s:g} s")
        await asyncio.sleep(_POLL_S)


def last_line(installation: Installation, role: str) -> str:
    """What the process said last: the message, if it died of an exception."""
    try:
        with installation.log_of(role).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - 4096))
            lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    except OSError:
        lines = []
    return lines[-1].strip() if lines else "it ended without a word"

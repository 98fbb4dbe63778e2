"""Programs of the host, run by drivers without a shell."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from haneul.kernel.errors import DriverError, ImpossibleHere

IMAGE_MEMORY = 2 << 30
"""What a program may have that reads a disk of somebody else's making."""


async def run(
    *command: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 600,
    memory: int | None = None,
) -> bytes:
    """What the program wrote to its standard output, once it has ended well; DriverError otherwise.

    `memory` is what it may have at most, in bytes of its address space.
    """
    words = [str(word) for word in command]
    if memory is not None:
        if shutil.which(words[0]) is None:
            raise ImpossibleHere(f"The program {words[0]} is not installed on this host.")
        words = ["prlimit", f"--as={memory}", *words]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            cwd=cwd,
            env={**os.environ, "LC_ALL": "C", **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError as error:
        raise ImpossibleHere(f"The program {words[0]} is not installed on this host.") from error
    try:
        output, complaint = await asyncio.wait_for(process.communicate(), timeout_s)
    except BaseException as error:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if isinstance(error, TimeoutError):
            raise DriverError(f"{words[0]} did not end within {timeout_s} s.") from error
        raise
    if process.returncode:
        raise DriverError(_complaint(command, process.returncode, complaint))
    return output


def _complaint(words: Sequence[str | Path], status: int, text: bytes) -> str:
    text_ = text.decode(errors="replace").strip()[-500:]
    return f"{words[0]} ended with status {status}: {text_}"

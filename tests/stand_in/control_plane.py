"""A control plane that only answers: healthy, with the process's id, until it is told to end.

A file `refuse` in the state folder makes it die at the start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from haneul.bootstrap import write_clouds

parser = argparse.ArgumentParser()
parser.add_argument("--state", type=Path)
parser.add_argument("--port", type=int)
given, _ = parser.parse_known_args()

if (given.state / "refuse").exists():
    sys.exit("no: the file says so")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
    told = {"pid": os.getpid(), "detected": {"accelerator": "tcg", "network": "fake", "reflink": False}}
    body = json.dumps(told if path == b"/haneul/v1/status" else {}).encode()
    head = b"HTTP/1.1 200 OK\r\nX-Subject-Token: token\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    writer.write(head % len(body) + body)
    writer.close()


async def main() -> None:
    write_clouds(given.state, f"http://127.0.0.1:{given.port}", dict.fromkeys(("admin", "demo", "alt"), "x"))
    server = await asyncio.start_server(answer, "127.0.0.1", given.port)
    async with server:
        await server.serve_forever()


asyncio.run(main())

"""Record what a real cloud answers: `python -m tests.bodies AUTH_URL ADMIN_PASSWORD [SERVICE[#CASE]...]`.

Makes two of everything as `tests.filters` does, sends, writes `answers.tsv` for these services, takes it all away.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.bodies.asking import CASES, NO_ANSWER, statuses, without_limits
from tests.filters.__main__ import Remote
from tests.filters.world import World, build

ANSWERS = Path(__file__).with_name("answers.tsv")
PATCHES = "application/openstack-images-v2.1-json-patch"


class Asked(Remote):
    """Lists of changes to images are sent as what they are."""

    async def call(
        self, who: str, method: str, service: str, path: str, body: Any = None, version: str | None = None
    ) -> tuple[int, Any]:
        if service == "image" and method == "PATCH":
            self.http.headers["Content-Type"] = PATCHES
        try:
            for _ in range(3):
                with contextlib.suppress(
                    httpx.RemoteProtocolError
                ):  # a worker of theirs died, or was replaced
                    return await super().call(who, method, service, path, body, version)
            return NO_ANSWER, None
        finally:
            self.http.headers.pop("Content-Type", None)


def _asked(line: str, service_or_case: str) -> bool:
    service, _, number = service_or_case.partition("#")
    parts = line.split("\t")
    return parts[0] == service and (not number or parts[2].endswith(f" #{number}"))


async def main(auth_url: str, password: str, *services: str) -> None:
    cloud = Asked(auth_url, password)
    await cloud.begin()
    world = World(cloud)
    services = services or tuple(CASES)
    lines = [
        line
        for line in (ANSWERS.read_text().splitlines() if ANSWERS.exists() else ())
        if not any(_asked(line, each) for each in services)
    ]
    try:
        await build(world)
        await without_limits(world)
        for service, _, number in (each.partition("#") for each in services):
            async for question, status in statuses(world, service, lambda: asyncio.sleep(0), number):
                lines.append("\t".join((*question, status)))
            lines.sort(key=lambda line: list(CASES).index(line.split("\t")[0]))
            ANSWERS.write_text("\n".join(lines) + "\n")
            print(service, len(lines), "answers", flush=True)
    finally:
        with contextlib.suppress(KeyError):
            await cloud.end(world)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

"""Much that comes at once, in the same places: whatever wins, rows, counts and data fit together."""

from __future__ import annotations

import asyncio
import io
import random
import tarfile
from collections.abc import Awaitable, Callable

import httpx

from haneul.services.object_storage.operations.verification import verify
from tests.conftest import Cloud
from tests.services.object_storage.store import Account

NAMES = ("a", "b", "c/d")


def archive() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as packed:
        for size, name in enumerate(NAMES):
            info = tarfile.TarInfo(f"made/{name}")
            info.size = size * 20_000
            packed.addfile(info, io.BytesIO(b"x" * info.size))
    return file.getvalue()


async def test_whatever_comes_at_once_leaves_what_fits_together(swift: Account, cloud: Cloud) -> None:
    dice = random.Random(11)
    await swift.container("old")
    await swift.container("made", **{"X-Versions-Location": "old"})
    packed = archive()

    def one() -> Awaitable[httpx.Response]:
        name, other = dice.choice(NAMES), dice.choice(NAMES)
        calls: tuple[Callable[[], Awaitable[httpx.Response]], ...] = (
            lambda: swift.call("PUT", params={"extract-archive": "tar"}, content=packed),
            lambda: swift.call("PUT", f"made/{name}", content=b"y" * dice.choice((3, 30_000))),
            lambda: swift.call("DELETE", f"made/{name}"),
            lambda: swift.call("COPY", f"made/{name}", headers={"Destination": f"made/{other}"}),
            lambda: swift.call("POST", f"made/{name}", headers={"X-Object-Meta-A": "1"}),
            lambda: swift.call(
                "POST", params={"bulk-delete": ""}, content="\n".join(f"made/{n}" for n in NAMES)
            ),
            lambda: swift.call("DELETE", "old"),
            lambda: swift.call("PUT", "old"),
        )
        return dice.choice(calls)()

    for _ in range(4):
        answers = await asyncio.gather(*(one() for _ in range(15)))
        assert {answer.status_code for answer in answers} <= {200, 201, 202, 204, 404, 409, 412}
        async with cloud.platform.reading() as ctx:
            assert await verify(ctx) is None

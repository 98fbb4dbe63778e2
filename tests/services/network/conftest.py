from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.services.network.wire import Wire


async def echo_metadata(port_id: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    """A metadata source that says what it was asked."""
    method, body = headers.get(":method", "GET"), headers.get(":body", "")
    return 200, "text/plain", f"{method} {path} for {port_id} {body}\n".encode()


@pytest_asyncio.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    """A host on which nothing is left after the test."""
    one = Wire(tmp_path, echo_metadata)
    await one.driver.start()
    yield one
    await one.clear()

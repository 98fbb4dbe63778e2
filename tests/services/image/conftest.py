"""A server to fetch images from, and a cloud with several stores."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.conftest import Cloud
from tests.services.image.importing import (
    LOOPBACK,
    SEVERAL,
    configure,
)
from tests.services.image.web_server import Pages, pages


@pytest.fixture
async def web() -> AsyncIterator[Pages]:
    async with pages() as found:
        yield found


@pytest.fixture
def several(cloud: Cloud) -> Cloud:
    """A cloud with three stores, whose downloads may come from loopback."""
    configure(cloud, stores={"file": {"type": "file"}, **SEVERAL}, web=LOOPBACK)
    return cloud

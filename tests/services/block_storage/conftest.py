"""The volumes of the host where these tests' volumes live, as its driver keeps them."""

from __future__ import annotations

import pytest

from haneul.services.block_storage import public as block_storage
from haneul.services.block_storage.drivers.fake import FakeVolumes
from tests.conftest import Cloud


@pytest.fixture
async def host(cloud: Cloud) -> FakeVolumes:
    return await cloud.agent.driver(cloud.hosts[0], "volumes")


@pytest.fixture(autouse=True)
async def default_type(cloud: Cloud) -> None:
    async with cloud.platform.context() as ctx:
        await block_storage.ensure_default_type(ctx)

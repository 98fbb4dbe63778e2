"""People who log in with passwords, and two projects that have nothing to do with each other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from haneul.service_folders import hooks
from tests.conftest import SERVICES, Cloud
from tests.security import two_tenants
from tests.security.two_tenants import Tenants
from tests.services.identity.conftest import keystone

__all__ = ["keystone"]


async def contradictions(cloud: Cloud) -> list[str]:
    """What `haneul verify` would say of what is stored."""
    found = []
    for service, verify in hooks(SERVICES, "verify"):
        async with cloud.platform.reading() as ctx:
            if problem := await verify(ctx):
                found.append(f"{service}: {problem}")
    return found


@pytest.fixture
async def t(cloud: Cloud) -> AsyncIterator[Tenants]:
    """What a test leaves fits together, in every service."""
    yield await two_tenants.meet(cloud)
    await cloud.settled()
    assert await contradictions(cloud) == []

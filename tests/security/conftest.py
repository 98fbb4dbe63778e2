"""People who log in with passwords, and two projects that have nothing to do with each other."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud
from tests.security import two_tenants
from tests.security.two_tenants import Tenants
from tests.services.identity.conftest import keystone

__all__ = ["keystone"]


@pytest.fixture
async def t(cloud: Cloud) -> Tenants:
    return await two_tenants.meet(cloud)

from __future__ import annotations

import pytest

from tests.conftest import Cloud
from tests.services.object_storage.store import Account


@pytest.fixture
def swift(cloud: Cloud) -> Account:
    """The account of the cloud's member."""
    return Account(cloud, cloud.member)

"""A cloud without hosts for the files that say nothing else, an administrator and a member."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.serving import Served, serving
from tests.clients.stock import Client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def admin(served: Served) -> Client:
    return served.client("haneul")


@pytest.fixture(scope="module")
def demo(served: Served) -> Client:
    return served.client("haneul-demo")

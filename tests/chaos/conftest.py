"""The `installed` cloud, on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgresql
from tests.installed import Installed


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installed]:
    def cloud(*more: str) -> Iterator[Installed]:
        made = Installed(tmp_path / "cloud", *more)
        try:
            yield made
        finally:
            made.run("down")

    if request.param == "sqlite":
        yield from cloud()
    else:
        with postgresql.running() as url:
            yield from cloud("--database", url)

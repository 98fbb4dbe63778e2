"""Drivers run as an agent runs them: what they write is for nobody else, unless they give it away.

The small guest image is built once a run; the kernel's package is kept between runs.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from haneul import private
from haneul.guest_image.builder import build


@pytest.fixture(scope="session", autouse=True)
def _as_an_agent() -> Iterator[None]:
    before = os.umask(private.OTHERS)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def guest_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = Path(__file__).parents[2] / ".state/guest-image"
    return asyncio.run(build(tmp_path_factory.mktemp("image") / "guest.qcow2", cache))

"""The small guest image, built once a run; the kernel's package is kept between runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from haneul.services.image.builder import build


@pytest.fixture(scope="session")
def guest_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    cache = Path(__file__).parents[2] / ".state/guest-image"
    return asyncio.run(build(tmp_path_factory.mktemp("image") / "guest.qcow2", cache))

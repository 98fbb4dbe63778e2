"""Which services run for what is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from haneul.kernel.context import Platform
from haneul.process import Options, Process
from haneul.service_folders import NoSuchService, chosen, manifest, names, profiles
from haneul.services.identity.store.catalog import SERVICES as LISTED


def test_a_service_brings_all_that_it_needs() -> None:
    assert set(chosen("compute")) == {"compute", "block_storage", "identity", "image", "network", "placement"}
    assert set(chosen("block-storage")) == {"block_storage", "identity", "image", "placement"}
    assert chosen("identity") == ("identity",)


def test_each_profile_holds_the_one_before() -> None:
    assert set(profiles()["minimum"]) <= set(profiles()["core"])
    assert set(chosen("minimum")) <= set(chosen("core")) <= set(chosen("all")) == set(names())


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchService, match="'telepathy'"):
        chosen("image,telepathy")


async def _types(platform: Platform) -> set[str]:
    async with platform.reading() as ctx:
        return {s.type for s in await LISTED.page(ctx.tx)}


async def test_a_service_that_is_left_out_is_not_in_the_catalogue(tmp_path: Path) -> None:
    for services in (names(), chosen("image"), names()):
        process = Process(
            Options(tmp_path, services=services, simulate=True, agent="in-process", synchronous="OFF")
        )
        await process.start()
        try:
            types = await _types(process.platform)
        finally:
            await process.stop()
        assert {manifest(s).type for s in services} <= types
        assert ("compute" in types) == ("compute" in services)

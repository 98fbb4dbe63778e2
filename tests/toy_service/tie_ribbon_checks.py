"""The saga `tie_ribbon`: it unwinds from any step, and each may run twice."""

from __future__ import annotations

from haneul.services.greetings.sagas.tie_ribbon import TIE_RIBBON, RibbonToTie  # type: ignore[import-not-found]

from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds

PATH = "/greetings/v1/ribbons"


async def test_to_tie_a_ribbon(cloud: Cloud) -> None:
    made = await cloud.member.post(PATH, {"ribbon": {"name": "a"}})
    id = made.json()["ribbon"]["id"]

    async def begin() -> None:
        async with cloud.platform.context() as ctx:
            await ctx.start(TIE_RIBBON, RibbonToTie(id), resource=id)

    async def world() -> object:
        return (await cloud.member.get(f"{PATH}/{id}")).json()["ribbon"]["is_ready"]

    await assert_unwinds(cloud, TIE_RIBBON, begin, world)
    await assert_repeatable(cloud, TIE_RIBBON, begin)
    assert await world() is True

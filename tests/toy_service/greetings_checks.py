"""What the toy does in a cloud; `tests/test_toy_service.py` runs this with the toy's folder on the path."""

from __future__ import annotations

from haneul.services.greetings.sagas.place_greeting import PLACE_GREETING  # type: ignore[import-not-found]

from haneul import service_folders
from tests.conftest import Cloud
from tests.saga_checks import assert_repeatable, assert_unwinds

PATH = "/greetings/v1/greetings"


async def begin(cloud: Cloud, text: str = "hello", **more: object) -> str:
    made = await cloud.member.post(PATH, {"greeting": {"text": text, **more}})
    assert made.status_code == 202, made.text
    return made.json()["greeting"]["id"]


async def held(cloud: Cloud) -> dict[str, str]:
    return await (await cloud.agent.driver("host-1", "greeting_host")).held()


async def test_a_greeting_is_on_a_host_listed_by_tag_and_its_own_projects(cloud: Cloud) -> None:
    id = await begin(cloud, tags=["red"])
    await cloud.settled()
    assert await held(cloud) == {id: "hello"}
    assert (await cloud.member.get(f"{PATH}/{id}")).json()["greeting"]["host"] == "host-1"
    assert len((await cloud.reader.get(f"{PATH}?tag=red")).json()["greetings"]) == 1
    assert (await cloud.reader.get(f"{PATH}?tag=blue")).json()["greetings"] == []
    assert (await cloud.stranger.get(f"{PATH}/{id}")).status_code == 404
    assert (await cloud.reader.post(PATH, {"greeting": {"text": "x"}})).status_code == 403
    events = (await cloud.admin.get(f"/haneul/v1/events?subject={id}")).json()["events"]
    assert len(events) == 1
    assert (await cloud.member.delete(f"{PATH}/{id}")).status_code == 204
    [stray] = [r for r in cloud.plane.reconcilers.reconcilers if r.name == "take_strays_away"]
    await cloud.plane.reconcilers.look(stray)
    assert await held(cloud) == {}


async def test_options_and_quota_hold(cloud: Cloud) -> None:
    cloud.platform.config["greetings"] = {"longest": 5}
    assert (await cloud.member.post(PATH, {"greeting": {"text": "too long"}})).status_code == 400
    for _ in range(3):
        await begin(cloud)
    assert (await cloud.member.post(PATH, {"greeting": {"text": "four"}})).status_code in (403, 413)


async def test_the_saga_unwinds_and_repeats(cloud: Cloud) -> None:
    async def world() -> object:
        return await held(cloud)

    async def again() -> None:
        for each in (await cloud.member.get(PATH)).json()["greetings"]:
            await cloud.member.delete(f"{PATH}/{each['id']}")
        await begin(cloud)

    await assert_unwinds(cloud, PLACE_GREETING, again, world)
    await assert_repeatable(cloud, PLACE_GREETING, again)


async def test_it_is_verified(cloud: Cloud) -> None:
    async with cloud.platform.reading() as ctx:
        assert await service_folders.hook("greetings", "verify")(ctx) is None

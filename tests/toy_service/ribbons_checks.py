"""Ribbons: made, shown, listed and deleted by those of their project."""

from __future__ import annotations

from tests.conftest import Cloud

PATH = "/greetings/v1/ribbons"


async def test_a_ribbon_is_its_projects(cloud: Cloud) -> None:
    made = await cloud.member.post(PATH, {"ribbon": {"name": "a"}})
    assert made.status_code == 201, made.text
    id = made.json()["ribbon"]["id"]
    assert (await cloud.reader.get(f"{PATH}/{id}")).json() == made.json()
    assert [each["id"] for each in (await cloud.reader.get(PATH)).json()["ribbons"]] == [id]
    assert (await cloud.stranger.get(PATH)).json()["ribbons"] == []
    assert (await cloud.stranger.get(f"{PATH}/{id}")).status_code == 404
    assert (await cloud.stranger.delete(f"{PATH}/{id}")).status_code == 404
    assert (await cloud.reader.delete(f"{PATH}/{id}")).status_code == 403
    assert (await cloud.member.delete(f"{PATH}/{id}")).status_code == 204
    assert (await cloud.member.get(f"{PATH}/{id}")).status_code == 404


async def test_a_ribbon_has_a_name_that_is_not_too_long(cloud: Cloud) -> None:
    for name in (None, 7, "x" * 100_000):
        assert (await cloud.member.post(PATH, {"ribbon": {"name": name}})).status_code == 400
    assert (await cloud.reader.post(PATH, {"ribbon": {"name": "a"}})).status_code == 403
    assert (await cloud.member.get(PATH)).json()["ribbons"] == []

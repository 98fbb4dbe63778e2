"""Bodies of `POST .../action`: one action, which there is; what is wrong with it is said first, as upstream."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud

NOWHERE = "11111111-2222-4333-8444-555555555555"
KINDS = {
    f"/compute/v2.1/servers/{NOWHERE}/action": ("resize", {"flavorRef": "1"}, 404),
    f"/compute/v2.1/flavors/{NOWHERE}/action": ("addTenantAccess", {"tenant": "x"}, 403),
    "/compute/v2.1/os-aggregates/99999/action": ("add_host", {"host": "h"}, 403),
}
"""Of each kind of thing: an action, what it takes, and what a member gets for one that is not there."""


@pytest.mark.parametrize("path", KINDS)
async def test_a_body_names_one_action_that_there_is(cloud: Cloud, path: str) -> None:
    name, argument, _ = KINDS[path]
    for body in ({}, {name: argument, "nosuch": None}, {"nosuch": None, "lock": None}):
        refusal = await cloud.member.post(path, body)
        assert refusal.status_code == 400, body
        assert refusal.json()["badRequest"]["message"] == "Malformed request body", body
    refusal = await cloud.member.post(path, {"nosuch": argument})
    assert refusal.status_code == 400
    assert refusal.json()["badRequest"]["message"] == "There is no such action: nosuch"


@pytest.mark.parametrize("path", KINDS)
async def test_a_bad_argument_is_refused_before_anything_is_looked_for(cloud: Cloud, path: str) -> None:
    name, argument, status = KINDS[path]
    for bad in (None, [], {}, {**argument, "more": 1}):
        assert (await cloud.member.post(path, {name: bad})).status_code == 400, bad
    assert (await cloud.member.post(path, {name: argument})).status_code == status


async def test_actions_end_with_the_version_that_knew_them_last(cloud: Cloud) -> None:
    path = f"/compute/v2.1/servers/{NOWHERE}/action"
    ended = await cloud.member.post(path, {"addFixedIp": {}}, version="compute 2.44")
    assert ended.status_code == 404
    known = await cloud.member.post(path, {"addFixedIp": {}}, version="compute 2.43")
    assert known.status_code == 400

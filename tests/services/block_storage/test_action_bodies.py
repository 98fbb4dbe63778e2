"""Bodies of `POST .../action`: one action, which there is; what is wrong with it is said first, as upstream."""

from __future__ import annotations

import pytest

from tests.conftest import Cloud

NOWHERE = "11111111-2222-4333-8444-555555555555"
KINDS = {
    f"/volume/v3/volumes/{NOWHERE}/action": ("os-extend", {"new_size": 2}, 404),
    f"/volume/v3/snapshots/{NOWHERE}/action": ("os-reset_status", {"status": "error"}, 404),
    f"/volume/v3/types/{NOWHERE}/action": ("addProjectAccess", {"project": "x"}, 403),
}
"""Of each kind of thing: an action, what it takes, and what a member gets for one that is not there."""


@pytest.mark.parametrize("path", KINDS)
async def test_a_body_names_one_action_that_there_is(cloud: Cloud, path: str) -> None:
    name, argument, _ = KINDS[path]
    for body in ({}, {name: argument, "nosuch": None}, {"nosuch": None, name: argument}):
        refusal = await cloud.member.post(path, body)
        assert refusal.status_code == 400, body
        assert refusal.json()["badRequest"]["message"] == "Malformed request body", body
    refusal = await cloud.member.post(path, {"nosuch": argument})
    assert refusal.status_code == 400
    assert refusal.json()["badRequest"]["message"].startswith("There is no such action: nosuch. ")


@pytest.mark.parametrize("path", KINDS)
async def test_a_bad_argument_is_refused_before_anything_is_looked_for(cloud: Cloud, path: str) -> None:
    name, argument, status = KINDS[path]
    for bad in (None, [], {}, {**argument, "more": 1}):
        assert (await cloud.member.post(path, {name: bad})).status_code == 400, bad
    assert (await cloud.member.post(path, {name: argument})).status_code == status

"""Domains by way of the projects API, options, and what cannot be changed."""

from __future__ import annotations

import pytest

from tests.services.identity.conftest import Keystone


async def test_a_project_may_act_as_a_domain(keystone: Keystone) -> None:
    admin = await keystone.token()
    new = {"project": {"name": "acts", "is_domain": True, "tags": ["a"]}}
    made = (await keystone.call(admin, "POST", "/projects", new)).json()["project"]
    assert (made["is_domain"], made["domain_id"], made["parent_id"]) == (True, None, None)
    assert (await keystone.call(admin, "POST", "/projects", new)).status_code == 409
    path = f"/projects/{made['id']}"
    assert (await keystone.call(admin, "GET", path)).json()["project"] == made
    domain = (await keystone.call(admin, "GET", f"/domains/{made['id']}")).json()["domain"]
    assert (domain["name"], domain["tags"]) == ("acts", ["a"])
    acting = (await keystone.call(admin, "GET", "/projects?is_domain=true")).json()["projects"]
    assert {each["name"] for each in acting} == {"Default", "acts"}
    below = {"project": {"name": "below", "parent_id": made["id"]}}
    child = (await keystone.call(admin, "POST", "/projects", below)).json()["project"]
    assert (child["domain_id"], child["is_domain"]) == (made["id"], False)
    tree = (await keystone.call(admin, "GET", f"{path}?subtree_as_ids")).json()["project"]["subtree"]
    assert tree == {child["id"]: None}
    assert (await keystone.call(admin, "PATCH", path, {"project": {"is_domain": False}})).status_code == 400
    assert (await keystone.call(admin, "DELETE", path)).status_code == 403
    assert (await keystone.call(admin, "PATCH", path, {"project": {"enabled": False}})).status_code == 200
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204
    assert (await keystone.call(admin, "GET", f"/projects/{child['id']}")).status_code == 404
    assert (await keystone.call(admin, "GET", f"/domains/{made['id']}")).status_code == 404


@pytest.mark.parametrize(
    "place",
    [
        {"is_domain": True, "domain_id": "default"},
        {"is_domain": True, "parent_id": "default"},
        {"parent_id": "nope"},
        {"domain_id": "nope"},
        {"options": {"colour": "red"}},
        {"options": {"immutable": 1}},
        {"tags": ["a", "a"]},
    ],
)
async def test_a_project_needs_a_place_that_exists(keystone: Keystone, place: dict[str, object]) -> None:
    admin = await keystone.token()
    before = (await keystone.call(admin, "GET", "/projects")).json()
    refused = await keystone.call(admin, "POST", "/projects", {"project": {"name": "p", **place}})
    assert refused.status_code == 400, refused.text
    assert (await keystone.call(admin, "GET", "/projects")).json() == before


@pytest.mark.parametrize(
    ("plural", "more"), [("projects", {}), ("domains", {"enabled": False}), ("roles", {})]
)
async def test_what_is_immutable_can_only_be_unlocked(
    keystone: Keystone, plural: str, more: dict[str, object]
) -> None:
    admin, singular = await keystone.token(), plural[:-1]
    new = {singular: {"name": "fixed", "options": {"immutable": True}, **more}}
    made = (await keystone.call(admin, "POST", f"/{plural}", new)).json()[singular]
    path = f"/{plural}/{made['id']}"
    for changes in ({"name": "x"}, {"name": "x", "options": {"immutable": False}}, {"description": "x"}):
        refused = await keystone.call(admin, "PATCH", path, {singular: changes})
        assert refused.status_code == 403, changes
        assert 'Set resource option "immutable" to false first' in refused.json()["error"]["message"]
    assert (await keystone.call(admin, "DELETE", path)).status_code == 403
    assert (await keystone.call(admin, "GET", path)).json()[singular] == made
    unlocked = await keystone.call(admin, "PATCH", path, {singular: {"options": {"immutable": None}}})
    assert unlocked.json()[singular]["options"] == {}
    assert (await keystone.call(admin, "DELETE", path)).status_code == 204


async def test_options_of_users_are_known_ones(keystone: Keystone) -> None:
    admin = await keystone.token()
    given = {"lock_password": False, "multi_factor_auth_rules": [["password", "totp"]]}
    new = {"user": {"name": "with options", "options": given}}
    made = (await keystone.call(admin, "POST", "/users", new)).json()["user"]
    assert made["options"] == given
    path = f"/users/{made['id']}"
    changes = {"user": {"options": {"lock_password": None, "ignore_password_expiry": True}}}
    changed = (await keystone.call(admin, "PATCH", path, changes)).json()["user"]
    assert changed["options"] == {
        "multi_factor_auth_rules": [["password", "totp"]],
        "ignore_password_expiry": True,
    }
    for bad in ({"colour": "red"}, {"lock_password": "x"}, {"multi_factor_auth_rules": "x"}):
        assert (await keystone.call(admin, "PATCH", path, {"user": {"options": bad}})).status_code == 400
    del changed["extra"]  # shown once more, after a change only
    assert (await keystone.call(admin, "GET", path)).json()["user"] == changed


async def test_a_default_project_is_no_domain(keystone: Keystone) -> None:
    admin = await keystone.token()
    new = {"user": {"name": "u", "default_project_id": "default"}}
    assert (await keystone.call(admin, "POST", "/users", new)).status_code == 400
    made = (await keystone.call(admin, "POST", "/users", {"user": {"name": " u "}})).json()["user"]
    assert made["name"] == "u"
    changes = {"user": {"default_project_id": "default"}}
    assert (await keystone.call(admin, "PATCH", f"/users/{made['id']}", changes)).status_code == 400


async def test_lists_are_cut_where_the_installation_says(keystone: Keystone) -> None:
    keystone.cloud.platform.config["identity"] = {"list_limit": 2}
    admin = await keystone.token()
    cut = (await keystone.call(admin, "GET", "/roles")).json()
    assert (len(cut["roles"]), cut["truncated"]) == (2, True)
    more = (await keystone.call(admin, "GET", "/roles?limit=3")).json()
    assert len(more["roles"]) == 2
    whole = (await keystone.call(admin, "GET", "/regions")).json()
    assert "truncated" not in whole

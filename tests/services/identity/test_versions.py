"""What the API says of itself."""

from __future__ import annotations

import re

from tests.services.identity.conftest import V3, Keystone

HOME = {"Accept": "application/json-home"}
REL = "https://docs.openstack.org/api/openstack-identity/3"


async def test_versions_are_listed(keystone: Keystone) -> None:
    http = keystone.cloud.http
    listed = await http.get("/identity")
    assert listed.status_code == 300
    [version] = listed.json()["versions"]["values"]
    assert (await http.get(V3)).json()["version"] == version
    assert (await http.head(V3)).status_code == 200


async def test_the_home_document_names_what_is_served(keystone: Keystone) -> None:
    http = keystone.cloud.http
    answer = await http.get(V3, headers=HOME)
    assert answer.headers["Content-Type"] == "application/json-home"
    resources = answer.json()["resources"]
    assert resources[f"{REL}/rel/auth_tokens"] == {"href": "/auth/tokens"}
    user = resources[f"{REL}/rel/user"]
    assert user == {"href-template": "/users/{user_id}", "href-vars": {"user_id": f"{REL}/param/user_id"}}
    assert resources[f"{REL}/rel/limits"]["hints"] == {"status": "experimental"}
    for resource in resources.values():
        path = re.sub(r"\{\w+\}", "x", resource.get("href") or resource["href-template"])
        found = await http.get(V3 + path)
        assert found.status_code != 404 or "could not be found" not in found.text, path


async def test_the_home_document_is_for_those_who_prefer_it(keystone: Keystone) -> None:
    http = keystone.cloud.http
    for accept, kind in {
        "application/json-home;q=0.5, application/json": "application/json",
        "application/json;q=0.1, application/json-home": "application/json-home",
        "text/html": "application/json",
        "application/json-home;q=x": "application/json",
    }.items():
        assert (await http.get(V3, headers={"Accept": accept})).headers["Content-Type"] == kind
    versions = await http.get("/identity", headers=HOME)
    assert versions.status_code == 200
    assert versions.json()["resources"][f"{REL}/rel/auth_tokens"] == {"href": "/v3/auth/tokens"}

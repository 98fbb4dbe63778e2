"""The stock client against identity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.serving import Served, serving

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


def test_a_token_is_issued_for_the_project(served: Served) -> None:
    token = served.openstack_json("token", "issue")
    assert token["project_id"] and token["user_id"]


def test_the_catalogue_has_identity(served: Served) -> None:
    [keystone] = [s for s in served.openstack_json("catalog", "list") if s["Type"] == "identity"]
    assert {e["url"] for e in keystone["Endpoints"]} == {served.auth_url}

"""The stock client against identity."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.serving import USER_PASSWORD, Served, serving

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), "project_id"),
        (("--os-system-scope", "all"), "user_id"),
        (("--os-domain-id", "default"), "domain_id"),
    ],
)
def test_a_token_is_issued(served: Served, words: tuple[str, ...], field: str) -> None:
    if field == "domain_id":
        served.openstack("role", "add", "--user", "admin", "--domain", "default", "admin")
    environment = "haneul" if not words else "haneul-bare"
    assert served.openstack_json(*words, "token", "issue", cloud=environment)[field]


def test_an_unscoped_token_is_issued(served: Served) -> None:
    token = served.openstack_json("token", "issue", cloud="haneul-bare-demo")
    assert "user_id" in token


def test_a_token_is_revoked(served: Served) -> None:
    token = served.openstack_json("token", "issue")["id"]
    served.openstack("token", "revoke", token)
    assert "Failed to validate token" in served.openstack("token", "revoke", token, check=False)


def test_the_catalogue_has_identity(served: Served) -> None:
    [keystone] = [s for s in served.openstack_json("catalog", "list") if s["Type"] == "identity"]
    assert {e["url"] for e in keystone["Endpoints"]} == {served.auth_url}
    assert served.openstack_json("catalog", "show", "identity", cloud="haneul-demo")["type"] == "identity"


@pytest.mark.parametrize(
    ("kind", "options", "change", "changed"),
    [
        ("project", ("--description", "x", "--tag", "t"), ("--description", "y"), {"description": "y"}),
        ("user", ("--password", "x", "--email", "a@b"), ("--disable",), {"enabled": False}),
        ("role", ("--description", "x"), ("--description", "y"), {"description": "y"}),
        ("group", ("--description", "x"), ("--description", "y"), {"description": "y"}),
        ("domain", ("--description", "x"), ("--disable",), {"enabled": False}),
    ],
)
def test_a_life(
    served: Served, kind: str, options: tuple[str, ...], change: tuple[str, ...], changed: dict[str, object]
) -> None:
    name = f"client-{kind}"
    made = served.openstack_json(kind, "create", *options, name)
    assert made["name"] == name
    assert name in {each["Name"] for each in served.openstack_json(kind, "list")}
    served.openstack(kind, "set", *change, name)
    shown = served.openstack_json(kind, "show", name)
    assert {**shown, **changed} == shown
    assert shown["id"] == made["id"]
    served.openstack(kind, "delete", name)
    assert name not in {each["Name"] for each in served.openstack_json(kind, "list")}


def test_role_assignments(served: Served) -> None:
    listed = served.openstack_json("role", "assignment", "list", "--names")
    assert {"admin@Default", "demo@Default", "alt@Default"} <= {each["User"] for each in listed}
    effective = served.openstack_json(
        "role", "assignment", "list", "--effective", "--names", "--user", "demo", "--project", "demo"
    )
    assert {each["Role"] for each in effective} == {"member", "reader"}
    implied = served.openstack_json("implied", "role", "list")
    assert {each["Prior Role Name"] for each in implied} == {"admin", "manager", "member"}


def test_services_endpoints_and_regions(served: Served) -> None:
    served.openstack("service", "create", "--name", "thing", "a-type")
    served.openstack("region", "create", "RegionTwo")
    served.openstack("endpoint", "create", "--region", "RegionTwo", "a-type", "public", "http://there/")
    [endpoint] = served.openstack_json("endpoint", "list", "--service", "a-type")
    assert endpoint["Region"] == "RegionTwo"
    assert {r["Region"] for r in served.openstack_json("region", "list")} == {"RegionOne", "RegionTwo"}
    served.openstack("service", "delete", "thing")
    served.openstack("region", "delete", "RegionTwo")


def test_a_member_makes_credentials_and_may_not_look_around(served: Served) -> None:
    made = served.openstack_json("application", "credential", "create", "ci", cloud="haneul-demo")
    assert made.get("secret") or made["Secret"]
    served.openstack("application", "credential", "delete", "ci", cloud="haneul-demo")
    key = served.openstack_json("ec2", "credentials", "create", cloud="haneul-demo")["access"]
    served.openstack("ec2", "credentials", "delete", key, cloud="haneul-demo")
    refused = served.openstack("user", "list", cloud="haneul-demo", check=False)
    assert "You are not authorized to perform the requested action: identity:list_users." in refused
    mine = served.openstack_json("project", "list", "--my-projects", cloud="haneul-demo")
    assert [p["Name"] for p in mine] == ["demo"]


def test_a_password_is_changed(served: Served) -> None:
    change = ("user", "password", "set", "--original-password", USER_PASSWORD, "--password", "another")
    served.openstack(*change, cloud="haneul-alt")
    assert "requires authentication" in served.openstack("token", "issue", cloud="haneul-alt", check=False)

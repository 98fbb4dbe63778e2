"""The stock client, logging in with a token of an OpenID provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.serving import Served, serving
from tests.services.identity.openid_provider import CLIENT, Provider, providing

pytestmark = pytest.mark.clients

RULES = [
    {
        "local": [
            {"user": {"name": "{0}"}},
            {"group": {"name": "staff", "domain": {"name": "Default"}}},
        ],
        "remote": [
            {"type": "OIDC-preferred_username"},
            {"type": "OIDC-groups", "any_one_of": ["staff"]},
        ],
    }
]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as made:
        made.person = {"sub": "u-1", "preferred_username": "alice", "groups": ["staff"]}
        yield made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Served]:
    options = {"openid": {"acme": {"issuer": provider.issuer, "client_id": CLIENT}}}
    config = {"identity": {"federation": options}}
    folder = tmp_path_factory.mktemp("cloud")
    with serving(folder, config=config) as cloud:
        rules = folder / "rules.json"
        rules.write_text(json.dumps(RULES))
        _federate(cloud, provider, rules)
        yield cloud


def _federate(cloud: Served, provider: Provider, rules: Path) -> None:
    """As an operator would do it."""
    for words in (
        ("group", "create", "staff"),
        ("role", "add", "--group", "staff", "--project", "demo", "member"),
        ("identity", "provider", "create", "--remote-id", provider.issuer, "acme"),
        ("mapping", "create", "--rules", str(rules), "acme-rules"),
        (
            "federation",
            "protocol",
            "create",
            "--identity-provider",
            "acme",
            "--mapping",
            "acme-rules",
            "openid",
        ),
    ):
        cloud.openstack(*words)


def login(provider: Provider, **claims: str) -> tuple[str, ...]:
    options = {
        "auth-type": "v3oidcaccesstoken",
        "identity-provider": "acme",
        "protocol": "openid",
        "access-token": provider.token(**claims),
        "project-name": "demo",
        "project-domain-id": "default",
    }
    return tuple(word for name, value in options.items() for word in (f"--os-{name}", value))


def test_a_token_of_the_provider_opens_the_project(served: Served, provider: Provider) -> None:
    clouds = json.loads((served.state / "clouds.yaml").read_text())["clouds"]
    clouds["bare"] = {"auth": {"auth_url": served.auth_url}, "identity_api_version": 3}
    (served.state / "clouds.yaml").write_text(json.dumps({"clouds": clouds}))
    issued = served.openstack_json(*login(provider), "token", "issue", cloud="bare")
    demo = served.openstack_json("project", "show", "demo")
    assert issued["project_id"] == demo["id"]
    assert served.openstack_json(*login(provider), "server", "list", cloud="bare") == []
    user = served.openstack_json("user", "show", issued["user_id"])
    assert user["name"] == "alice"
    refused = served.openstack(*login(provider, aud="x"), "token", "issue", cloud="bare", check=False)
    assert "401" in refused


def test_what_the_operator_made_is_shown(served: Served, provider: Provider) -> None:
    shown = served.openstack_json("identity", "provider", "show", "acme")
    assert shown["remote_ids"] == [provider.issuer]
    assert [each["ID"] for each in served.openstack_json("mapping", "list")] == ["acme-rules"]
    protocols = served.openstack_json("federation", "protocol", "list", "--identity-provider", "acme")
    assert [each["id"] for each in protocols] == ["openid"]
    served.openstack(
        "service",
        "provider",
        "create",
        "--auth-url",
        "http://a/v3",
        "--service-provider-url",
        "http://a/sp",
        "sky",
    )
    assert served.openstack_json("service", "provider", "show", "sky")["enabled"] is True

"""The stock client's commands for federation, and a login with a token of an OpenID provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.serving import Served, serving
from tests.clients.stock import Client
from tests.services.identity.openid_provider import CLIENT, Provider, providing

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("ignore")]  # the client's own

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
        yield cloud


@pytest.fixture(scope="module")
def federated(admin: Client, served: Served, provider: Provider) -> None:
    """As an operator would do it."""
    rules = served.state / "rules.json"
    rules.write_text(json.dumps(RULES))
    admin.run("group create staff")
    admin.run("role add --group staff --project demo member")
    admin.run("identity provider create acme --remote-id", provider.issuer)
    admin.run("mapping create acme-rules --rules", str(rules))
    admin.run("federation protocol create --identity-provider acme --mapping acme-rules openid")


def login(served: Served, provider: Provider, *more: str, **claims: str) -> Client:
    """Somebody with a token of the provider, and no cloud but the address."""
    clouds = {"bare": {"auth": {"auth_url": served.auth_url}, "identity_api_version": 3}}
    (served.state / "bare.yaml").write_text(json.dumps({"clouds": clouds}))
    options = {
        "auth-type": "v3oidcaccesstoken",
        "identity-provider": "acme",
        "protocol": "openid",
        "access-token": provider.token(**claims),
    }
    words = [word for name, value in options.items() for word in (f"--os-{name}", value)]
    return Client(served.state / "bare.yaml", "bare", *words, *more)


PROJECT = ("--os-project-name", "demo", "--os-project-domain-id", "default")


def test_a_token_of_the_provider_opens_the_project(
    served: Served, provider: Provider, admin: Client, federated: None
) -> None:
    alice = login(served, provider, *PROJECT)
    issued = alice.json("token issue")
    assert issued["project_id"] == admin.json("project show demo")["id"]
    assert alice.json("server list") == []
    assert admin.json("user show", issued["user_id"])["name"] == "alice"
    assert "401" in login(served, provider, *PROJECT, aud="x").refused("token issue")


def test_who_comes_from_elsewhere_finds_out_where_they_may_go(
    served: Served, provider: Provider, admin: Client, federated: None
) -> None:
    admin.run("role add --group staff --domain default reader")
    alice = login(served, provider)
    assert alice.names("federation project list") == {"demo"}
    assert alice.names("federation domain list") == {"Default"}
    admin.run("role remove --group staff --domain default reader")
    assert alice.names("federation domain list") == set()


def test_identity_providers(admin: Client, tmp_path: Path) -> None:
    ids = tmp_path / "ids"
    ids.write_text("https://a.example.org\nhttps://b.example.org\n")
    made = admin.json(
        "identity provider create --description old --domain default --authorization-ttl 60 --disable "
        "sky --remote-id-file",
        str(ids),
    )
    assert set(made["remote_ids"]) == {"https://a.example.org", "https://b.example.org"}
    assert (made["domain_id"], made["authorization_ttl"], made["enabled"]) == ("default", 60, False)
    assert [row["ID"] for row in admin.json("identity provider list --id sky")] == ["sky"]
    assert "sky" not in {row["ID"] for row in admin.json("identity provider list --enabled")}
    admin.run("identity provider set --description new --remote-id c --authorization-ttl 30 --enable sky")
    shown = admin.json("identity provider show sky")
    assert (shown["description"], shown["remote_ids"]) == ("new", ["c"])
    assert (shown["authorization_ttl"], shown["enabled"]) == (30, True)
    assert "sky" in {row["ID"] for row in admin.json("identity provider list --enabled")}
    admin.run("identity provider set sky --disable --remote-id-file", str(ids))
    assert len(admin.json("identity provider show sky")["remote_ids"]) == 2
    admin.run("identity provider delete sky")
    assert "sky" not in {row["ID"] for row in admin.json("identity provider list")}
    admin.run("identity provider create --enable own")  # gets a domain of its own
    domain = admin.json("identity provider show own")["domain_id"]
    assert admin.json("domain show", domain)["id"] == domain
    admin.run("identity provider delete own")


def test_mappings_and_protocols(admin: Client, tmp_path: Path) -> None:
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps(RULES))
    for name in ("first", "second"):
        admin.run("mapping create --schema-version 1.0", name, "--rules", str(rules))
    assert {"first", "second"} <= {row["ID"] for row in admin.json("mapping list")}
    assert admin.json("mapping show first")["rules"] == RULES
    changed = [{**RULES[0], "local": [{"user": {"name": "somebody"}}]}]
    rules.write_text(json.dumps(changed))
    admin.run("mapping set --schema-version 1.0 first --rules", str(rules))
    assert admin.json("mapping show first")["rules"] == changed
    admin.run("identity provider create sky")
    admin.run("federation protocol create --identity-provider sky --mapping first saml2")
    # the client hands the changed protocol on as its exit code
    admin.refused("federation protocol set --identity-provider sky --mapping second saml2")
    shown = admin.json("federation protocol show --identity-provider sky saml2")
    assert shown["mapping"] == "second"
    assert [p["id"] for p in admin.json("federation protocol list --identity-provider sky")] == ["saml2"]
    admin.run("federation protocol delete --identity-provider sky saml2")
    assert admin.json("federation protocol list --identity-provider sky") == []
    admin.run("mapping delete first second")
    admin.run("identity provider delete sky")
    assert {"first", "second"} & {row["ID"] for row in admin.json("mapping list")} == set()


def test_service_providers(admin: Client) -> None:
    made = admin.json(
        "service provider create --auth-url http://a/v3 --service-provider-url http://a/sp --description old "
        "--disable far"
    )
    assert (made["enabled"], made["description"]) == (False, "old")
    admin.run(
        "service provider set --auth-url http://b/v3 --service-provider-url http://b/sp --description new "
        "--enable far"
    )
    shown = admin.json("service provider show far")
    assert (shown["auth_url"], shown["sp_url"]) == ("http://b/v3", "http://b/sp")
    assert (shown["description"], shown["enabled"]) == ("new", True)
    assert [row["ID"] for row in admin.json("service provider list")] == ["far"]
    admin.run("service provider set --disable far")
    assert admin.json("service provider show far")["enabled"] is False
    admin.run("service provider delete far")
    assert admin.json("service provider list") == []
    admin.run(
        "service provider create --enable --auth-url http://a/v3 --service-provider-url http://a/sp far"
    )
    admin.run("service provider delete far")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("identity provider show none", "none"),
        ("identity provider create --domain none moon", "none"),
        ("mapping show none", "none"),
        ("mapping create --rules nowhere.json sky", "nowhere.json"),
        ("mapping delete none", "none"),
        ("federation protocol create --identity-provider none --mapping none openid", "none"),
        ("service provider show none", "none"),
    ],
)
def test_what_is_wrong_is_named(admin: Client, command: str, said: str) -> None:
    assert said in admin.refused(command)

"""Keystone to keystone: the stock clients work in cloud `south` with what they have in cloud `north`."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.clients.serving import ADMIN_PASSWORD, USER_PASSWORD, Served, serving
from tests.clients.stock import Client
from tests.services.identity.saml_provider import certificate

with warnings.catch_warnings():  # the client's libraries warn of each other
    warnings.simplefilter("ignore")
    from keystoneauth1 import exceptions, session
    from keystoneauth1.identity import v3
    from keystoneauth1.identity.v3.k2k import Keystone2Keystone

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("default")]
WHERE = "/v3/OS-FEDERATION/identity_providers/north/protocols/mapped/auth"
SERVICES = ["identity", "oversight"]
RULES = [
    {
        "local": [
            {"user": {"name": "{0} of the north", "id": "{1}/{0}"}},
            {"group": {"name": "northerners", "domain": {"name": "Default"}}},
        ],
        "remote": [
            {"type": "openstack_user"},
            {"type": "openstack_user_domain"},
            {"type": "openstack_project", "any_one_of": ["demo"]},
            {"type": "openstack_roles", "any_one_of": ["member"]},
        ],
    }
]


@pytest.fixture(scope="module")
def north(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Where people have their passwords."""
    folder = tmp_path_factory.mktemp("north")
    key_file, cert_file = certificate(folder, "north")
    entity_id = "https://north.test/v3/OS-FEDERATION/saml2/idp"
    provider = {
        "entity_id": entity_id,
        "sso_endpoint": entity_id.replace("/idp", "/sso"),
        "key_file": key_file,
        "cert_file": cert_file,
    }
    config = {"identity": {"federation": {"identity_provider": provider}}}
    with serving(folder, services=SERVICES, config=config) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def south(tmp_path_factory: pytest.TempPathFactory, north: Served) -> Iterator[Served]:
    """Where people of the north are welcome in project `alt` if they are members of `demo` there."""
    folder = tmp_path_factory.mktemp("south")
    metadata = folder / "north.xml"
    metadata.write_bytes(httpx.get(f"{north.auth_url}/v3/OS-FEDERATION/saml2/metadata").content)
    provider = {
        "entity_id": "https://north.test/v3/OS-FEDERATION/saml2/idp",
        "metadata_file": str(metadata),
        "allow_unsolicited": True,
    }
    config = {"identity": {"federation": {"saml": {"north": provider}}}}
    with serving(folder, services=SERVICES, config=config) as cloud:
        rules = folder / "rules.json"
        rules.write_text(json.dumps(RULES))
        admin = Client(cloud.state / "clouds.yaml", "haneul")
        admin.run("group create northerners")
        admin.run("role add --group northerners --project alt member")
        admin.run(f"identity provider create --remote-id {provider['entity_id']} north")
        admin.run(f"mapping create --rules {rules} north-rules")
        admin.run("federation protocol create --identity-provider north --mapping north-rules mapped")
        where = cloud.auth_url + WHERE
        Client(north.state / "clouds.yaml", "haneul").run(
            f"service provider create --auth-url {where} --service-provider-url {where} south"
        )
        yield cloud


def member(north: Served, **scope: Any) -> v3.Password:
    scope = scope or {"project_name": "demo", "project_domain_id": "default"}
    return v3.Password(
        f"{north.auth_url}/v3", username="demo", password=USER_PASSWORD, user_domain_id="default", **scope
    )


def test_a_member_of_one_cloud_works_in_another(north: Served, south: Served) -> None:
    auth = Keystone2Keystone(member(north), "south", project_name="alt", project_domain_name="Default")
    found = session.Session(auth=auth)
    where = {"service_type": "identity", "interface": "public", "version": (3, 0)}
    answer = found.get("/auth/projects", endpoint_filter=where)
    assert answer.url.startswith(south.endpoint)
    assert [each["name"] for each in answer.json()["projects"]] == ["alt"]
    seen = auth.get_access(found)
    assert seen.username == "demo of the north"
    assert seen.role_names == ["member", "reader"]
    again = Keystone2Keystone(member(north), "south", project_name="alt", project_domain_name="Default")
    assert again.get_access(session.Session()).user_id == seen.user_id


def test_the_command_line_client_does_so_too(north: Served, south: Served) -> None:
    """`--os-service-provider` is all that is new to it."""
    here = Client(north.state / "clouds.yaml", "haneul-demo")
    remote = ("--os-service-provider", "south", "--os-remote-project-name", "alt")
    domain = ("--os-remote-project-domain-name", "Default")
    issued = json.loads(here.run(" ".join((*remote, *domain)), "token", "issue", "-f", "json"))
    there = Client(south.state / "clouds.yaml", "haneul")
    assert issued["project_id"] == there.json("project show alt")["id"]
    assert there.json("user show", issued["user_id"])["name"] == "demo of the north"


def test_the_other_cloud_decides_who_may_come(north: Served, south: Served) -> None:
    admin = v3.Password(
        f"{north.auth_url}/v3",
        username="admin",
        password=ADMIN_PASSWORD,
        user_domain_id="default",
        project_name="admin",
        project_domain_id="default",
    )
    with pytest.raises(exceptions.Unauthorized):
        Keystone2Keystone(admin, "south").get_access(session.Session())
    assert south.endpoint != north.endpoint


def test_a_disabled_cloud_is_not_told_anything(north: Served, south: Served) -> None:
    operator = Client(north.state / "clouds.yaml", "haneul")
    plugin = member(north)
    known = session.Session()
    plugin.get_access(known)  # it has read where the south is
    operator.run("service provider set --disable south")
    try:
        with pytest.raises(exceptions.AuthorizationFailure, match="403"):
            Keystone2Keystone(plugin, "south").get_access(known)
    finally:
        operator.run("service provider set --enable south")
    assert Keystone2Keystone(plugin, "south").get_access(known).user_id

"""The cloud as a SAML identity provider: what it asserts, to whom, and who believes it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from tests.services.identity.conftest import SYSTEM, V3, Keystone, login_with, project
from tests.services.identity.federation import Federation, federated
from tests.services.identity.saml_provider import certificate
from tests.services.identity.test_saml_programs import LOGIN, PAOS_TYPE, brought

pytestmark = pytest.mark.filterwarnings("default")  # the library's own, and of what it stands on
ENTITY = "https://here.test/v3/OS-FEDERATION/saml2/idp"
METADATA = f"{V3}/OS-FEDERATION/saml2/metadata"
SAML2 = f"{V3}/auth/OS-FEDERATION/saml2"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
RULES = [
    {
        "local": [
            {"user": {"name": "{0} from there", "id": "{0}"}},
            {"group": {"name": "staff", "domain": {"name": "Default"}}},
        ],
        "remote": [{"type": "openstack_user"}, {"type": "openstack_roles", "any_one_of": ["member"]}],
    }
]


class Clouds:
    """One cloud that stands for two: it asserts, and believes what it asserts."""

    def __init__(self, federation: Federation, options: dict[str, Any]) -> None:
        self.federation = federation
        self.options = options
        self.keystone = federation.keystone
        self.here = self.keystone.cloud.platform.endpoint + LOGIN

    def configure(self, **changes: Any) -> None:
        config: Any = self.keystone.cloud.platform.config
        config["identity"] = {"federation": {**self.options, **changes}}

    async def know(self, id: str, url: str, *, enabled: bool = True) -> None:
        """Another cloud is at this address."""
        provider = {"auth_url": url, "sp_url": url, "enabled": enabled}
        await self.federation.done(
            "PUT", f"/OS-FEDERATION/service_providers/{id}", {"service_provider": provider}
        )

    async def assertion(self, token: str, id: str = "here", path: str = "") -> httpx.Response:
        auth = {
            "identity": {"methods": ["token"], "token": {"id": token}},
            "scope": {"service_provider": {"id": id}},
        }
        answer = await self.keystone.cloud.http.post(SAML2 + path, json={"auth": auth})
        assert answer.status_code < 500, answer.text
        return answer


@pytest.fixture
async def clouds(keystone: Keystone, tmp_path: Path) -> Clouds:
    key_file, cert_file = certificate(tmp_path, "here")
    metadata = tmp_path / "here.xml"
    options = {
        "identity_provider": {
            "entity_id": ENTITY,
            "sso_endpoint": ENTITY.replace("/idp", "/sso"),
            "key_file": key_file,
            "cert_file": cert_file,
        },
        "saml": {
            "acme": {"entity_id": ENTITY, "metadata_file": str(metadata), "allow_unsolicited": True},
        },
    }
    made = Clouds(await federated(keystone, options, RULES), options)
    told = await keystone.cloud.http.get(METADATA)
    assert told.status_code == 200, told.text
    metadata.write_bytes(told.content)
    await made.know("here", made.here)
    return made


async def member(clouds: Clouds) -> str:
    return await clouds.keystone.token("member", project("demo"))


def told(content: bytes) -> dict[str, list[str]]:
    """The attributes of an assertion."""
    found = ElementTree.fromstring(content).iter(f"{SAML}Attribute")
    return {each.attrib["Name"]: [value.text or "" for value in each] for each in found}


async def test_metadata_says_who_we_are(clouds: Clouds) -> None:
    answer = await clouds.keystone.cloud.http.get(METADATA)
    assert answer.headers["Content-Type"] == "text/xml"
    assert f'entityID="{ENTITY}"' in answer.text
    assert "X509Certificate>" in answer.text
    assert "EmailAddress" not in answer.text
    ours = {
        **clouds.options["identity_provider"],
        "organization_name": "Example",
        "organization_display_name": "An example",
        "organization_url": "https://example.test",
        "contact_company": "Example, Inc.",
        "contact_name": "A",
        "contact_surname": "B",
        "contact_email": "help@example.test",
        "contact_telephone": "+1 800",
        "contact_type": "support",
    }
    clouds.configure(identity_provider=ours)
    more = (await clouds.keystone.cloud.http.get(METADATA)).text
    for each in ("An example", "https://example.test", "help@example.test", 'contactType="support"'):
        assert each in more
    assert (await clouds.keystone.cloud.http.head(METADATA)).status_code == 200


async def test_an_assertion_says_what_the_token_says(clouds: Clouds) -> None:
    member_id = clouds.keystone.ids["member"]
    await clouds.federation.done("PUT", f"/groups/{clouds.federation.group_id}/users/{member_id}")
    answer = await clouds.assertion(await member(clouds))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/xml"
    assert answer.headers["X-sp-url"] == answer.headers["X-auth-url"] == clouds.here
    found = told(answer.content)
    assert json.loads(found.pop("openstack_groups")[0].removeprefix("JSON:")) == {
        "name": "staff",
        "domain": {"name": "Default"},
    }
    assert found == {
        "openstack_user": ["member"],
        "openstack_user_domain": ["Default"],
        "openstack_roles": ["member", "reader"],
        "openstack_project": ["demo"],
        "openstack_project_domain": ["Default"],
    }


async def test_it_opens_the_other_cloud_once(clouds: Clouds) -> None:
    envelope = await clouds.assertion(await member(clouds), path="/ecp")
    assert envelope.status_code == 200
    assert re.search(r"RelayState[^>]*>ss:mem:\w", envelope.text)
    answer = await brought(clouds.federation, envelope.content)
    assert answer.status_code == 201, answer.text
    assert answer.json()["token"]["user"]["name"] == "member from there"
    again = await clouds.federation.rescope(answer.headers["X-Subject-Token"], project("demo"))
    assert again.status_code == 201
    assert (await brought(clouds.federation, envelope.content)).status_code == 401


async def test_an_assertion_for_another_cloud_is_not_believed(clouds: Clouds) -> None:
    """Whoever gets one cannot go on with it elsewhere."""
    await clouds.know("other", "https://other.test/auth")
    envelope = await clouds.assertion(await member(clouds), "other", "/ecp")
    assert envelope.status_code == 200
    assert (await brought(clouds.federation, envelope.content)).status_code == 401
    readdressed = envelope.content.replace(b'Destination="https://other.test/auth"', b"")
    assert (await brought(clouds.federation, readdressed)).status_code == 401


async def test_assertions_that_nobody_asked_for_must_be_allowed(clouds: Clouds) -> None:
    envelope = await clouds.assertion(await member(clouds), path="/ecp")
    provider = {**clouds.options["saml"]["acme"], "allow_unsolicited": False}
    clouds.configure(saml={"acme": provider})
    assert (await brought(clouds.federation, envelope.content)).status_code == 401
    clouds.configure(saml={})
    assert (await brought(clouds.federation, envelope.content)).status_code == 401


async def test_an_old_assertion_is_not_believed(clouds: Clouds) -> None:
    ours = {**clouds.options["identity_provider"], "assertion_expiration_time": 1}
    strict = {**clouds.options["saml"]["acme"], "leeway_s": 0}
    clouds.configure(identity_provider=ours)
    envelope = await clouds.assertion(await member(clouds), path="/ecp")
    [ends] = set(re.findall(r'NotOnOrAfter="([^"]*)"', envelope.text))
    [issued] = set(re.findall(r'IssueInstant="([^"]*)"', envelope.text))
    assert issued < ends
    changed = envelope.text.replace(ends, "2020-01-01T00:00:00Z")
    clouds.configure(saml={"acme": strict})
    assert (await brought(clouds.federation, changed.encode())).status_code == 401


async def test_who_gets_no_assertion(clouds: Clouds) -> None:
    await clouds.know("closed", "https://closed.test", enabled=False)
    token = await member(clouds)
    assert (await clouds.assertion(token, "unknown")).status_code == 404
    assert (await clouds.assertion("x", "closed")).status_code == 403
    assert (await clouds.assertion(token, "closed")).status_code == 403
    assert (await clouds.assertion("x")).status_code == 404
    for scope in ({"domain": {"id": "default"}}, SYSTEM, "unscoped"):
        admin = await clouds.keystone.login("admin", scope=scope)
        refused = await clouds.assertion(admin.headers.get("X-Subject-Token", "x"))
        assert refused.status_code in (403, 404)
    unscoped = (await clouds.keystone.login("member", scope="unscoped")).headers["X-Subject-Token"]
    refused = await clouds.assertion(unscoped)
    assert refused.status_code == 403
    assert "Use a project scoped token" in refused.json()["error"]["message"]


async def credential(clouds: Clouds, **more: Any) -> str:
    """A token by a new application credential of the member's."""
    user_id = clouds.keystone.ids["member"]
    made = await clouds.keystone.call(
        await member(clouds),
        "POST",
        f"/users/{user_id}/application_credentials",
        {"application_credential": {"name": "x", **more}},
    )
    assert made.status_code == 201, made.text
    given = made.json()["application_credential"]
    method = {"id": given["id"], "secret": given["secret"]}
    shown = {"methods": ["application_credential"], "application_credential": method}
    return (await login_with(clouds.keystone, shown)).headers["X-Subject-Token"]


async def test_a_lent_token_does_not_bring_its_owners_groups(clouds: Clouds) -> None:
    member_id = clouds.keystone.ids["member"]
    await clouds.federation.done("PUT", f"/groups/{clouds.federation.group_id}/users/{member_id}")
    answer = await clouds.assertion(await credential(clouds, roles=[{"name": "reader"}]))
    assert answer.status_code == 200
    found = told(answer.content)
    assert found["openstack_roles"] == ["reader"]
    assert "openstack_groups" not in found


async def test_a_restricted_token_gives_no_assertion(clouds: Clouds) -> None:
    rule = {"service": "identity", "method": "GET", "path": "/v3/users"}
    answer = await clouds.assertion(await credential(clouds, access_rules=[rule]))
    assert answer.status_code == 403


async def test_names_that_xml_cannot_write(clouds: Clouds) -> None:
    user = {"user": {"name": "odd\x01", "domain_id": "default", "password": "a password"}}
    made = (await clouds.federation.done("POST", "/users", user))["user"]
    role = clouds.keystone.ids["role:member"]
    demo = clouds.keystone.ids["demo"]
    await clouds.federation.done("PUT", f"/projects/{demo}/users/{made['id']}/roles/{role}")
    token = await clouds.keystone.token("odd\x01", project("demo"))
    assert (await clouds.assertion(token)).status_code == 400


async def test_names_that_xml_must_escape(clouds: Clouds) -> None:
    name = "<&'\">]]> \u00e9\U0001f300"
    user = {"user": {"name": name, "domain_id": "default", "password": "a password"}}
    made = (await clouds.federation.done("POST", "/users", user))["user"]
    role = clouds.keystone.ids["role:member"]
    demo = clouds.keystone.ids["demo"]
    await clouds.federation.done("PUT", f"/projects/{demo}/users/{made['id']}/roles/{role}")
    token = await clouds.keystone.token(name, project("demo"))
    envelope = await clouds.assertion(token, path="/ecp")
    assert told(envelope.content)["openstack_user"] == [name]
    answer = await brought(clouds.federation, envelope.content)
    assert answer.json()["token"]["user"]["name"] == f"{name} from there"


BAD: list[Any] = [
    {},
    [],
    {"auth": None},
    {"auth": {"identity": {"methods": ["token"], "token": {"id": "x"}}}},
    {"auth": {"identity": {"methods": ["token"]}, "scope": {"service_provider": {"id": "here"}}}},
    {"auth": {"identity": {"token": {"id": 5}}, "scope": {"service_provider": {"id": "here"}}}},
    {"auth": {"identity": {"token": {"id": "x", "y": 1}}, "scope": {"service_provider": {"id": "here"}}}},
    {"auth": {"identity": {"token": {"id": "x"}}, "scope": {"service_provider": {"id": "x"}, "project": {}}}},
    {
        "auth": {
            "identity": {"methods": "token", "token": {"id": "x"}},
            "scope": {"service_provider": {"id": "x"}},
        }
    },
]


@pytest.mark.parametrize("path", ["", "/ecp"])
async def test_what_cannot_be_asked(clouds: Clouds, path: str) -> None:
    http = clouds.keystone.cloud.http
    for body in BAD:
        answer = await http.post(SAML2 + path, json=body)
        assert answer.status_code == 400, f"{body}: {answer.text}"
    assert (await http.post(SAML2 + path, content=b"x")).status_code == 400
    assert (await http.get(SAML2 + path)).status_code == 405
    assert (await http.head(SAML2 + path)).status_code == 405


async def test_a_cloud_that_is_no_identity_provider(clouds: Clouds) -> None:
    clouds.configure(identity_provider=None)
    assert (await clouds.keystone.cloud.http.get(METADATA)).status_code == 404
    assert (await clouds.assertion(await member(clouds))).status_code == 400


async def test_an_identity_provider_that_is_not_set_up_well(clouds: Clouds) -> None:
    broken = {**clouds.options["identity_provider"], "key_file": "/nowhere", "cert_file": "/nowhere"}
    clouds.configure(identity_provider=broken)
    token = await member(clouds)
    http = clouds.keystone.cloud.http
    assert (await http.get(METADATA)).status_code == 503
    auth = {"identity": {"token": {"id": token}}, "scope": {"service_provider": {"id": "here"}}}
    assert (await http.post(SAML2, json={"auth": auth})).status_code == 503


async def test_relay_states_and_addresses_are_the_providers(clouds: Clouds) -> None:
    odd = "http://x.test/a\r\nX-Evil: 1 \u00e9"
    provider = {"auth_url": odd, "sp_url": odd, "enabled": True, "relay_state_prefix": "<&>"}
    await clouds.federation.done(
        "PUT", "/OS-FEDERATION/service_providers/odd", {"service_provider": provider}
    )
    answer = await clouds.assertion(await member(clouds), "odd", "/ecp")
    assert answer.status_code == 200
    assert "X-Evil" not in answer.headers
    assert "&lt;&amp;&gt;" in answer.text
    ElementTree.fromstring(answer.content)
    assert PAOS_TYPE not in answer.headers["Content-Type"]

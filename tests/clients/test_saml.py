"""The stock client, logging in with a password at a SAML provider (v3samlpassword): Enhanced Client or Proxy."""

from __future__ import annotations

import base64
import json
import threading
import warnings
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.clients.serving import Served, serving
from tests.clients.stock import Client
from tests.services.identity.saml_provider import SamlProvider
from tests.services.identity.test_saml import RULES

with warnings.catch_warnings():  # the client's libraries warn of each other
    warnings.simplefilter("ignore")
    from keystoneauth1 import exceptions, session
    from keystoneauth1.extras._saml2 import V3Saml2Password as Password

pytestmark = [pytest.mark.clients, pytest.mark.filterwarnings("default")]
ALICE = "Basic " + base64.b64encode(b"alice:wonderland").decode()
PROTOCOL = "/v3/auth/OS-FEDERATION/identity_providers/university/protocols/saml2"


class University(BaseHTTPRequestHandler):
    """Where alice has her password."""

    provider: SamlProvider

    def do_POST(self) -> None:
        envelope = self.rfile.read(int(self.headers["Content-Length"]))
        is_alice = self.headers["Authorization"] == ALICE
        content = self.provider.respond_to_program(envelope) if is_alice else b""
        self.send_response(200 if is_alice else 401)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> SamlProvider:
    return SamlProvider(tmp_path_factory.mktemp("university"))


@pytest.fixture(scope="module")
def university(provider: SamlProvider) -> Iterator[str]:
    """Its address for programs."""
    handler = type("University", (University,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ecp"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: SamlProvider) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    saml = {"entity_id": provider.entity_id, "metadata_file": str(provider.metadata_file)}
    config = {"identity": {"federation": {"saml": {"university": saml}}}}
    with serving(folder, services=["identity", "oversight"], config=config) as cloud:
        rules = folder / "rules.json"
        rules.write_text(json.dumps(RULES))
        admin = Client(cloud.state / "clouds.yaml", "haneul")
        admin.run("group create staff")
        admin.run("role add --group staff --project demo member")
        admin.run(f"identity provider create --remote-id {provider.entity_id} university")
        admin.run(f"mapping create --rules {rules} rules")
        admin.run("federation protocol create --identity-provider university --mapping rules saml2")
        provider.know(httpx.get(f"{cloud.auth_url}{PROTOCOL}/saml2/metadata").content)
        yield cloud


def plugin(served: Served, university: str, password: str) -> Password:
    return Password(
        f"{served.auth_url}/v3",
        "university",
        "saml2",
        university,
        "alice",
        password,
        project_name="demo",
        project_domain_name="Default",
    )


def test_a_password_at_the_university_opens_the_project(served: Served, university: str) -> None:
    auth = plugin(served, university, "wonderland")
    found = auth.get_access(session.Session())
    assert (found.username, found.project_name) == ("alice", "demo")


def test_a_wrong_password_opens_nothing(served: Served, university: str) -> None:
    with pytest.raises(exceptions.AuthorizationFailure):
        plugin(served, university, "x").get_access(session.Session())


def test_the_command_line_client_does_so_too(served: Served, university: str) -> None:
    clouds = json.loads((served.state / "clouds.yaml").read_text())
    clouds["clouds"]["university"] = {
        "auth_type": "v3samlpassword",
        "identity_api_version": 3,
        "auth": {
            "auth_url": f"{served.auth_url}/v3",
            "identity_provider": "university",
            "protocol": "saml2",
            "identity_provider_url": university,
            "username": "alice",
            "password": "wonderland",
            "project_name": "demo",
            "project_domain_name": "Default",
        },
    }
    (served.state / "clouds.yaml").write_text(json.dumps(clouds))
    issued = Client(served.state / "clouds.yaml", "university").json("token issue")
    demo = Client(served.state / "clouds.yaml", "haneul").json("project show demo")
    assert issued["project_id"] == demo["id"]

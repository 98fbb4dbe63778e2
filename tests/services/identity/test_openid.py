"""Logging in with a token of an OpenID provider: which are believed, and what they are good for."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from haneul.services.identity.operations import openid
from tests.keys import rsa_key
from tests.services.identity.conftest import SYSTEM, V3, Keystone, project
from tests.services.identity.federation import Federation, federated
from tests.services.identity.openid_provider import CLIENT, SECRET, Provider, providing


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


def options(provider: Provider, **more: Any) -> dict[str, Any]:
    usual = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "leeway_s": 0}
    return {"openid": {"acme": {**usual, **more}}}


@pytest.fixture
async def federation(keystone: Keystone, provider: Provider) -> Federation:
    return await federated(keystone, options(provider))


async def test_a_token_of_the_provider_gives_one_without_a_scope(
    federation: Federation, provider: Provider
) -> None:
    answer = await federation.login(provider.token())
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    assert token["methods"] == ["openid"]
    assert token["user"]["name"] == "Alice"
    assert token["user"]["OS-FEDERATION"] == {
        "groups": [{"id": federation.group_id}],
        "identity_provider": {"id": "acme"},
        "protocol": {"id": "openid"},
    }
    assert "password_expires_at" not in token["user"]
    assert not {"project", "roles", "catalog"} & set(token)


async def test_its_groups_open_projects(federation: Federation, provider: Provider) -> None:
    unscoped = (await federation.login(provider.token())).headers["X-Subject-Token"]
    for path in ("/OS-FEDERATION/projects", "/auth/projects"):
        found = (await federation.keystone.call(unscoped, "GET", path)).json()["projects"]
        assert [p["name"] for p in found] == ["demo"]
    answer = await federation.rescope(unscoped, project("demo"))
    assert answer.status_code == 201, answer.text
    token = answer.json()["token"]
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert token["methods"] == ["token", "openid"]
    assert token["user"]["OS-FEDERATION"]["groups"] == [{"id": federation.group_id}]
    assert (await federation.rescope(unscoped, project("admin"))).status_code == 401
    assert (await federation.rescope(unscoped, SYSTEM)).status_code == 401


@pytest.mark.parametrize("method", ["mapped", "openid", "saml2"])
async def test_the_methods_of_federation_take_its_tokens_for_another_scope(
    federation: Federation, provider: Provider, method: str
) -> None:
    first = await federation.login(provider.token())
    answer = await federation.rescope(first.headers["X-Subject-Token"], project("demo"), method)
    assert answer.status_code == 201, answer.text
    assert answer.json()["token"]["methods"] == list(dict.fromkeys([method, "openid"]))
    assert answer.json()["token"]["expires_at"] == first.json()["token"]["expires_at"]


async def test_the_usual_login_takes_it_too(federation: Federation, provider: Provider) -> None:
    part = {"identity_provider": "acme", "protocol": "openid"}
    body = {"auth": {"identity": {"methods": ["openid"], "openid": part}, "scope": project("demo")}}
    headers = {"Authorization": f"Bearer {provider.token()}"}
    http = federation.keystone.cloud.http
    answer = await http.post(f"{V3}/auth/tokens", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert answer.json()["token"]["project"]["name"] == "demo"
    assert (await http.post(f"{V3}/auth/tokens", json=body)).status_code == 401
    body["auth"]["identity"]["openid"] = {}
    assert (await http.post(f"{V3}/auth/tokens", json=body, headers=headers)).status_code == 400


PAST = int(time.time()) - 600


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def forged_none(provider: Provider) -> str:
    return f"{part({'alg': 'none', 'kid': 'k1'})}.{part(provider.claims())}."


def forged_with_the_public_key(provider: Provider) -> str:
    """The old trick: the public key, which everybody has, used as the secret of an HMAC."""
    public = provider.keys["k1"].public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(provider.claims())}"
    mac = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def with_other_claims(provider: Provider) -> str:
    header, _, signature = provider.token().split(".")
    return f"{header}.{part(provider.claims(sub='root'))}.{signature}"


REFUSED: dict[str, Any] = {
    "somebody else's key": lambda p: p.token(key=rsa_key("stranger")),
    "an unknown key": lambda p: p.token(key=rsa_key("stranger"), headers={"kid": "other"}),
    "the key of the wrong kind": lambda p: p.token(headers={"kid": "shared"}),
    "a key that is no text": lambda p: p.token(headers={"kid": "shared", "jku": "http://127.0.0.1:9/"}),
    "no signature": forged_none,
    "a symmetric signature": forged_with_the_public_key,
    "other claims": with_other_claims,
    "another audience": lambda p: p.token(aud="somebody"),
    "no audience": lambda p: p.token(aud=None),
    "another issuer": lambda p: p.token(iss="http://127.0.0.1:9/realm"),
    "no issuer": lambda p: p.token(iss=None),
    "expired": lambda p: p.token(exp=PAST),
    "no end": lambda p: p.token(exp=None),
    "not yet": lambda p: p.token(nbf=PAST + 86400),
    "from the future": lambda p: p.token(iat=PAST + 86400),
    "an algorithm that is not allowed": lambda p: p.token(algorithm="RS512"),
    "nobody": lambda p: p.token(sub=None),
    "no JWT": lambda p: "opaque",
    "nothing": lambda p: "",
    "dots": lambda p: "..",
    "nonsense": lambda p: "a.b.c",
}


@pytest.mark.parametrize("token", REFUSED)
async def test_what_is_not_believed(federation: Federation, provider: Provider, token: str) -> None:
    answer = await federation.login(REFUSED[token](provider))
    assert answer.status_code == 401, answer.text
    users = (await federation.done("GET", "/users"))["users"]
    assert "Alice" not in {user["name"] for user in users}


async def test_several_audiences_may_contain_ours(federation: Federation, provider: Provider) -> None:
    assert (await federation.login(provider.token(aud=["x", CLIENT]))).status_code == 201


async def test_audiences_are_those_of_the_options(keystone: Keystone, provider: Provider) -> None:
    federation = await federated(keystone, options(provider, audiences=["cloud"]))
    assert (await federation.login(provider.token(aud="cloud"))).status_code == 201
    assert (await federation.login(provider.token())).status_code == 401


async def test_keys_are_asked_for_once_and_again_when_they_change(
    federation: Federation, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        assert (await federation.login(provider.token())).status_code == 201
    assert provider.asked == ["/.well-known/openid-configuration", "/keys"]
    old = provider.keys["k1"]
    provider.rotate("k2", curve=True)
    renewed = provider.token(algorithm="ES256")
    assert (await federation.login(renewed)).status_code == 401  # asked a moment ago
    monkeypatch.setattr(openid, "ASKED_AGAIN_S", 0.0)
    assert (await federation.login(renewed)).status_code == 201
    assert (await federation.login(provider.token(key=old, headers={"kid": "k1"}))).status_code == 401


async def test_a_token_that_names_no_key_is_checked_with_the_only_one(
    federation: Federation, provider: Provider
) -> None:
    assert (await federation.login(provider.token(headers={"kid": None}))).status_code == 201
    unsigned = provider.token(key=rsa_key("stranger"), headers={"kid": None})
    assert (await federation.login(unsigned)).status_code == 401


async def test_a_provider_that_is_down_gives_503(federation: Federation, provider: Provider) -> None:
    provider.is_down = True
    for _ in range(2):
        assert (await federation.login(provider.token())).status_code == 503
    assert provider.asked == ["/.well-known/openid-configuration"]  # and is left alone for a while


@pytest.mark.parametrize("odd", [{"issuer": "http://127.0.0.1:9/realm"}, {"issuer": 5}, {"jwks_uri": ""}])
async def test_a_provider_that_is_not_who_it_should_be(
    federation: Federation, provider: Provider, odd: dict[str, Any]
) -> None:
    provider.discovery = odd
    assert (await federation.login(provider.token())).status_code == 503


async def test_nobody_answers(keystone: Keystone, provider: Provider) -> None:
    federation = await federated(keystone, options(provider, jwks_uri="http://127.0.0.1:9/keys"))
    assert (await federation.login(provider.token())).status_code == 503


async def test_opaque_tokens_are_asked_about(keystone: Keystone, provider: Provider) -> None:
    federation = await federated(keystone, options(provider, introspect=True))
    said = {"active": True, "client_id": CLIENT, **provider.person}
    provider.opaque = {
        "good": said,
        "over": {**said, "exp": PAST},
        "inactive": {**said, "active": False},
        "others": {**said, "client_id": "x"},
        "foreign": {**said, "iss": "x"},
    }
    assert (await federation.login("good")).status_code == 201
    for token in ("over", "inactive", "others", "foreign", "unknown"):
        assert (await federation.login(token)).status_code == 401, token


async def test_a_provider_is_told_by_its_remote_id(federation: Federation, provider: Provider) -> None:
    idp = "/OS-FEDERATION/identity_providers/acme"
    await federation.done("PATCH", idp, {"identity_provider": {"remote_ids": ["https://other"]}})
    assert (await federation.login(provider.token())).status_code == 403
    remote_ids = [provider.issuer, "https://other"]
    await federation.done("PATCH", idp, {"identity_provider": {"remote_ids": remote_ids}})
    assert (await federation.login(provider.token())).status_code == 201
    protocol = {"protocol": {"mapping_id": "m", "remote_id_attribute": "HTTP_OIDC_TENANT"}}
    await federation.done("PATCH", f"{idp}/protocols/openid", protocol)
    assert (await federation.login(provider.token())).status_code == 401
    assert (await federation.login(provider.token(tenant="x"))).status_code == 403
    assert (await federation.login(provider.token(tenant="https://other"))).status_code == 201


async def test_only_providers_that_are_known_and_enabled(federation: Federation, provider: Provider) -> None:
    token = provider.token()
    assert (await federation.login(token, idp="nobody")).status_code == 404
    assert (await federation.login(token, protocol="nothing")).status_code == 404
    assert (await federation.login()).status_code == 401
    other = "/OS-FEDERATION/identity_providers/other"
    await federation.done("PUT", other, {"identity_provider": {"enabled": True}})
    await federation.done("PUT", f"{other}/protocols/openid", {"protocol": {"mapping_id": "m"}})
    assert (await federation.login(token, idp="other")).status_code == 401  # nothing is known of it
    await federation.done("PATCH", other, {"identity_provider": {"enabled": False}})
    assert (await federation.login(token, idp="other")).status_code == 403

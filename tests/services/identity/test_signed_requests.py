"""Requests signed with the secret of an EC2 credential, and the credentials themselves."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.services.identity.conftest import Keystone, login_with

EMPTY = hashlib.sha256(b"").hexdigest()


async def ec2_keys(keystone: Keystone, token: str, name: str = "member") -> dict[str, Any]:
    path = f"/users/{keystone.ids[name]}/credentials/OS-EC2"
    answer = await keystone.call(token, "POST", path, {"tenant_id": keystone.ids["demo"]})
    assert answer.status_code == 201, answer.text
    keys: dict[str, Any] = answer.json()["credential"]
    return keys


def stamp(keystone: Keystone, form: str, late_s: int = 0) -> str:
    return (keystone.cloud.platform.clock.now() + timedelta(seconds=late_s)).strftime(form)


def query_of(params: dict[str, str]) -> str:
    return "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(params.items()))


def version_2(keystone: Keystone, keys: dict[str, Any], late_s: int = 0) -> dict[str, Any]:
    params = {
        "AWSAccessKeyId": keys["access"],
        "Action": "Describe Instances/é",
        "SignatureVersion": "2",
        "SignatureMethod": "HmacSHA256",
        "Timestamp": stamp(keystone, "%Y-%m-%dT%H:%M:%SZ", late_s),
    }
    text = "\n".join(("GET", "cloud:8773", "/", query_of(params)))
    mac = hmac.new(keys["secret"].encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(mac).decode()
    request = {"host": "cloud:8773", "verb": "GET", "path": "/", "params": params}
    return {"access": keys["access"], "signature": signature, **request}


def signed_4(keys: dict[str, Any], scope: str, text: str) -> str:
    key = b"AWS4" + keys["secret"].encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def version_4(keystone: Keystone, keys: dict[str, Any], late_s: int = 0) -> dict[str, Any]:
    date = stamp(keystone, "%Y%m%dT%H%M%SZ", late_s)
    scope = f"{date[:8]}/RegionOne/ec2/aws4_request"
    params = {"Action": "DescribeInstances"}
    canonical = (
        "GET",
        "/",
        query_of(params),
        "host:cloud",
        f"x-amz-date:{date}",
        "",
        "host;x-amz-date",
        EMPTY,
    )
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    signature = signed_4(keys, scope, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}")
    said = f"Credential={keys['access']}/{scope}, SignedHeaders=host;x-amz-date, Signature={signature}"
    headers = {"Host": "cloud", "X-Amz-Date": date, "Authorization": f"AWS4-HMAC-SHA256 {said}"}
    request = {"host": "cloud", "verb": "GET", "path": "/", "params": params}
    more = {"headers": headers, "body_hash": EMPTY}
    return {"access": keys["access"], "signature": signature, **request, **more}


async def ask(keystone: Keystone, token: str, given: Any, path: str = "/ec2tokens") -> httpx.Response:
    return await keystone.call(token, "POST", path, {"credentials": given})


@pytest.mark.parametrize("sign", [version_2, version_4])
async def test_whoever_signed_a_request_gets_a_token(keystone: Keystone, sign: Any) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    keys = await ec2_keys(keystone, member)
    answer = await ask(keystone, admin, sign(keystone, keys))
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    assert token["methods"] == ["ec2credential"]
    assert token["user"]["id"] == keystone.ids["member"]
    assert token["project"]["id"] == keystone.ids["demo"]
    assert (
        await keystone.call(answer.headers["X-Subject-Token"], "GET", "/auth/projects")
    ).status_code == 200
    given = sign(keystone, keys)
    for change in ({"path": "/x"}, {"verb": "PUT"}, {"signature": "x"}, {"params": {}}, {"headers": {}}):
        if change != {"headers": {}} or sign is version_4:
            assert (await ask(keystone, admin, {**given, **change})).status_code == 401, change
    for late_s in (-1000, 1000):
        assert (await ask(keystone, admin, sign(keystone, keys, late_s))).status_code == 401
    assert (await ask(keystone, admin, {**given, "access": "nobody"})).status_code == 404
    assert (await ask(keystone, member, given)).status_code == 403
    assert (await ask(keystone, admin, {k: v for k, v in given.items() if k != "host"})).status_code == 400


async def test_whoever_signed_a_string_is_known(keystone: Keystone) -> None:
    admin, member = await keystone.token(), await keystone.token("member")
    keys = await ec2_keys(keystone, member)
    old = b"GET\n\n\nThu, 01 Jan 2026 00:00:00 GMT\n/bucket"
    scope = "20260101/RegionOne/s3/aws4_request"
    new = f"AWS4-HMAC-SHA256\n20260101T000000Z\n{scope}\n{EMPTY}"
    by_sha1 = base64.b64encode(hmac.new(keys["secret"].encode(), old, hashlib.sha1).digest()).decode()
    for text, signature in ((old, by_sha1), (new.encode(), signed_4(keys, scope, new))):
        token = base64.b64encode(text).decode()
        given = {"access": keys["access"], "signature": signature, "token": token}
        answer = await ask(keystone, admin, given, "/s3tokens")
        assert answer.json()["token"]["user"]["id"] == keystone.ids["member"]
        assert "X-Subject-Token" not in answer.headers
        assert (await ask(keystone, member, given, "/s3tokens")).status_code == 401
        for change in ({"signature": "x"}, {"token": "!"}, {"token": base64.b64encode(b"x").decode()}):
            assert (await ask(keystone, admin, {**given, **change}, "/s3tokens")).status_code == 401


async def test_the_keys_of_an_ec2_credential_may_change(keystone: Keystone) -> None:
    admin, ids = await keystone.token(), keystone.ids
    blob = {"access": "first", "secret": "one"}
    new = {"type": "ec2", "user_id": ids["member"], "project_id": ids["demo"]}
    body = {"credential": {**new, "blob": json.dumps(blob)}}
    made = (await keystone.call(admin, "POST", "/credentials", body)).json()["credential"]
    path = f"/credentials/{made['id']}"
    changed = {**new, "project_id": ids["demo"], "blob": json.dumps({"access": "second", "secret": "two"})}
    answer = await keystone.call(admin, "PATCH", path, {"credential": changed})
    assert answer.status_code == 200, answer.text
    assert answer.json()["credential"] == {**made, **changed}
    assert (await keystone.call(admin, "GET", path)).json() == answer.json()
    for wrong in ("nothing", "[]", json.dumps({"secret": "x"}), {"access": "x"}):
        refused = await keystone.call(admin, "PATCH", path, {"credential": {"blob": wrong}})
        assert refused.status_code == 400
    assert (await keystone.call(admin, "GET", path)).json() == answer.json()


async def test_lent_tokens_see_no_credentials(keystone: Keystone) -> None:
    member, ids = await keystone.token("member"), keystone.ids
    keys = await ec2_keys(keystone, member)
    path = f"/users/{ids['member']}/application_credentials"
    body = {"application_credential": {"name": "x", "unrestricted": True}}
    made = (await keystone.call(member, "POST", path, body)).json()["application_credential"]
    proof = {"id": made["id"], "secret": made["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": proof}
    token = (await login_with(keystone, identity)).headers["X-Subject-Token"]
    ec2 = f"/users/{ids['member']}/credentials/OS-EC2"
    one = hashlib.sha256(keys["access"].encode()).hexdigest()
    assert (await keystone.call(token, "GET", "/credentials")).json()["credentials"] == []
    for method, where, sent in (
        ("GET", f"/credentials/{one}", None),
        ("PATCH", f"/credentials/{one}", {"credential": {"blob": "x"}}),
        ("DELETE", f"/credentials/{one}", None),
        ("POST", "/credentials", {"credential": {"type": "cert", "blob": "x"}}),
        ("GET", ec2, None),
        ("POST", ec2, {"tenant_id": ids["demo"]}),
        ("GET", f"{ec2}/{keys['access']}", None),
        ("DELETE", f"{ec2}/{keys['access']}", None),
    ):
        assert (await keystone.call(token, method, where, sent)).status_code == 403, where
    assert (await keystone.call(member, "GET", f"{ec2}/{keys['access']}")).status_code == 200

"""Key pairs over HTTP."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.conftest import Cloud

KEYPAIRS = "/compute/v2.1/os-keypairs"
LATEST = "compute 2.104"


def public_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


PUBLIC = public_key()


def keypair(name: str, **more: Any) -> dict[str, Any]:
    return {"keypair": {"name": name, "public_key": PUBLIC, **more}}


async def names(cloud: Cloud, query: str = "", who: str = "member") -> list[str]:
    answer = await getattr(cloud, who).get(f"{KEYPAIRS}{query}", version=LATEST)
    assert answer.status_code == 200, answer.text
    return [k["keypair"]["name"] for k in answer.json()["keypairs"]]


async def test_an_imported_key_is_shown_with_its_fingerprint(cloud: Cloud) -> None:
    answer = await cloud.member.post(KEYPAIRS, keypair("mine"), version="compute 2.2")
    assert answer.status_code == 201
    digest = hashlib.md5(base64.b64decode(PUBLIC.split()[1])).hexdigest()
    pairs = ":".join(digest[i : i + 2] for i in range(0, 32, 2))
    user = cloud.member.auth.user_id
    made = {"name": "mine", "public_key": PUBLIC, "fingerprint": pairs, "type": "ssh"}
    assert answer.json() == {"keypair": {**made, "user_id": user}}
    shown = (await cloud.member.get(f"{KEYPAIRS}/mine", version="compute 2.2")).json()["keypair"]
    assert {k: shown[k] for k in made} == made
    assert shown["deleted"] is False and shown["user_id"] == user and shown["id"] == 1
    listed = (await cloud.member.get(KEYPAIRS, version="compute 2.2")).json()
    assert listed == {"keypairs": [{"keypair": made}]}
    assert (await cloud.member.post(KEYPAIRS, keypair("mine"))).status_code == 409
    assert (await cloud.stranger.get(f"{KEYPAIRS}/mine")).status_code == 404
    assert (await cloud.member.delete(f"{KEYPAIRS}/mine", version="compute 2.2")).status_code == 204
    assert (await cloud.member.delete(f"{KEYPAIRS}/mine")).status_code == 404


async def test_the_first_version_answers_otherwise(cloud: Cloud) -> None:
    answer = await cloud.member.post(KEYPAIRS, keypair("old"))
    assert answer.status_code == 200
    assert "type" not in answer.json()["keypair"]
    assert (await cloud.member.post(KEYPAIRS, keypair("x", type="ssh"))).status_code == 400
    assert (await cloud.member.delete(f"{KEYPAIRS}/old")).status_code == 202


async def test_a_generated_pair_belongs_together(cloud: Cloud) -> None:
    body = {"keypair": {"name": "made"}}
    made = (await cloud.member.post(KEYPAIRS, body, version="compute 2.91")).json()["keypair"]
    private = serialization.load_pem_private_key(made["private_key"].encode(), None)
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    assert made["public_key"].startswith(public.decode())
    shown = (await cloud.member.get(f"{KEYPAIRS}/made")).json()["keypair"]
    assert "private_key" not in shown
    assert (
        await cloud.member.post(KEYPAIRS, {"keypair": {"name": "no"}}, version="compute 2.92")
    ).status_code == 400


async def test_a_certificate_can_be_generated_and_imported(cloud: Cloud) -> None:
    body = {"keypair": {"name": "windows", "type": "x509"}}
    made = (await cloud.member.post(KEYPAIRS, body, version="compute 2.2")).json()["keypair"]
    certificate = x509.load_pem_x509_certificate(made["public_key"].encode())
    assert (
        made["fingerprint"].replace(":", "")
        == hashlib.sha1(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
    )
    again = keypair("again", type="x509", public_key=made["public_key"])
    imported = (await cloud.member.post(KEYPAIRS, again, version="compute 2.2")).json()["keypair"]
    assert imported["fingerprint"] == made["fingerprint"]


async def test_administrators_act_for_other_users_from_2_10_on(cloud: Cloud) -> None:
    user = cloud.member.auth.user_id
    body = keypair("given", user_id=user)
    assert (await cloud.admin.post(KEYPAIRS, body, version="compute 2.9")).status_code == 400
    assert (await cloud.admin.post(KEYPAIRS, body, version="compute 2.10")).status_code == 201
    assert (await cloud.stranger.post(KEYPAIRS, body, version="compute 2.10")).status_code == 403
    assert await names(cloud) == ["given"]
    assert await names(cloud, f"?user_id={user}", "admin") == ["given"]
    for path in (KEYPAIRS, f"{KEYPAIRS}/given"):
        answer = await cloud.stranger.get(f"{path}?user_id={user}", version="compute 2.10")
        assert answer.status_code == 403
    path = f"{KEYPAIRS}/given?user_id={user}"
    assert (await cloud.stranger.delete(path, version="compute 2.10")).status_code == 403
    assert (await cloud.admin.delete(path, version="compute 2.10")).status_code == 204
    assert await names(cloud) == []


async def test_lists_are_paged_from_2_35_on(cloud: Cloud) -> None:
    for name in ("a", "b", "c"):
        await cloud.member.post(KEYPAIRS, keypair(name))
    page = (await cloud.member.get(f"{KEYPAIRS}?limit=2", version="compute 2.35")).json()
    assert [k["keypair"]["name"] for k in page["keypairs"]] == ["a", "b"]
    following = page["keypairs_links"][0]["href"].removeprefix("http://cloud.test")
    rest = (await cloud.member.get(following, version="compute 2.35")).json()
    assert [k["keypair"]["name"] for k in rest["keypairs"]] == ["c"]
    everything = (await cloud.member.get(f"{KEYPAIRS}?limit=2", version="compute 2.9")).json()
    assert len(everything["keypairs"]) == 3
    for query in ("limit=x", "marker=none"):
        assert (await cloud.member.get(f"{KEYPAIRS}?{query}", version=LATEST)).status_code == 400


@pytest.mark.parametrize(
    "change",
    [
        {"public_key": "x"}, {"public_key": ""}, {"public_key": "ssh-rsa bad"}, {"public_key": 5},
        {"public_key": PUBLIC[:-9]}, {"type": "pgp"}, {"type": "x509"}, {"name": ""}, {"name": 5},
        {"name": "a/b"}, {"name": " a"}, {"name": "x" * 256}, {"unknown": 1}, {"user_id": ""},
        {"public_key": None}, {"public_key": "ssh-ed25519 é"},
    ],
)  # fmt: skip
async def test_bad_keypairs_are_refused(cloud: Cloud, change: dict[str, Any]) -> None:
    body = {"keypair": {**keypair("new")["keypair"], **change}}
    assert (await cloud.member.post(KEYPAIRS, body, version=LATEST)).status_code == 400
    assert await names(cloud) == []


async def test_names_may_hold_more_from_2_92_on(cloud: Cloud) -> None:
    assert (await cloud.member.post(KEYPAIRS, keypair("a@b.c"), version="compute 2.91")).status_code == 400
    assert (await cloud.member.post(KEYPAIRS, keypair("a@b.c"), version="compute 2.92")).status_code == 201
    assert await names(cloud) == ["a@b.c"]


async def test_a_user_has_no_more_than_the_quota(cloud: Cloud) -> None:
    quota = f"/compute/v2.1/os-quota-sets/{cloud.member.auth.project_id}"
    await cloud.admin.put(quota, {"quota_set": {"key_pairs": 1}})
    assert (await cloud.member.post(KEYPAIRS, keypair("one"))).status_code == 200
    refused = await cloud.member.post(KEYPAIRS, keypair("two"))
    assert refused.status_code == 403
    assert refused.json()["forbidden"]["message"] == "Quota exceeded, too many key pairs."
    assert await names(cloud) == ["one"]

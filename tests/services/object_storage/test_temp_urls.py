"""Temporary addresses: what was signed may be done, and nothing else."""

from __future__ import annotations

import hmac
from typing import Any

import httpx
import pytest

from tests.services.object_storage.store import Account

LATER = 4_000_000_000


def signature(method: str, path: str, key: str, *, until: int = LATER, digest: str = "sha256") -> str:
    return hmac.new(key.encode(), f"{method}\n{until}\n{path}".encode(), digest).hexdigest()


@pytest.fixture
async def signed(swift: Account) -> Account:
    await swift.container()
    await swift.put("c/a/o", b"content")
    await swift.container("d")
    await swift.put("d/o", b"other")
    await swift.call("POST", headers={"X-Account-Meta-Temp-URL-Key": "k1"}, status=204)
    await swift.call("POST", "c", headers={"X-Container-Meta-Temp-URL-Key-2": "k2"}, status=204)
    return swift


async def visit(
    swift: Account, method: str, path: str, sig: str, until: int = LATER, **query: Any
) -> httpx.Response:
    params = {"temp_url_sig": sig, "temp_url_expires": str(until), **query}
    return await swift.cloud.http.request(method, f"{swift.url}/{path}", params=params, content=b"new")


@pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("key", ["k1", "k2"])
async def test_what_was_signed_may_be_read(signed: Account, digest: str, key: str) -> None:
    sig = signature("GET", f"{signed.url}/c/a/o", key, digest=digest)
    answer = await visit(signed, "GET", "c/a/o", sig)
    assert (answer.status_code, answer.content) == (200, b"content")
    assert 'attachment; filename="o"' in answer.headers["content-disposition"]
    assert (await visit(signed, "HEAD", "c/a/o", sig)).status_code == 200
    inline = await visit(signed, "GET", "c/a/o", sig, inline="")
    assert inline.headers["content-disposition"].startswith("inline")


async def test_nothing_else_may_be_done(signed: Account) -> None:
    sig = signature("GET", f"{signed.url}/c/a/o", "k1")
    past = 1_000_000_000
    tries = [
        ("PUT", "c/a/o", sig, LATER),
        ("DELETE", "c/a/o", sig, LATER),
        ("GET", "d/o", sig, LATER),
        ("GET", "c/a/o", sig[:-1] + ("0" if sig[-1] != "0" else "1"), LATER),
        ("GET", "c/a/o", "", LATER),
        ("GET", "c/a/o", signature("GET", f"{signed.url}/c/a/o", "k1", until=past), past),
        ("GET", "d/o", signature("GET", f"{signed.url}/d/o", "k2"), LATER),
    ]
    for method, path, each, until in tries:
        assert (await visit(signed, method, path, each, until)).status_code == 401, (method, path)
    assert (await signed.call("GET", "c/a/o")).content == b"content"


async def test_a_prefix_and_an_address_range_are_held(signed: Account) -> None:
    path = signed.url.removeprefix("/object-store")
    text = f"GET\n{LATER}\nprefix:{path}/c/a/".encode()
    sig = hmac.new(b"k1", text, "sha256").hexdigest()
    assert (await visit(signed, "GET", "c/a/o", sig, temp_url_prefix="a/")).status_code == 200
    assert (await visit(signed, "GET", "c/b", sig, temp_url_prefix="a/")).status_code == 401
    text = f"ip=10.0.0.0/8\nGET\n{LATER}\n{path}/c/a/o".encode()
    sig = hmac.new(b"k1", text, "sha256").hexdigest()
    assert (await visit(signed, "GET", "c/a/o", sig, temp_url_ip_range="10.0.0.0/8")).status_code == 401


async def test_the_key_of_a_container_opens_no_other(signed: Account) -> None:
    """Not by a manifest either, which names what is elsewhere."""
    await signed.put("c/m", b"", **{"X-Object-Manifest": "d/o"})
    assert (await signed.call("GET", "c/m")).content == b"other"
    sig = signature("GET", f"{signed.url}/c/m", "k2")
    assert (await visit(signed, "GET", "c/m", sig)).status_code in (401, 403)
    assert (
        await visit(signed, "GET", "c/m", signature("GET", f"{signed.url}/c/m", "k1"))
    ).content == b"other"

"""Temporary addresses: what was signed may be done, and nothing else."""

from __future__ import annotations

import hmac
import io
import json
import tarfile
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


async def test_an_address_to_put_one_object_puts_no_other(signed: Account) -> None:
    """Neither by an archive, whose names nobody signed, nor by a manifest, which would read what it names."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("more"))
    sig = signature("PUT", f"{signed.url}/c/up", "k1")
    params = {"temp_url_sig": sig, "temp_url_expires": str(LATER)}
    url, http = f"{signed.url}/c/up", signed.cloud.http
    packed = await http.put(url, params={**params, "extract-archive": "tar"}, content=file.getvalue())
    assert packed.status_code == 401
    manifest = json.dumps([{"path": "/d/o"}]).encode()
    named = await http.put(url, params={**params, "multipart-manifest": "put"}, content=manifest)
    assert named.status_code == 400
    for header in ("X-Object-Manifest", "X-Symlink-Target", "X-Copy-From"):
        assert (await http.put(url, params=params, headers={header: "d/o"})).status_code == 400
    assert await signed.names() == ["a/o"]
    assert (await http.put(url, params=params, content=b"new")).status_code == 201


async def test_an_address_leads_to_no_other_account(signed: Account) -> None:
    """Not even to what is open to everybody there, if only a link leads there."""
    other = Account(signed.cloud, signed.cloud.stranger)
    await other.container("c", **{"X-Container-Read": ".r:*"})
    await other.put("c/o", b"public")
    project = signed.cloud.stranger.auth.project_id
    link = {"X-Symlink-Target": "c/o", "X-Symlink-Target-Account": f"AUTH_{project}"}
    await signed.put("c/link", b"", **link)
    assert (await signed.call("GET", "c/link", status=200)).content == b"public"
    for key in ("k1", "k2"):
        sig = signature("GET", f"{signed.url}/c/link", key)
        assert (await visit(signed, "GET", "c/link", sig)).status_code in (401, 403)


async def test_what_the_address_says_of_the_answer_stays_in_its_header(signed: Account) -> None:
    sig = signature("GET", f"{signed.url}/c/a/o", "k1")
    answer = await visit(signed, "GET", "c/a/o", sig, filename='a"\r\nSet-Cookie: x=1\r\n; b="é')
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-disposition"].isascii()
    assert "\r" not in answer.headers["content-disposition"]


async def test_a_key_that_is_replaced_opens_nothing(signed: Account) -> None:
    sig = signature("GET", f"{signed.url}/c/a/o", "k1")
    await signed.call("POST", headers={"X-Account-Meta-Temp-URL-Key": "k3"}, status=204)
    assert (await visit(signed, "GET", "c/a/o", sig)).status_code == 401
    head = await signed.call("HEAD", who=signed.cloud.reader, status=204)
    assert not [name for name in head.headers if "temp-url-key" in name]


async def test_of_two_signatures_the_last_counts_and_of_none_nobody_is_let_in(signed: Account) -> None:
    good = signature("GET", f"{signed.url}/c/a/o", "k1")
    url, until = f"{signed.url}/c/a/o", f"temp_url_expires={LATER}"
    get = signed.cloud.http.get
    assert (await get(f"{url}?{until}&temp_url_sig=00&temp_url_sig={good}")).status_code == 200
    assert (await get(f"{url}?{until}&temp_url_sig={good}&temp_url_sig=00")).status_code == 401
    for query in (
        until,
        f"temp_url_sig={good}",
        f"{until}&temp_url_sig=",
        f"{until}&temp_url_sig=sha1:{good}",
    ):
        assert (await get(f"{url}?{query}")).status_code == 401
    sha1 = signature("GET", f"{signed.url}/c/a/o", "k1", digest="sha1")
    assert (await get(f"{url}?{until}&temp_url_sig={sha1.ljust(64, '0')}")).status_code == 401

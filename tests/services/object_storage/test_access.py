"""Whom a container lets in beside its operators."""

from __future__ import annotations

import asyncio

import pytest

from tests.services.object_storage.store import Account


async def read(swift: Account, path: str, **headers: str) -> int:
    """What somebody without a token is answered."""
    answer = await swift.cloud.http.get(f"{swift.url}/{path}", headers=headers)
    return answer.status_code


async def test_nobody_else_is_let_in_or_told_what_is_there(swift: Account) -> None:
    stranger, reader = swift.cloud.stranger, swift.cloud.reader
    await swift.container()
    await swift.put("c/o")
    for path in ("", "c", "c/o", "none", "none/o"):
        await swift.call("GET", path, who=stranger, status=403)
        assert await read(swift, path) == 401
    for method, path in (("PUT", "c/o"), ("DELETE", "c/o"), ("POST", "c"), ("PUT", "d"), ("DELETE", "c")):
        await swift.call(method, path, who=stranger, status=403)
        await swift.call(method, path, who=reader, status=403)
    await swift.call("GET", "c/o", who=reader, status=200)


async def test_a_public_container_is_read_by_everybody_and_listed_if_it_says_so(swift: Account) -> None:
    await swift.container("c", **{"X-Container-Read": ".r:*"})
    await swift.put("c/o")
    assert (await read(swift, "c/o"), await read(swift, "c"), await read(swift, "c/none")) == (200, 401, 404)
    await swift.call("GET", "c/o", who=swift.cloud.stranger, status=200)
    broken = await swift.cloud.http.get(f"{swift.url}/c/o", headers={"X-Auth-Token": "no token"})
    assert broken.status_code == 200
    await swift.call("POST", "c", headers={"X-Container-Read": ".r:*,.rlistings"}, status=204)
    assert await read(swift, "c") == 200
    head = await swift.cloud.http.head(f"{swift.url}/c")
    assert "x-container-read" not in head.headers
    await swift.call("POST", "c", headers={"X-Remove-Container-Read": "x"}, status=204)
    assert await read(swift, "c/o") == 401


async def test_referrers_are_let_in_one_by_one(swift: Account) -> None:
    await swift.container("c", **{"X-Container-Read": ".r:.example.com,.r:-bad.example.com"})
    await swift.put("c/o")
    assert await read(swift, "c/o", Referer="http://www.example.com/page") == 200
    assert await read(swift, "c/o", Referer="http://bad.example.com/page") == 401
    assert await read(swift, "c/o", Referer="http://example.org/") == 401
    assert await read(swift, "c/o", Referer="http://[") == 401


@pytest.mark.parametrize("form", ["{project}:{user}", "*:{user}", "{project}:*", "member"])
async def test_lists_name_projects_users_and_roles(swift: Account, form: str) -> None:
    stranger = swift.cloud.stranger
    element = form.format(project=stranger.auth.project_id, user=stranger.auth.user_id)
    await swift.container("c", **{"X-Container-Read": element})
    await swift.put("c/o")
    await swift.call("GET", "c/o", who=stranger, status=200)
    await swift.call("GET", "c", who=stranger, status=200)
    await swift.call("PUT", "c/new", who=stranger, status=403)
    await swift.call("POST", "c", headers={"X-Container-Write": element}, status=204)
    await swift.call("PUT", "c/new", who=stranger, content=b"x", status=201)
    await swift.call("DELETE", "c/new", who=stranger, status=204)
    await swift.call("POST", "c", who=stranger, status=403)
    other = swift.cloud.persona("other", roles=("reader",))
    await swift.call("GET", "c/o", who=other, status=403)


async def test_lists_that_cannot_be_read_are_refused(swift: Account) -> None:
    for text in (".x:y", ".r:", ".r:-"):
        await swift.call("PUT", "c", headers={"X-Container-Read": text}, status=400)
    await swift.call("PUT", "c", headers={"X-Container-Write": ".r:*"}, status=400)
    await swift.call("HEAD", "c", status=404)


async def test_nothing_is_sent_to_other_clouds(swift: Account) -> None:
    await swift.container()
    for method in ("PUT", "POST"):
        await swift.call(method, "c", headers={"X-Container-Sync-To": "http://other/v1/a/c"}, status=400)
    head = await swift.call("HEAD", "c", status=204)
    assert "x-container-sync-to" not in head.headers


async def test_quotas_hold_for_what_comes_at_once(swift: Account) -> None:
    await swift.container("c", **{"X-Container-Meta-Quota-Count": "5"})
    answers = await asyncio.gather(
        *(swift.call("PUT", f"c/{n}", content=b"x" * 20_000 * (n % 2)) for n in range(16))
    )
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [413] * 11
    assert len(await swift.names()) == 5


async def test_quotas_of_accounts_are_set_by_who_manages_them(swift: Account) -> None:
    reseller = swift.cloud.persona("reseller", roles=("reselleradmin",))
    quota = {"X-Account-Quota-Bytes": "10", "X-Account-Quota-Count": "2"}
    await swift.call("POST", headers=quota, status=403)
    await swift.call("POST", headers=quota, who=reseller, status=204)
    await swift.container()
    await swift.call("PUT", "c/big", content=b"x" * 11, status=413)
    await swift.put("c/a", b"x")
    await swift.put("c/b", b"x")
    await swift.call("PUT", "c/d", content=b"x", status=413)


async def test_quotas_of_containers_hold(swift: Account) -> None:
    await swift.container("c", **{"X-Container-Meta-Quota-Bytes": "10"})
    await swift.container("d", **{"X-Container-Meta-Quota-Count": "1"})
    await swift.call("PUT", "c/o", content=b"x" * 11, status=413)
    await swift.put("c/o", b"x" * 10)
    await swift.put("d/o")
    await swift.call("PUT", "d/p", content=b"", status=413)
    await swift.call("PUT", "e", headers={"X-Container-Meta-Quota-Bytes": "ten"}, status=400)

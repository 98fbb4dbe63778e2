"""Flavors over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from haneul.kernel.ids import is_uuid
from tests.conftest import Cloud

FLAVORS = "/compute/v2.1/flavors"
LATEST = "compute 2.104"


def flavor(name: str, **more: Any) -> dict[str, Any]:
    return {"flavor": {"name": name, "ram": 512, "vcpus": 1, "disk": 1, **more}}


async def make(cloud: Cloud, name: str, **more: Any) -> dict[str, Any]:
    answer = await cloud.admin.post(FLAVORS, flavor(name, id=name, **more), version=LATEST)
    assert answer.status_code == 200, answer.text
    return answer.json()["flavor"]


async def ids(cloud: Cloud, query: str = "", who: str = "member") -> list[str]:
    answer = await getattr(cloud, who).get(f"{FLAVORS}/detail{query}", version=LATEST)
    assert answer.status_code == 200, answer.text
    return [f["id"] for f in answer.json()["flavors"]]


async def test_a_flavor_is_made_shown_described_and_deleted(cloud: Cloud) -> None:
    body = flavor("small", ram="64", swap="8", description="for tests", **{"OS-FLV-EXT-DATA:ephemeral": 2})
    made = (await cloud.admin.post(FLAVORS, body, version=LATEST)).json()["flavor"]
    assert is_uuid(made["id"])
    assert made["links"] == [
        {"rel": "self", "href": f"http://cloud.test/compute/v2.1/flavors/{made['id']}"},
        {"rel": "bookmark", "href": f"http://cloud.test/compute/flavors/{made['id']}"},
    ]
    shown = (await cloud.member.get(f"{FLAVORS}/{made['id']}", version=LATEST)).json()["flavor"]
    assert shown == made
    assert {k: v for k, v in shown.items() if k not in ("id", "links")} == {
        "name": "small", "ram": 64, "vcpus": 1, "disk": 1, "swap": 8,
        "OS-FLV-EXT-DATA:ephemeral": 2,
        "os-flavor-access:is_public": True, "description": "for tests", "extra_specs": {},
    }  # fmt: skip
    path = f"{FLAVORS}/{made['id']}"
    changed = await cloud.admin.put(path, {"flavor": {"description": None}}, version=LATEST)
    assert changed.json()["flavor"]["description"] is None
    assert (await cloud.admin.delete(path)).status_code == 202
    assert (await cloud.member.get(path)).status_code == 404
    assert (await cloud.admin.delete(path)).status_code == 404


async def test_versions_show_what_they_know(cloud: Cloud) -> None:
    await make(cloud, "v")
    path = f"{FLAVORS}/v"
    first = (await cloud.member.get(path)).json()["flavor"]
    assert first["swap"] == ""
    assert not {"description", "extra_specs"} & set(first)
    assert "description" in (await cloud.member.get(path, version="compute 2.55")).json()["flavor"]
    at_2_60 = (await cloud.member.get(path, version="compute 2.60")).json()["flavor"]
    assert "extra_specs" not in at_2_60
    assert "extra_specs" in (await cloud.member.get(path, version="compute 2.61")).json()["flavor"]
    assert (await cloud.member.get(path, version="compute 2.75")).json()["flavor"]["swap"] == 0
    ended = {"rxtx_factor", "OS-FLV-DISABLED:disabled"}
    for version, shown in (("2.101", ended), ("2.102", set())):
        at = (await cloud.member.get(path, version=f"compute {version}")).json()["flavor"]
        assert ended & at.keys() == shown
    new = await cloud.admin.post(FLAVORS, flavor("w", rxtx_factor=1.0), version="compute 2.102")
    assert new.status_code == 400
    old = await cloud.admin.post(FLAVORS, flavor("w", description="x"), version="compute 2.54")
    assert old.status_code == 400
    change = {"flavor": {"description": "x"}}
    assert (await cloud.admin.put(path, change, version="compute 2.54")).status_code == 404
    assert (await cloud.member.get(f"{FLAVORS}?unknown=1", version="compute 2.74")).status_code == 200
    assert (await cloud.member.get(f"{FLAVORS}?unknown=1", version="compute 2.75")).status_code == 400


async def test_lists_are_filtered_sorted_and_paged(cloud: Cloud) -> None:
    await make(cloud, "a", ram=300, disk=5)
    await make(cloud, "b", ram=100, disk=1)
    await make(cloud, "c", ram=200, disk=9)
    assert await ids(cloud) == ["a", "b", "c"]
    assert await ids(cloud, "?minRam=200") == ["a", "c"]
    assert await ids(cloud, "?minDisk=6") == ["c"]
    assert await ids(cloud, "?sort_key=memory_mb&sort_dir=desc") == ["a", "c", "b"]
    page = (await cloud.member.get(f"{FLAVORS}?limit=2&sort_key=memory_mb")).json()
    assert [f["id"] for f in page["flavors"]] == ["b", "c"]
    following = page["flavors_links"][0]["href"].removeprefix("http://cloud.test")
    rest = (await cloud.member.get(following)).json()
    assert [f["id"] for f in rest["flavors"]] == ["a"]
    assert "flavors_links" not in rest


@pytest.mark.parametrize(
    "query",
    ["minRam=x", "minDisk=1.5", "limit=x", "limit=-1", "marker=none", "sort_key=no", "sort_dir=up"],
)
async def test_bad_queries_are_refused(cloud: Cloud, query: str) -> None:
    for path in (FLAVORS, f"{FLAVORS}/detail"):
        answer = await cloud.admin.get(f"{path}?{query}")
        assert answer.status_code == 400
        assert answer.json()["badRequest"]["code"] == 400


async def test_who_may_not_use_a_flavor_does_not_see_it(cloud: Cloud) -> None:
    await make(cloud, "private", **{"os-flavor-access:is_public": "False"})
    await make(cloud, "public")
    path, project = f"{FLAVORS}/private", cloud.member.auth.project_id
    assert await ids(cloud) == ["public"]
    assert (await cloud.member.get(path)).status_code == 404
    assert await ids(cloud, "?is_public=None", "admin") == ["private", "public"]
    assert await ids(cloud, "?is_public=False", "admin") == ["private"]
    assert await ids(cloud, "?is_public=None", "member") == ["public"]
    grant = {"addTenantAccess": {"tenant": project}}
    given = await cloud.admin.post(f"{path}/action", grant)
    assert given.json() == {"flavor_access": [{"flavor_id": "private", "tenant_id": project}]}
    assert (await cloud.admin.post(f"{path}/action", grant)).status_code == 409
    assert (await cloud.admin.get(f"{path}/os-flavor-access")).json() == given.json()
    assert await ids(cloud) == ["private", "public"]
    assert await ids(cloud, who="stranger") == ["public"]
    take = {"removeTenantAccess": {"tenant": project}}
    assert (await cloud.admin.post(f"{path}/action", take)).json() == {"flavor_access": []}
    assert (await cloud.admin.post(f"{path}/action", take)).status_code == 404
    assert (await cloud.member.get(path)).status_code == 404
    public = f"{FLAVORS}/public"
    assert (await cloud.admin.get(f"{public}/os-flavor-access")).status_code == 404
    assert (await cloud.admin.post(f"{public}/action", grant, version="compute 2.7")).status_code == 409
    for body in (
        {},
        {**grant, **take},
        {"addTenantAccess": {}},
        {"addTenantAccess": {"tenant": 5}},
        {"x": 1},
    ):
        assert (await cloud.admin.post(f"{path}/action", body)).status_code == 400


async def test_extra_specs_come_and_go(cloud: Cloud) -> None:
    await make(cloud, "f")
    path = f"{FLAVORS}/f/os-extra_specs"
    specs = {"extra_specs": {"hw:cpu_policy": "shared", "mine": "1"}}
    assert (await cloud.admin.post(path, specs, version=LATEST)).json() == specs
    assert (await cloud.member.get(path)).json() == specs
    assert (await cloud.admin.put(f"{path}/mine", {"mine": "2"})).json() == {"mine": "2"}
    assert (await cloud.member.get(f"{path}/mine")).json() == {"mine": "2"}
    assert (await cloud.admin.put(f"{path}/mine", {"other": "2"})).status_code == 400
    assert (await cloud.admin.put(f"{path}/mine", {"mine": "2", "b": "1"})).status_code == 400
    assert (await cloud.admin.delete(f"{path}/mine")).status_code == 200
    assert (await cloud.admin.delete(f"{path}/mine")).status_code == 404
    assert (await cloud.member.get(f"{path}/mine")).status_code == 404
    wrong = {"extra_specs": {"hw:cpu_policy": "sharedd"}}
    assert (await cloud.admin.post(path, wrong, version="compute 2.85")).status_code == 200
    assert (await cloud.admin.post(path, wrong, version="compute 2.86")).status_code == 400
    unknown = {"extra_specs": {"hw:no_such": "1"}}
    assert (await cloud.admin.post(path, unknown, version="compute 2.86")).status_code == 400
    for body in ({}, {"extra_specs": {"a/b": "1"}}, {"extra_specs": {"a": []}}, {"extra_specs": {"": "1"}}):
        assert (await cloud.admin.post(path, body)).status_code == 400
    assert (await cloud.member.get(path)).json() == {"extra_specs": {"hw:cpu_policy": "sharedd"}}
    assert (await cloud.admin.post(f"{FLAVORS}/none/os-extra_specs", specs)).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""}, {"name": "x" * 256}, {"name": " x"}, {"name": 5}, {"name": "a\nb"}, {"ram": 0},
        {"ram": "x"}, {"ram": None}, {"ram": 2**31}, {"vcpus": 0}, {"disk": -1}, {"disk": 1.5},
        {"swap": -1}, {"rxtx_factor": 0}, {"rxtx_factor": "x"}, {"id": " a"}, {"id": "a/b"}, {"id": ""},
        {"id": "x" * 256}, {"os-flavor-access:is_public": "maybe"}, {"unknown": 1}, {"description": 5},
        {"OS-FLV-EXT-DATA:ephemeral": -1}, {"ram": True}, {"description": "x" * 65536},
    ],
)  # fmt: skip
async def test_bad_flavors_are_refused(cloud: Cloud, change: dict[str, Any]) -> None:
    body = {"flavor": {**flavor("new")["flavor"], **change}}
    answer = await cloud.admin.post(FLAVORS, body, version=LATEST)
    assert answer.status_code == 400, answer.text
    assert await ids(cloud) == []


async def test_names_and_ids_are_unique_and_only_administrators_write(cloud: Cloud) -> None:
    await make(cloud, "one")
    assert (await cloud.admin.post(FLAVORS, flavor("two", id="one"))).status_code == 409
    assert (await cloud.admin.post(FLAVORS, flavor("one", id="two"))).status_code == 409
    for missing in ({}, {"flavor": {}}, {"flavor": {"name": "x"}}):
        assert (await cloud.admin.post(FLAVORS, missing)).status_code == 400
    for who in (cloud.member, cloud.reader, cloud.stranger):
        path = f"{FLAVORS}/one"
        assert (await who.post(FLAVORS, flavor("three"))).status_code == 403
        assert (await who.delete(path)).status_code == 403
        assert (await who.put(path, {"flavor": {"description": "x"}}, version=LATEST)).status_code == 403
        assert (await who.post(f"{path}/os-extra_specs", {"extra_specs": {"a": "b"}})).status_code == 403
        assert (await who.delete(f"{path}/os-extra_specs/a")).status_code == 403
        assert (await who.get(f"{path}/os-flavor-access")).status_code == 403
        assert (await who.post(f"{path}/action", {"addTenantAccess": {"tenant": "x"}})).status_code == 403
    assert await ids(cloud) == ["one"]

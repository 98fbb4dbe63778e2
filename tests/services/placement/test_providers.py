"""Providers, inventories, allocations over HTTP."""

from __future__ import annotations

from typing import Any

from haneul.kernel.ids import new_id
from tests.conftest import Cloud

BASE = "/placement"
LATEST = "placement 1.39"


async def make(cloud: Cloud, **inventories: int) -> str:
    made = await cloud.admin.post(f"{BASE}/resource_providers", {"name": new_id()}, version=LATEST)
    assert made.status_code == 200, made.text
    id = made.json()["uuid"]
    body = {
        "resource_provider_generation": 0,
        "inventories": {name: {"total": total} for name, total in inventories.items()},
    }
    answer = await cloud.admin.put(f"{BASE}/resource_providers/{id}/inventories", body, version=LATEST)
    assert answer.status_code == 200, answer.text
    return id


def wanted(provider: str, **resources: int) -> dict:
    return {
        "allocations": {provider: {"resources": resources}},
        "project_id": "p",
        "user_id": "u",
        "consumer_generation": None,
        "consumer_type": "INSTANCE",
    }


async def test_members_may_not_look(cloud: Cloud) -> None:
    assert (await cloud.member.get(f"{BASE}/resource_providers")).status_code == 403


async def test_what_is_held_is_counted_and_given_back(cloud: Cloud) -> None:
    provider, consumer = await make(cloud, VCPU=4), new_id()
    path = f"{BASE}/allocations/{consumer}"
    assert (await cloud.admin.put(path, wanted(provider, VCPU=3), version=LATEST)).status_code == 204
    usages = await cloud.admin.get(f"{BASE}/resource_providers/{provider}/usages")
    assert usages.json()["usages"] == {"VCPU": 3}
    too_much = await cloud.admin.put(
        f"{BASE}/allocations/{new_id()}", wanted(provider, VCPU=2), version=LATEST
    )
    assert too_much.status_code == 409
    assert too_much.json()["errors"][0]["status"] == 409
    assert (await cloud.admin.delete(path, version=LATEST)).status_code == 204
    usages = await cloud.admin.get(f"{BASE}/resource_providers/{provider}/usages")
    assert usages.json()["usages"] == {"VCPU": 0}
    assert (await cloud.admin.delete(path, version=LATEST)).status_code == 404


async def test_candidates_have_room_for_all_that_is_asked(cloud: Cloud) -> None:
    small, large = await make(cloud, VCPU=1, MEMORY_MB=64), await make(cloud, VCPU=8, MEMORY_MB=4096)
    asked = f"{BASE}/allocation_candidates?resources=VCPU:2,MEMORY_MB:64"
    answer = (await cloud.admin.get(asked, version="placement 1.28")).json()
    found = [provider for r in answer["allocation_requests"] for provider in r["allocations"]]
    assert large in found
    assert small not in found
    assert small not in answer["provider_summaries"]


async def test_bad_input_names_the_field_and_changes_nothing(cloud: Cloud) -> None:
    provider = await make(cloud, VCPU=4)
    for body in (
        {"name": 1},
        {},
        {"name": "x" * 201},
        {"name": "x", "unknown": 1},
        {"name": "x", "uuid": "not one"},
    ):
        answer = await cloud.admin.post(f"{BASE}/resource_providers", body, version=LATEST)
        assert answer.status_code == 400, answer.text
    bad = {"resource_provider_generation": 1, "inventories": {"VCPU": {"total": -1}}}
    answer = await cloud.admin.put(f"{BASE}/resource_providers/{provider}/inventories", bad, version=LATEST)
    assert answer.status_code == 400
    stale = {"resource_provider_generation": 0, "inventories": {}}
    answer = await cloud.admin.put(f"{BASE}/resource_providers/{provider}/inventories", stale, version=LATEST)
    assert answer.status_code == 409
    assert (await cloud.admin.get(f"{BASE}/resource_providers/{new_id()}")).status_code == 404
    answer = await cloud.admin.get(f"{BASE}/resource_providers", version="placement 1.99")
    assert answer.status_code == 406
    found = (await cloud.admin.get(f"{BASE}/resource_providers")).json()["resource_providers"]
    assert [p["uuid"] for p in found if p["name"] not in cloud.hosts] == [provider]


async def test_custom_traits_can_be_made_and_given(cloud: Cloud) -> None:
    provider = await make(cloud, VCPU=4)
    assert (await cloud.admin.put(f"{BASE}/traits/CUSTOM_FAST", version=LATEST)).status_code == 201
    assert (await cloud.admin.put(f"{BASE}/traits/CUSTOM_FAST", version=LATEST)).status_code == 204
    body = {"traits": ["CUSTOM_FAST"], "resource_provider_generation": 1}
    path = f"{BASE}/resource_providers/{provider}/traits"
    assert (await cloud.admin.put(path, body, version=LATEST)).status_code == 200
    assert (await cloud.admin.delete(f"{BASE}/traits/CUSTOM_FAST", version=LATEST)).status_code == 409


async def candidates(cloud: Cloud, resources: str) -> list[str]:
    asked = f"{BASE}/allocation_candidates?resources={resources}"
    answer = (await cloud.admin.get(asked, version="placement 1.28")).json()
    return [provider for r in answer["allocation_requests"] for provider in r["allocations"]]


async def test_what_an_inventory_says_decides_what_it_may_give(cloud: Cloud) -> None:
    has = {"total": 10, "reserved": 2, "allocation_ratio": 1.5, "min_unit": 2, "max_unit": 8, "step_size": 2}
    for whole in ("all", "one", "new"):
        provider = await make(cloud)
        path = f"{BASE}/resource_providers/{provider}/inventories"
        if whole == "new":
            answer = await cloud.admin.post(path, {"resource_class": "VGPU", **has}, version=LATEST)
        elif whole == "one":
            await cloud.admin.post(path, {"resource_class": "VGPU", "total": 1}, version=LATEST)
            late = {"resource_provider_generation": 1, **has}
            assert (await cloud.admin.put(f"{path}/VGPU", late, version=LATEST)).status_code == 409
            now = {"resource_provider_generation": 2, **has}
            answer = await cloud.admin.put(f"{path}/VGPU", now, version=LATEST)
        else:
            body = {"resource_provider_generation": 1, "inventories": {"VGPU": has}}
            answer = await cloud.admin.put(path, body, version=LATEST)
        assert answer.status_code in (200, 201), answer.text
        for amount, fits in {1: False, 2: True, 3: False, 8: True, 10: False}.items():
            assert (provider in await candidates(cloud, f"VGPU:{amount}")) is fits, (whole, amount)
        first = wanted(provider, VGPU=8)  # of (10 - 2) * 1.5
        assert (
            await cloud.admin.put(f"{BASE}/allocations/{new_id()}", first, version=LATEST)
        ).status_code == 204
        assert provider in await candidates(cloud, "VGPU:4")
        assert provider not in await candidates(cloud, "VGPU:6")


async def test_an_allocation_is_whose_it_says_and_changes_only_from_what_is_known(cloud: Cloud) -> None:
    provider, consumer = await make(cloud, VCPU=4), new_id()
    path = f"{BASE}/allocations/{consumer}"
    body = wanted(provider, VCPU=1)
    assert (await cloud.admin.put(path, body, version=LATEST)).status_code == 204
    assert (await cloud.admin.put(path, body, version=LATEST)).status_code == 409
    shown = (await cloud.admin.get(path, version=LATEST)).json()
    assert (shown["project_id"], shown["user_id"], shown["consumer_type"]) == ("p", "u", "INSTANCE")
    assert shown["allocations"][provider]["resources"] == {"VCPU": 1}
    usages = await cloud.admin.get(f"{BASE}/usages?project_id=p&user_id=u", version="placement 1.37")
    assert usages.json()["usages"] == {"VCPU": 1}
    again = body | {"consumer_generation": shown["consumer_generation"]}
    assert (await cloud.admin.put(path, again, version=LATEST)).status_code == 204


async def test_the_use_of_a_project_is_told_by_the_types_of_its_consumers(cloud: Cloud) -> None:
    provider = await make(cloud, VCPU=8)
    for kind, user, amount in (("INSTANCE", "u", 1), ("INSTANCE", "v", 2), ("DISK", "u", 4)):
        body = {**wanted(provider, VCPU=amount), "user_id": user, "consumer_type": kind}
        path = f"{BASE}/allocations/{new_id()}"
        assert (await cloud.admin.put(path, body, version=LATEST)).status_code == 204

    async def usages(query: str = "", version: str = "1.38") -> Any:
        path = f"{BASE}/usages?project_id=p{query}"
        return (await cloud.admin.get(path, version=f"placement {version}")).json().get("usages")

    instances, disks = {"consumer_count": 2, "VCPU": 3}, {"consumer_count": 1, "VCPU": 4}
    assert await usages() == {"INSTANCE": instances, "DISK": disks}
    assert await usages("&consumer_type=DISK") == {"DISK": disks}
    assert await usages("&consumer_type=all") == {"all": {"consumer_count": 3, "VCPU": 7}}
    assert await usages("&consumer_type=NONE") == {}
    assert await usages("&user_id=v") == {"INSTANCE": {"consumer_count": 1, "VCPU": 2}}
    assert await usages("&user_id=v", version="1.37") == {"VCPU": 2}
    assert await usages(version="1.9") == {"VCPU": 7}
    for query, version in (("&consumer_type=DISK", "1.37"), ("&other=1", "1.38")):
        path = f"{BASE}/usages?project_id=p{query}"
        assert (await cloud.admin.get(path, version=f"placement {version}")).status_code == 400


async def test_providers_stand_below_others_in_aggregates_and_with_traits(cloud: Cloud) -> None:
    parent, child = await make(cloud), new_id()
    body = {"name": "below", "uuid": child, "parent_provider_uuid": parent}
    made = await cloud.admin.post(f"{BASE}/resource_providers", body, version=LATEST)
    assert (made.json()["name"], made.json()["root_provider_uuid"]) == ("below", parent)
    path = f"{BASE}/resource_providers/{child}"
    aggregate = new_id()
    for late, status in ((9, 409), (0, 200)):
        body = {"aggregates": [aggregate], "resource_provider_generation": late}
        assert (await cloud.admin.put(f"{path}/aggregates", body, version=LATEST)).status_code == status
    member_of = f"{BASE}/resource_providers?member_of={aggregate}"
    found = (await cloud.admin.get(member_of, version=LATEST)).json()["resource_providers"]
    assert [p["uuid"] for p in found] == [child]
    for late, status in ((9, 409), (1, 200)):
        body = {"traits": ["HW_CPU_X86_AVX2"], "resource_provider_generation": late}
        assert (await cloud.admin.put(f"{path}/traits", body, version=LATEST)).status_code == status
    required = f"{BASE}/resource_providers?required=HW_CPU_X86_AVX2&in_tree={parent}"
    found = (await cloud.admin.get(required, version=LATEST)).json()["resource_providers"]
    assert [p["uuid"] for p in found] == [child]


async def test_a_class_of_its_own_can_be_offered_and_held(cloud: Cloud) -> None:
    name = "CUSTOM_LICENCE"
    assert (
        await cloud.admin.post(f"{BASE}/resource_classes", {"name": name}, version=LATEST)
    ).status_code == 201
    known = (await cloud.admin.get(f"{BASE}/resource_classes", version=LATEST)).json()["resource_classes"]
    assert name in [each["name"] for each in known]
    provider, consumer = await make(cloud, **{name: 2}), new_id()
    answer = await cloud.admin.put(
        f"{BASE}/allocations/{consumer}", wanted(provider, **{name: 1}), version=LATEST
    )
    assert answer.status_code == 204, answer.text
    gone = await cloud.admin.delete(f"{BASE}/resource_classes/{name}", version=LATEST)
    assert gone.status_code == 409


async def test_before_generations_aggregates_are_a_list_and_the_last_one_wins(cloud: Cloud) -> None:
    path = f"{BASE}/resource_providers/{await make(cloud)}/aggregates"
    first, second = new_id(), new_id()
    for aggregates in ([first], [first, second], []):
        put = await cloud.admin.put(path, aggregates, version="placement 1.18")
        assert (put.status_code, put.json()) == (200, {"aggregates": sorted(aggregates)})
        shown = await cloud.admin.get(path, version="placement 1.18")
        assert shown.json() == {"aggregates": sorted(aggregates)}
    assert (await cloud.admin.put(path, {"aggregates": []}, version="placement 1.18")).status_code == 400
    assert (await cloud.admin.put(path, [], version="placement 1.19")).status_code == 400

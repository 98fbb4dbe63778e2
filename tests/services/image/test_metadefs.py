"""Metadata definitions over HTTP: namespaces, what they hold, who sees and who changes them."""

from __future__ import annotations

import pytest

from haneul.services.image import public as image
from tests.conftest import Cloud, Persona

NAMESPACES = "/image/v2/metadefs/namespaces"
WHOLE = {
    "namespace": "OS::Test",
    "visibility": "public",
    "resource_type_associations": [{"name": "OS::Glance::Image", "prefix": "hw_"}],
    "properties": {"cores": {"title": "Cores", "type": "integer", "minimum": 1}},
    "objects": [{"name": "o", "required": ["a"], "properties": {"a": {"title": "A", "type": "string"}}}],
    "tags": [{"name": "t"}],
}


async def make(who: Persona, **given: object) -> dict:
    answer = await who.post(NAMESPACES, json={**WHOLE, **given})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_namespace_can_be_made_whole_and_is_shown_whole(cloud: Cloud) -> None:
    made = await make(cloud.admin)
    assert made["owner"] == cloud.admin.auth.project_id
    shown = (await cloud.reader.get(f"{NAMESPACES}/OS::Test")).json()
    assert shown["properties"] == {"cores": {"title": "Cores", "type": "integer", "minimum": 1}}
    assert shown["objects"][0]["required"] == ["a"]
    assert shown["tags"] == [{"name": "t"}]
    assert shown["resource_type_associations"][0]["prefix"] == "hw_"
    types = (await cloud.reader.get("/image/v2/metadefs/resource_types")).json()["resource_types"]
    assert [each["name"] for each in types] == ["OS::Glance::Image"]


async def test_the_keys_of_a_type_of_resource_have_its_prefix(cloud: Cloud) -> None:
    await make(cloud.admin)
    shown = (await cloud.member.get(f"{NAMESPACES}/OS::Test?resource_type=OS::Glance::Image")).json()
    assert list(shown["properties"]) == ["hw_cores"]
    assert shown["objects"][0]["required"] == ["hw_a"]
    one = f"{NAMESPACES}/OS::Test/properties"
    of_images = "?resource_type=OS::Glance::Image"
    assert (await cloud.member.get(f"{one}/hw_cores{of_images}")).json()["name"] == "cores"
    assert (await cloud.member.get(f"{one}/cores{of_images}")).status_code == 404
    assert (await cloud.member.get(f"{one}/cores?resource_type=Nothing")).status_code == 404


async def test_replacing_a_namespace_resets_what_is_not_said_and_keeps_what_it_holds(cloud: Cloud) -> None:
    await make(cloud.admin, description="before", protected=True)
    path = f"{NAMESPACES}/OS::Test"
    changed = (await cloud.admin.put(path, json={"namespace": "OS::Other"})).json()
    assert (changed["visibility"], changed["protected"], "description" in changed) == (
        "private",
        False,
        False,
    )
    assert (await cloud.admin.get(path)).status_code == 404
    assert (await cloud.admin.get(f"{NAMESPACES}/OS::Other")).json()["tags"] == [{"name": "t"}]


async def test_what_is_protected_is_not_deleted_and_nothing_in_it(cloud: Cloud) -> None:
    await make(cloud.admin, protected=True)
    path = f"{NAMESPACES}/OS::Test"
    before = (await cloud.admin.get(path)).json()
    for part in ("", "/objects", "/properties", "/tags", "/objects/o", "/properties/cores", "/tags/t",
                 "/resource_types/OS::Glance::Image"):  # fmt: skip
        assert (await cloud.admin.delete(path + part)).status_code == 403, part
    assert (await cloud.admin.get(path)).json() == before


async def test_deleting_a_namespace_takes_all_of_it(cloud: Cloud) -> None:
    await make(cloud.admin)
    assert (await cloud.admin.delete(f"{NAMESPACES}/OS::Test")).status_code == 204
    assert (await cloud.admin.get(f"{NAMESPACES}/OS::Test")).status_code == 404
    made = await make(cloud.admin, properties={}, objects=[], tags=[], resource_type_associations=[])
    assert not {"properties", "objects", "tags", "resource_type_associations"} & made.keys()


async def test_others_see_what_is_public_and_change_nothing(cloud: Cloud) -> None:
    await make(cloud.admin)
    await make(cloud.admin, namespace="OS::Hidden", visibility="private")
    assert [n["namespace"] for n in (await cloud.member.get(NAMESPACES)).json()["namespaces"]] == ["OS::Test"]
    assert (await cloud.member.get(f"{NAMESPACES}/OS::Hidden")).status_code == 404
    assert (await cloud.member.get(f"{NAMESPACES}/OS::Hidden/tags")).status_code == 404
    path = f"{NAMESPACES}/OS::Test"
    assert (await cloud.member.post(NAMESPACES, json={"namespace": "x"})).status_code == 403
    assert (await cloud.member.put(path, json={"namespace": "x"})).status_code == 403
    assert (await cloud.member.post(f"{path}/objects", json={"name": "x"})).status_code == 403
    assert (await cloud.member.post(f"{path}/tags/x")).status_code == 403
    assert (await cloud.member.delete(path)).status_code == 403


async def test_tags_are_set_appended_and_told_apart_without_case(cloud: Cloud) -> None:
    await make(cloud.admin)
    tags = f"{NAMESPACES}/OS::Test/tags"

    async def names() -> list[str]:
        return [
            tag["name"]
            for tag in (await cloud.admin.get(f"{tags}?sort_key=name&sort_dir=asc")).json()["tags"]
        ]

    new = {"tags": [{"name": "a"}, {"name": "b"}]}
    assert (await cloud.admin.post(tags, json=new)).status_code == 201
    assert await names() == ["a", "b"]
    append = {"X-Openstack-Append": "True"}
    assert (await cloud.admin.post(tags, json={"tags": [{"name": "c"}]}, headers=append)).status_code == 201
    assert (await cloud.admin.post(tags, json={"tags": []})).status_code == 201
    assert (await cloud.admin.post(f"{tags}/A")).status_code == 409
    assert (await cloud.admin.post(tags, json={"tags": [{"name": "x"}, {"name": "X"}]})).status_code == 409
    assert await names() == ["a", "b", "c"]
    assert (await cloud.admin.put(f"{tags}/a", json={"name": "z"})).status_code == 200
    assert (await cloud.admin.put(f"{tags}/z", json={"name": "b"})).status_code == 409
    assert (await cloud.admin.delete(f"{tags}/z")).status_code == 204
    assert await names() == ["b", "c"]
    page = (await cloud.admin.get(f"{tags}?limit=1&sort_key=name&sort_dir=asc&marker=b")).json()
    assert page["tags"] == [{"name": "c"}]


async def test_objects_and_properties_are_replaced_and_renamed(cloud: Cloud) -> None:
    await make(cloud.admin)
    path = f"{NAMESPACES}/OS::Test"
    changed = await cloud.admin.put(f"{path}/objects/o", json={"name": "p", "description": "d"})
    assert (changed.status_code, changed.json()["self"]) == (
        200,
        "/v2/metadefs/namespaces/OS::Test/objects/p",
    )
    assert (await cloud.admin.get(f"{path}/objects/p")).json()["properties"] == {}
    said = {"name": "cpus", "title": "CPUs", "type": "array", "items": {"type": "string", "enum": ["a"]}}
    assert (await cloud.admin.put(f"{path}/properties/cores", json=said)).json() == said
    assert list((await cloud.admin.get(f"{path}/properties")).json()["properties"]) == ["cpus"]
    assert (await cloud.admin.post(f"{path}/properties", json=said)).status_code == 409
    assert (await cloud.admin.delete(f"{path}/properties")).status_code == 204
    assert (await cloud.admin.get(f"{path}/properties")).json() == {"properties": {}}


async def test_pages_follow_each_other(cloud: Cloud) -> None:
    for i in range(5):
        await make(cloud.admin, namespace=f"N{i}")
    seen, path = [], "/v2/metadefs/namespaces?limit=2&sort_key=namespace&sort_dir=asc"
    while path:
        page = (await cloud.reader.get(f"/image{path}")).json()
        seen += [n["namespace"] for n in page["namespaces"]]
        path = page.get("next")
    assert seen == [f"N{i}" for i in range(5)]
    assert (await cloud.reader.get(f"{NAMESPACES}?marker=nothing")).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("", {}, 400), ("", [], 400), ("", "x", 400), ("", {"namespace": "x" * 81}, 400),
        ("", {"namespace": 7}, 400), ("", {"namespace": "n", "bogus": 1}, 400),
        ("", {"namespace": "n", "visibility": "x"}, 400), ("", {"namespace": "n", "objects": [{}]}, 400),
        ("", {"namespace": "n", "created_at": "x"}, 403), ("", {"namespace": "OS::Test"}, 409),
        ("", {"namespace": "n", "properties": {"p": {"type": "string"}}}, 400),
        ("", {"namespace": "n\0"}, 400),
        ("/OS::Test/objects", {"name": "n", "required": ["a", "a"]}, 400),
        ("/OS::Test/objects", {"name": "n", "self": "x"}, 403), ("/OS::Test/objects", {"name": "o"}, 409),
        ("/OS::Test/objects", {"name": "n", "properties": {"p": {"title": "P", "type": "x"}}}, 400),
        ("/OS::Test/properties", {"title": "t", "type": "string"}, 400),
        ("/OS::Test/properties", {"name": "n", "title": "t", "type": "string", "minLength": -1}, 400),
        ("/OS::Test/tags", {"tagz": []}, 400), ("/OS::Test/tags", {"tags": [{"name": ""}]}, 400),
        ("/OS::Test/resource_types", {"prefix": "x"}, 400), ("/nothing/objects", {"name": "n"}, 404),
        ("/OS::Test/resource_types", {"name": "OS::Glance::Image"}, 409),
    ],
)  # fmt: skip
async def test_what_is_malformed_is_refused_and_changes_nothing(
    cloud: Cloud, path: str, body: object, status: int
) -> None:
    await make(cloud.admin)
    before = (await cloud.admin.get(f"{NAMESPACES}/OS::Test")).json()
    assert (await cloud.admin.post(NAMESPACES + path, json=body)).status_code == status
    assert (await cloud.admin.get(f"{NAMESPACES}/OS::Test")).json() == before
    assert len((await cloud.admin.get(NAMESPACES)).json()["namespaces"]) == 1


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "sort_key=x", "sort_dir=x", "visibility=x"])
async def test_a_list_that_cannot_be_is_refused(cloud: Cloud, query: str) -> None:
    assert (await cloud.admin.get(f"{NAMESPACES}?{query}")).status_code == 400


async def test_every_schema_can_be_had(cloud: Cloud) -> None:
    for name in ("namespace", "object", "property", "tag", "resource_type"):
        one = (await cloud.reader.get(f"/image/v2/schemas/metadefs/{name}")).json()
        assert one["additionalProperties"] is False
        plural = "properties" if name == "property" else f"{name}s"
        many = (await cloud.reader.get(f"/image/v2/schemas/metadefs/{plural}")).json()
        assert {"first", "next", "schema"} < many["properties"].keys()


async def test_a_new_cloud_knows_the_usual_definitions_and_keeps_what_was_changed(cloud: Cloud) -> None:
    async with cloud.plane.platform.context() as ctx:
        await image.ensure_definitions(ctx, "somebody")
    listed = (await cloud.reader.get(f"{NAMESPACES}?limit=100")).json()["namespaces"]
    assert len(listed) == 32
    topology = (await cloud.reader.get(f"{NAMESPACES}/OS::Compute::VirtCPUTopology")).json()
    assert {"cpu_sockets", "cpu_cores", "cpu_threads"} < topology["properties"].keys()
    assert all(n["description"] for n in listed)
    path = f"{NAMESPACES}/OS::Glance::Signatures"
    assert (await cloud.admin.delete(path)).status_code == 204
    async with cloud.plane.platform.context() as ctx:
        await image.ensure_definitions(ctx, "somebody")
    assert (await cloud.admin.get(path)).status_code == 404


async def test_who_may_not_see_a_namespace_is_not_told_that_it_is_there(cloud: Cloud) -> None:
    await make(cloud.admin, visibility="private")
    path = f"{NAMESPACES}/OS::Test"
    assert (await cloud.stranger.post(f"{path}/objects", json={"name": "x"})).status_code == 404
    assert (await cloud.stranger.put(path, json={"namespace": "x"})).status_code == 404
    assert (await cloud.stranger.delete(path)).status_code == 404
    assert (await cloud.admin.get(path)).status_code == 200

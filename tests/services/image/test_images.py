"""Images over HTTP: who sees what, and what can be done with an image apart from its data."""

from __future__ import annotations

import pytest

from haneul.kernel.ids import new_id
from tests.conftest import Cloud, Persona

IMAGES = "/image/v2/images"
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


async def create(who: Persona, **given: object) -> dict:
    body = {"name": "disk", "disk_format": "raw", "container_format": "bare", **given}
    answer = await who.post(IMAGES, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def names(who: Persona, query: str = "") -> list[str]:
    answer = await who.get(f"{IMAGES}{query}")
    assert answer.status_code == 200, answer.text
    return [image["name"] for image in answer.json()["images"]]


async def test_versions_are_offered_to_anybody(cloud: Cloud) -> None:
    for path in ("/image", "/image/"):
        answer = await cloud.http.get(path)
        assert answer.status_code == 300
        ids = [version["id"] for version in answer.json()["versions"]]
        assert ids[0] == "v2.18"
        assert ids[-1] == "v2.0"
    assert (await cloud.http.get("/image/versions")).status_code == 200


async def test_a_new_image_is_queued_and_says_what_was_given(cloud: Cloud) -> None:
    id = new_id()
    answer = await cloud.member.post(
        IMAGES, json={"id": id, "name": "a", "hw_disk_bus": "virtio", "tags": ["x", "x"], "min_disk": 3}
    )
    image = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"].endswith(f"/image/v2/images/{id}")
    assert (image["id"], image["status"], image["visibility"]) == (id, "queued", "shared")
    assert (image["hw_disk_bus"], image["tags"], image["min_disk"]) == ("virtio", ["x"], 3)
    assert image["owner"] == cloud.member.auth.project_id
    assert image["size"] is None and image["checksum"] is None and image["os_hash_value"] is None
    assert (await cloud.member.get(f"{IMAGES}/{id}")).json() == image
    assert (await cloud.member.post(IMAGES, json={"id": id})).status_code == 409


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ([], 400), ("x", 400), ({"id": "x"}, 400), ({"id": 7}, 400), ({"name": "x" * 256}, 400),
        ({"name": ["x"]}, 400), ({"visibility": "secret"}, 400), ({"visibility": None}, 400),
        ({"disk_format": "floppy"}, 400), ({"disk_format": ["raw"]}, 400), ({"container_format": {}}, 400),
        ({"min_disk": -1}, 400), ({"min_disk": 2**31}, 400), ({"min_ram": "1"}, 400),
        ({"min_ram": True}, 400),
        ({"protected": "yes"}, 400), ({"os_hidden": 1}, 400), ({"tags": "x"}, 400), ({"tags": [1]}, 400),
        ({"tags": ["x" * 256]}, 400), ({"custom": 1}, 400), ({"custom": None}, 400), ({"x" * 256: "1"}, 400),
        ({"": "1"}, 400), ({"name": "\0"}, 400), ({"status": "active"}, 403), ({"size": 1}, 403),
        ({"self": "x"}, 403), ({"schema": "x"}, 403), ({"deleted": "x"}, 403), ({"os_glance_x": "x"}, 403),
        ({"visibility": "public"}, 403), ({"owner": "somebody"}, 403),
        ({"tags": [str(i) for i in range(129)]}, 413), ({str(i): "x" for i in range(129)}, 413),
    ],
)  # fmt: skip
async def test_what_cannot_be_created_is_refused(cloud: Cloud, given: object, status: int) -> None:
    answer = await cloud.member.post(IMAGES, json=given)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert await names(cloud.admin) == []


async def test_readers_do_not_create_and_administrators_create_for_others(cloud: Cloud) -> None:
    assert (await cloud.reader.post(IMAGES, json={"name": "a"})).status_code == 403
    assert (await create(cloud.admin, owner="somebody", visibility="public"))["owner"] == "somebody"
    assert (await create(cloud.member, visibility="community"))["visibility"] == "community"


async def test_each_visibility_shows_an_image_to_those_it_is_for(cloud: Cloud) -> None:
    ids = {
        v: (await create(cloud.admin, name=v, visibility=v))["id"] for v in ("public", "private", "shared")
    }
    ids["community"] = (await create(cloud.admin, name="community", visibility="community"))["id"]
    for visibility, status in {"public": 200, "community": 200, "private": 404, "shared": 404}.items():
        for path in ("", "/file", "/members"):
            answer = await cloud.stranger.get(f"{IMAGES}/{ids[visibility]}{path}")
            expected = {200: {"": 200, "/file": 204, "/members": 403}[path], 404: 404}[status]
            assert answer.status_code == expected, (visibility, path)
        changed = await cloud.stranger.delete(f"{IMAGES}/{ids[visibility]}")
        assert changed.status_code == (403 if status == 200 else 404)
    assert await names(cloud.stranger) == ["public"]
    assert await names(cloud.stranger, "?visibility=community") == ["community"]
    assert sorted(await names(cloud.stranger, "?visibility=all")) == ["community", "public"]
    assert len(await names(cloud.admin)) == 4


async def test_a_shared_image_is_listed_once_its_member_accepts(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    project = cloud.stranger.auth.project_id
    members = f"{IMAGES}/{id}/members"
    assert (await cloud.stranger.get(f"{IMAGES}/{id}")).status_code == 404
    added = await cloud.member.post(members, json={"member": project})
    assert (added.status_code, added.json()["status"]) == (200, "pending")
    assert (await cloud.member.post(members, json={"member": project})).status_code == 409
    assert (await cloud.stranger.get(f"{IMAGES}/{id}")).status_code == 200
    assert await names(cloud.stranger) == []
    assert await names(cloud.stranger, "?member_status=pending") == ["disk"]
    assert await names(cloud.stranger, "?member_status=all") == ["disk"]
    own = f"{members}/{project}"
    assert (await cloud.member.put(own, json={"status": "accepted"})).status_code == 403
    assert (await cloud.stranger.put(own, json={"status": "perhaps"})).status_code == 400
    assert (await cloud.stranger.put(own, json={"status": "accepted"})).json()["status"] == "accepted"
    assert await names(cloud.stranger) == ["disk"]
    assert (await cloud.stranger.get(own)).status_code == 200
    assert [m["member_id"] for m in (await cloud.stranger.get(members)).json()["members"]] == [project]
    assert (await cloud.stranger.delete(own)).status_code == 403
    assert (await cloud.stranger.delete(f"{IMAGES}/{id}")).status_code == 403
    assert (await cloud.member.delete(own)).status_code == 204
    assert (await cloud.member.delete(own)).status_code == 404
    assert (await cloud.stranger.get(f"{IMAGES}/{id}")).status_code == 404


@pytest.mark.parametrize(
    "body", [[], {}, {"member": ""}, {"member": 1}, {"member": "x" * 300}, {"status": 1}]
)
async def test_bad_members_are_refused(cloud: Cloud, body: object) -> None:
    id = (await create(cloud.member))["id"]
    assert (await cloud.member.post(f"{IMAGES}/{id}/members", json=body)).status_code == 400
    assert (await cloud.member.put(f"{IMAGES}/{id}/members/x", json=body)).status_code in (400, 403)
    private = (await create(cloud.member, visibility="private"))["id"]
    path = f"{IMAGES}/{private}/members"
    assert (await cloud.member.post(path, json={"member": "x"})).status_code == 403
    assert (await cloud.member.get(f"{path}/x")).status_code == 404


async def test_patches_add_replace_and_remove(cloud: Cloud) -> None:
    id = (await create(cloud.member, colour="red"))["id"]
    changes = [
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/size~1of", "value": "x"},
        {"op": "replace", "path": "/tags", "value": ["a", "b"]},
        {"op": "remove", "path": "/colour"},
        {"op": "replace", "path": "/visibility", "value": "community"},
    ]
    image = (await cloud.member.patch(f"{IMAGES}/{id}", json=changes, headers=PATCH)).json()
    assert (image["name"], image["size/of"], image["tags"]) == ("new", "x", ["a", "b"])
    assert image["visibility"] == "community"
    assert "colour" not in image
    assert (await cloud.member.get(f"{IMAGES}/{id}")).json() == image


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("x", 400), ({}, 400), ({"op": "test", "path": "/name"}, 400),
        ({"op": "add", "path": "/name"}, 400),
        ({"op": "add", "path": "name", "value": "x"}, 400), ({"op": "add", "path": "/", "value": "x"}, 400),
        ({"op": "add", "path": "/a/b", "value": "x"}, 400),
        ({"op": "add", "path": "/a~2", "value": "x"}, 400),
        ({"op": "add", "path": 7, "value": "x"}, 400), ({"op": ["add"], "path": "/x", "value": "x"}, 400),
        ({"op": "replace", "path": "/min_disk", "value": "x"}, 400),
        ({"op": "replace", "path": "/visibility", "value": "x"}, 400),
        ({"op": "add", "path": "/x", "value": {"a": 1}}, 400),
        ({"op": "replace", "path": "/status", "value": "active"}, 403),
        ({"op": "replace", "path": "/id", "value": "x"}, 403), ({"op": "remove", "path": "/name"}, 403),
        ({"op": "remove", "path": "/checksum"}, 403), ({"op": "add", "path": "/deleted", "value": "x"}, 403),
        ({"op": "replace", "path": "/owner", "value": "x"}, 403),
        ({"op": "replace", "path": "/visibility", "value": "public"}, 403),
        ({"op": "replace", "path": "/absent", "value": "x"}, 409), ({"op": "remove", "path": "/absent"}, 409),
    ],
)  # fmt: skip
async def test_bad_patches_change_nothing(cloud: Cloud, change: object, status: int) -> None:
    image = await create(cloud.member)
    good = {"op": "replace", "path": "/name", "value": "half"}
    answer = await cloud.member.patch(f"{IMAGES}/{image['id']}", json=[good, change], headers=PATCH)
    assert answer.status_code == status, answer.text
    assert (await cloud.member.get(f"{IMAGES}/{image['id']}")).json() == image


async def test_patches_need_their_content_type_and_a_list(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    assert (await cloud.member.patch(f"{IMAGES}/{id}", json=[])).status_code == 415
    assert (await cloud.member.patch(f"{IMAGES}/{id}", json={}, headers=PATCH)).status_code == 400
    assert (await cloud.member.patch(f"{IMAGES}/{id}", content=b"[", headers=PATCH)).status_code == 400
    old = {"Content-Type": "application/openstack-images-v2.0-json-patch"}
    changed = await cloud.member.patch(
        f"{IMAGES}/{id}",
        json=[{"replace": "/name", "value": "old"}, {"add": "/k", "value": "v"}],
        headers=old,
    )
    assert (changed.json()["name"], changed.json()["k"]) == ("old", "v")
    again = await cloud.member.patch(f"{IMAGES}/{id}", json=[{"add": "/k", "value": "v"}], headers=old)
    assert again.status_code == 409


async def test_tags_come_and_go(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    assert (await cloud.member.put(f"{IMAGES}/{id}/tags/new")).status_code == 204
    assert (await cloud.member.put(f"{IMAGES}/{id}/tags/new")).status_code == 204
    assert (await cloud.member.get(f"{IMAGES}/{id}")).json()["tags"] == ["new"]
    assert (await cloud.reader.put(f"{IMAGES}/{id}/tags/x")).status_code == 403
    assert (await cloud.member.put(f"{IMAGES}/{id}/tags/{'x' * 256}")).status_code == 400
    assert (await cloud.member.delete(f"{IMAGES}/{id}/tags/new")).status_code == 204
    assert (await cloud.member.delete(f"{IMAGES}/{id}/tags/new")).status_code == 404


async def test_lists_are_filtered(cloud: Cloud) -> None:
    await create(cloud.member, name="a", os_type="linux", tags=["x", "y"], min_disk=1)
    await create(cloud.member, name="b,c", os_type="bsd", tags=["x"], disk_format="qcow2", min_disk=5)
    await create(cloud.member, name="hidden", os_hidden=True)
    await create(cloud.member, name="kept", protected=True)
    project = cloud.member.auth.project_id
    for query, expected in {
        "name=a": ["a"], 'name=in:a,"b,c"': ["a", "b,c"], "os_type=bsd": ["b,c"], "os_type=li": [],
        "tag=x": ["a", "b,c"], "tag=x&tag=y": ["a"], "min_disk_min=2": ["b,c"], "min_disk=1": ["a"],
        "disk_format=in:qcow2,iso": ["b,c"], "os_hidden=true": ["hidden"], "protected=true": ["kept"],
        "status=queued": ["a", "b,c", "kept"], "status=active": [], "visibility=private": [],
        "visibility=shared": ["a", "b,c", "kept"], f"owner={project}": ["a", "b,c", "kept"], "owner=x": [],
        "created_at=gt:2020-01-01T00:00:00Z": ["a", "b,c", "kept"], "created_at=lt:2020-01-01T00:00:00Z": [],
        "size_min=1": [], "container_format=bare": ["a", "b,c", "kept"], "os_type=linux&tag=x": ["a"],
    }.items():  # fmt: skip
        assert sorted(await names(cloud.member, f"?{query}")) == expected, query


BAD_QUESTIONS = """
limit=x limit=-1 sort_key=x sort_dir=up sort=name:up sort=x sort=name&sort_key=id size_min=x name=in:"a
created_at=x created_at=zz:2020-01-01T00:00:00Z name=zz:a visibility=x
member_status=x member_status= protected=x protected=True os_hidden=x marker=x changes-since=x disk_format=in:a"b
sort_key=name&sort_dir=asc&sort_dir=desc
"""


@pytest.mark.parametrize("query", BAD_QUESTIONS.split())
async def test_bad_questions_are_refused(cloud: Cloud, query: str) -> None:
    assert (await cloud.member.get(f"{IMAGES}?{query}")).status_code == 400


async def test_lists_are_sorted_and_paged(cloud: Cloud) -> None:
    for name, size in (("a", 2), ("b", 1), ("c", 1)):
        await create(cloud.member, name=name, min_ram=size)
    assert await names(cloud.member) == ["c", "b", "a"]
    assert await names(cloud.member, "?sort=name:asc") == ["a", "b", "c"]
    assert await names(cloud.member, "?sort_key=size&sort_key=name&sort_dir=asc") == ["a", "b", "c"]
    seen, path = [], "/v2/images?limit=2&sort=name:desc"
    while path:
        page = (await cloud.member.get(f"/image{path}")).json()
        seen += [image["name"] for image in page["images"]]
        assert page["first"].startswith("/v2/images?limit=2")
        path = page.get("next")
    assert seen == ["c", "b", "a"]
    assert await names(cloud.member, "?limit=0") == []


async def test_a_protected_image_is_not_deleted(cloud: Cloud) -> None:
    id = (await create(cloud.member, protected=True))["id"]
    assert (await cloud.member.delete(f"{IMAGES}/{id}")).status_code == 403
    change = [{"op": "replace", "path": "/protected", "value": False}]
    await cloud.member.patch(f"{IMAGES}/{id}", json=change, headers=PATCH)
    assert (await cloud.reader.delete(f"{IMAGES}/{id}")).status_code == 403
    assert (await cloud.member.delete(f"{IMAGES}/{id}")).status_code == 204
    assert (await cloud.member.delete(f"{IMAGES}/{id}")).status_code == 404
    assert (await cloud.member.get(f"{IMAGES}/{id}")).status_code == 404


async def test_truths_of_an_image_are_not_written_as_texts(cloud: Cloud) -> None:
    id = (await create(cloud.member))["id"]
    for name in ("os_hidden", "protected"):
        change = [{"op": "add", "path": f"/{name}", "value": "true"}]
        refusal = await cloud.member.patch(f"{IMAGES}/{id}", json=change, headers=PATCH)
        assert (refusal.status_code, name in refusal.text) == (400, True), refusal.text
        assert (await cloud.member.get(f"{IMAGES}/{id}")).json()[name] is False


async def test_documents_for_clients_are_there(cloud: Cloud) -> None:
    for name in ("image", "images", "member", "members"):
        schema = (await cloud.reader.get(f"/image/v2/schemas/{name}")).json()
        assert schema["name"] == name
    assert "import-methods" in (await cloud.reader.get("/image/v2/info/import")).json()
    assert (await cloud.reader.get("/image/v2/info/stores")).json()["stores"][0]["id"] == "file"
    assert (await cloud.reader.get("/image/v2/info/stores/detail")).status_code == 403
    assert (await cloud.admin.get("/image/v2/info/stores/detail")).status_code == 200
    assert (await cloud.http.get(IMAGES)).status_code == 401


async def test_a_slash_at_the_end_names_nothing(cloud: Cloud) -> None:
    for path in ("/images/", "/info/stores/", "/schemas/image/"):
        assert (await cloud.admin.get(f"/image/v2{path}")).status_code == 404
    assert (await cloud.admin.delete(f"{IMAGES}/")).status_code == 404


async def test_who_would_rather_have_json_is_told_what_is_wrong_in_json(cloud: Cloud) -> None:
    path = f"{IMAGES}/{new_id()}"
    accepted = {
        "application/json": True,
        "text/html;q=0.5, application/*": True,
        "*/*": False,
        "text/html, application/json": False,
        "application/json;q=often": False,
        "": False,
    }
    for accept, as_json in accepted.items():
        answer = await cloud.member.get(path, headers={"Accept": accept})
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("application/json" if as_json else "text/html")
        if as_json:
            fault = answer.json()
            assert (fault["code"], fault["title"]) == ("404 Not Found", "Not Found")
            assert fault["message"].startswith("No image found with ID")
    tasks = await cloud.member.get("/image/v2/tasks", headers={"Accept": "application/json"})
    assert (tasks.status_code, tasks.json()["title"]) == (403, "Forbidden")

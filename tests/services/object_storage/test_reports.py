"""What people reported of other object storages: `docs/reports.md` says who, and what is right."""

from __future__ import annotations

from tests.services.object_storage.store import Account
from tests.services.object_storage.test_temp_urls import LATER, signature

MANIFEST = {"multipart-manifest": "get"}


async def test_a_folders_marker_and_what_lies_in_it_are_both_listed(swift: Account) -> None:
    await swift.container()
    await swift.put("c/dir", b"", **{"Content-Type": "application/directory"})
    await swift.put("c/dir/o")
    assert await swift.names(delimiter="/") == ["dir", "dir/"]
    assert await swift.names(prefix="dir/", delimiter="/") == ["dir/o"]
    await swift.put("c/dir/deep/o")
    assert await swift.names(prefix="dir/", delimiter="/") == ["dir/deep/", "dir/o"]


async def test_a_slash_at_the_end_is_part_of_the_name(swift: Account) -> None:
    await swift.container()
    await swift.put("c/dir1/", b"marker")
    assert (await swift.call("GET", "c/dir1/", status=200)).content == b"marker"
    await swift.call("GET", "c/dir1", status=404)
    assert await swift.names(delimiter="/") == ["dir1/"]


async def test_pages_that_end_with_a_folder_come_to_an_end(swift: Account) -> None:
    await swift.container()
    for name in ("a", "b/1", "b/2", "c", "d/1", "d/2", "e"):
        await swift.put(f"c/{name}")
    pages, marker = [], ""
    for _ in range(10):
        page = await swift.names(delimiter="/", limit="2", marker=marker)
        if not page:
            break
        pages.append(page)
        marker = page[-1]
    assert pages == [["a", "b/"], ["c", "d/"], ["e"]]


async def test_what_is_not_said_again_stays_for_containers_and_goes_for_objects(swift: Account) -> None:
    await swift.container("c", **{"X-Container-Meta-A": "1"})
    await swift.call("POST", "c", headers={"X-Container-Meta-B": "2"}, status=204)
    head = await swift.call("HEAD", "c")
    assert (head.headers["x-container-meta-a"], head.headers["x-container-meta-b"]) == ("1", "2")
    await swift.put("c/o", b"x", **{"Content-Type": "text/x", "X-Object-Meta-A": "1"})
    await swift.call("POST", "c/o", headers={"X-Object-Meta-B": "2"}, status=202)
    head = await swift.call("HEAD", "c/o")
    assert head.headers["content-type"] == "text/x" and "x-object-meta-a" not in head.headers


async def test_a_copy_has_what_browsers_are_told_of_the_original(swift: Account) -> None:
    await swift.container()
    told = {"Content-Disposition": "attachment", "Content-Encoding": "gzip", "Content-Language": "ko"}
    await swift.put("c/o", b"x", **told)
    await swift.call("COPY", "c/o", headers={"Destination": "c/p"}, status=201)
    head = await swift.call("HEAD", "c/p", status=200)
    assert told.items() <= {name.title(): value for name, value in head.headers.items()}.items()


async def test_what_is_deleted_twice_is_not_there_the_second_time(swift: Account) -> None:
    await swift.container()
    await swift.put("c/o")
    await swift.call("DELETE", "c/o", status=204)
    await swift.call("DELETE", "c/o", status=404)


async def test_a_manifest_that_is_copied_as_one_shares_its_segments(swift: Account) -> None:
    await swift.container()
    for number in range(2):
        await swift.put(f"c/seg/{number}", b"segment" * 10)
    body = b'[{"path": "/c/seg/0"}, {"path": "/c/seg/1", "etag": null, "size_bytes": 70}]'
    await swift.call("PUT", "c/whole", params={"multipart-manifest": "put"}, content=body, status=201)
    await swift.call("COPY", "c/whole", params=MANIFEST, headers={"Destination": "c/copy"}, status=201)
    copied = await swift.call("GET", "c/copy", status=200)
    assert copied.content == b"segment" * 20 and copied.headers["x-static-large-object"] == "True"
    assert (await swift.call("GET", "c/copy", params=MANIFEST)).json() == (
        await swift.call("GET", "c/whole", params=MANIFEST)
    ).json()


async def test_a_large_object_that_is_uploaded_again_is_the_new_one(swift: Account) -> None:
    await swift.container()
    await swift.container("segments")
    for turn in (b"old", b"new"):
        for number in range(2):
            await swift.put(f"segments/o/{turn.decode()}/{number}", turn * 1000)
        answer = await swift.put("c/o", b"", **{"X-Object-Manifest": f"segments/o/{turn.decode()}/"})
        assert answer.headers["etag"] == "d41d8cd98f00b204e9800998ecf8427e"
    for number in range(2):
        await swift.call("DELETE", f"segments/o/old/{number}", status=204)
    head = await swift.call("HEAD", "c/o", status=200)
    assert head.headers["content-length"] == "6000"
    assert (await swift.call("GET", "c/o")).content == b"new" * 2000


async def test_keys_of_addresses_are_shown_to_no_other_account(swift: Account) -> None:
    stranger = swift.cloud.stranger
    await swift.container("c", **{"X-Container-Read": f"{stranger.auth.project_id}:*"})
    await swift.call("POST", "c", headers={"X-Container-Meta-Temp-URL-Key": "k"}, status=204)
    head = await swift.call("HEAD", "c", who=stranger, status=204)
    assert "x-container-meta-temp-url-key" not in head.headers
    assert (await swift.call("HEAD", "c")).headers["x-container-meta-temp-url-key"] == "k"


async def test_a_name_may_look_like_the_beginning_of_an_address(swift: Account) -> None:
    await swift.container()
    await swift.call("POST", headers={"X-Account-Meta-Temp-URL-Key": "k"}, status=204)
    await swift.put("c/a/v1/b/v1/c", b"content")
    sig = signature("GET", f"{swift.url}/c/a/v1/b/v1/c".removeprefix("/object-store"), "k")
    query = {"temp_url_sig": sig, "temp_url_expires": str(LATER)}
    answer = await swift.cloud.http.get(f"{swift.url}/c/a/v1/b/v1/c", params=query)
    assert (answer.status_code, answer.content) == (200, b"content")


async def test_who_is_let_into_a_container_sees_no_account(swift: Account) -> None:
    stranger = swift.cloud.stranger
    await swift.container()
    who = f"{stranger.auth.project_id}:{stranger.auth.user_id}"
    await swift.call("POST", "c", headers={"X-Container-Read": who, "X-Container-Write": who}, status=204)
    await swift.call("HEAD", who=stranger, status=403)
    await swift.call("HEAD", "c", who=stranger, status=204)
    await swift.call("PUT", "c/o", content=b"theirs", who=stranger, status=201)
    assert (await swift.call("GET", "c/o", who=stranger, status=200)).content == b"theirs"

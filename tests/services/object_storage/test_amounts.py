"""How much one may say and send: what grows without end is refused, and what is much costs little."""

from __future__ import annotations

import threading
from pathlib import Path

from haneul.kernel.drivers import HostSettings
from haneul.services.object_storage.drivers.file import BATCH, GATHERED, LEAST_BATCH, THREADS, FileData
from tests.conftest import Cloud
from tests.services.object_storage.store import Account

JSON_PLEASE = {"Accept": "application/json"}
BULK = {"bulk-delete": ""}


async def test_what_looks_like_the_services_own_headers_does_not_pile_up(swift: Account) -> None:
    await swift.container()
    await swift.put("c/o", b"x")
    for number in range(3):
        said = {f"X-Object-Meta-{number}-{n}-Sysmeta-X": "v" * 30 for n in range(40)}
        await swift.call("POST", "c/o", headers=said, status=202)
    head = await swift.call("HEAD", "c/o", status=200)
    assert len([name for name in head.headers if name.startswith("x-object-meta-2-")]) == 40
    assert not [name for name in head.headers if name.startswith(("x-object-meta-0-", "x-object-meta-1-"))]


async def test_all_headers_together_have_a_limit_and_so_has_the_type(swift: Account) -> None:
    await swift.container()
    long = dict.fromkeys(("Content-Disposition", "Cache-Control", "Content-Language"), "v" * 8192)
    await swift.call("PUT", "c/o", content=b"x", headers=long, status=400)
    await swift.call("PUT", "c/o", content=b"x", headers={"Content-Type": f"a/{'b' * 1024}"}, status=400)
    await swift.put("c/o", b"x")
    await swift.call("POST", "c/o", headers=long, status=400)
    await swift.call("POST", "c/o", headers={"Content-Type": f"a/{'b' * 1024}"}, status=400)
    copy = {"Destination": "c/p", "Content-Type": f"a/{'b' * 1024}"}
    await swift.call("COPY", "c/o", headers=copy, status=400)
    assert await swift.names() == ["o"]


async def test_numbers_that_are_none_are_refused(swift: Account, cloud: Cloud) -> None:
    await swift.container()
    for header, value in (
        ("X-Delete-After", "--5"),
        ("X-Delete-At", "--4000000000"),
        ("X-Delete-At", "-"),
        ("X-Delete-After", "9" * 16),
    ):
        await swift.call("PUT", "c/o", content=b"x", headers={header: value}, status=400)
    for value in ("9" * 250, "٣", "-1", "1e3"):
        quota = {b"X-Container-Meta-Quota-Bytes": value.encode()}
        await swift.call("POST", "c", headers=quota, status=400)
    assert await swift.names() == []


async def test_a_list_of_what_is_to_go_is_read_line_by_line(swift: Account) -> None:
    await swift.container()
    await swift.put("c/o")
    for body, reason, status in (
        (b"c/x\n" * 10_001, "Maximum Bulk Deletes: 10000 per request", "413 Request Entity Too Large"),
        (b"c/" + b"x" * 9000, "Invalid File Name", "400 Bad Request"),
        (b"\n" * 90_000, "Invalid bulk delete.", "400 Bad Request"),
        (b"%FF\n" * 3, "", "400 Bad Request"),
    ):
        answer = await swift.call("POST", params=BULK, content=body, headers=JSON_PLEASE, status=200)
        outcome = answer.json()
        assert (outcome["Response Body"], outcome["Response Status"]) == (reason, status)
        assert outcome["Number Deleted"] == 0
    await swift.call("POST", params=BULK, content=b"\n" * 200_000, status=413)
    blank = b"\n" * 20_000 + b"c/o\n"
    answer = await swift.call("POST", params=BULK, content=blank, headers=JSON_PLEASE, status=200)
    assert answer.json()["Number Deleted"] == 1


async def test_a_list_of_what_is_to_go_says_what_others_keep_from_it(swift: Account) -> None:
    await swift.container()
    await swift.put("c/o")
    reader, stranger = swift.cloud.reader, swift.cloud.stranger
    answer = await swift.call("POST", params=BULK, content=b"c/o\nc\n", headers=JSON_PLEASE, who=reader)
    assert [each[1] for each in answer.json()["Errors"]] == ["403 Forbidden"] * 2
    assert (await swift.call("POST", params=BULK, content=b"c/o\n", who=stranger)).status_code == 403
    assert await swift.names() == ["o"]


async def test_a_folder_at_the_end_of_all_names_is_listed_once(swift: Account) -> None:
    last = "\U0010ffff"
    await swift.container()
    for number in range(12):
        await swift.put(f"c/{last}{number}", b"")
    for reverse in ("", "true"):
        query = {"delimiter": last, "limit": "8", "reverse": reverse}
        assert await swift.names(**query) == [last]


async def test_uploads_that_nothing_comes_for_hold_no_thread_and_little_memory(tmp_path: Path) -> None:
    data = FileData(HostSettings("objects", tmp_path))
    await data.start()
    before = threading.active_count()
    coming = [await data.begin(f"{number:032x}") for number in range(200)]
    try:
        assert data.batch == max(LEAST_BATCH, GATHERED // 200) < BATCH
        for turn in range(3):
            for number, each in enumerate(coming):
                await each.write(bytes([number, turn]) * (BATCH // 4))
        assert threading.active_count() - before <= THREADS + 8  # and those of the loop's own pool
        for number, each in enumerate(coming[:3]):
            size, _, _ = await each.keep()
            content = data.path(f"{number:032x}").read_bytes()
            assert content == b"".join(bytes([number, turn]) * (BATCH // 4) for turn in range(3))
            assert size == len(content)
            await each.let_go()
    finally:
        for each in coming[3:]:
            await each.discard()
        await data.close()
    assert data.batch == BATCH
    assert list(data.incoming.iterdir()) == []


async def test_objects_say_in_a_list_what_they_are_made_of_and_no_more(swift: Account) -> None:
    await swift.container()
    await swift.put("c/s", b"x", **{"X-Object-Meta-A": "1", "Content-Encoding": "gzip"})
    await swift.call(
        "PUT", "c/m", params={"multipart-manifest": "put"}, content=b'[{"path": "/c/s"}]', status=201,
        headers={"X-Object-Meta-A": "1"},
    )  # fmt: skip
    await swift.put("c/l", b"", **{"X-Symlink-Target": "c/s"})
    listed = (await swift.call("GET", "c", params={"format": "json"}, status=200)).json()
    kinds = {item["name"]: {"slo_etag", "symlink_path"} & set(item) for item in listed}
    assert kinds == {"s": set(), "m": {"slo_etag"}, "l": {"symlink_path"}}

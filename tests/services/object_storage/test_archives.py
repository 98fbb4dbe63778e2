"""Archives that nobody packed to be unpacked: what is in them is put, or not, and nothing else happens."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
from typing import Any

import pytest

from haneul.services.object_storage.operations.archives import LONGEST_HEADER, MOST_PASSED_OVER
from tests.services.object_storage.store import Account

JSON_PLEASE = {"Accept": "application/json"}
END = b"\0" * 2 * tarfile.BLOCKSIZE


def head(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A header and nothing after it, whatever it promises."""
    info = tarfile.TarInfo(name)
    info.size, info.type = size, kind
    return info.tobuf(tarfile.GNU_FORMAT)


def member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> bytes:
    return head(name, len(content), kind) + content + b"\0" * (-len(content) % tarfile.BLOCKSIZE)


async def extract(swift: Account, archive: bytes, kind: str = "tar", where: str = "c") -> Any:
    query = {"extract-archive": kind}
    answer = await swift.call("PUT", where, params=query, content=archive, headers=JSON_PLEASE, status=200)
    return answer.json()


async def fails(swift: Account, archive: bytes, reason: str, kind: str = "tar") -> None:
    """What came before the fault is there, what comes after it is not."""
    packed = member("before", b"1") + archive + member("after", b"2") + END
    if kind == "tar.gz":
        packed = gzip.compress(packed)
    outcome = await extract(swift, packed, kind)
    assert reason in outcome["Response Body"]
    assert outcome["Response Status"] == "400 Bad Request"
    assert await swift.names() == ["before"]


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize(
    ("kind", "pack"), [("tar", bytes), ("tar.gz", gzip.compress), ("tar.bz2", bz2.compress)]
)
async def test_files_have_the_names_that_they_were_packed_with(
    swift: Account, form: int, kind: str, pack: Any
) -> None:
    names = [f"{'long/' * 30}n", "short", "z/é" if form != tarfile.USTAR_FORMAT else "z"]
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = len(name)
            archive.addfile(info, io.BytesIO(name.encode()[: len(name)]))
    assert (await extract(swift, pack(file.getvalue()), kind))["Number Files Created"] == 3
    assert await swift.names() == names
    assert (await swift.call("GET", f"c/{names[0]}")).content == names[0].encode()


async def test_what_is_no_file_is_passed_over(swift: Account) -> None:
    kinds = (
        tarfile.DIRTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE,
    )  # fmt: skip
    blocks = [head(f"x{kind.decode()}", 0, kind) for kind in kinds]
    global_ = member("g", b"20 comment=whatever\n", tarfile.XGLTYPE)
    strange = member("strange", b"z" * 700, b"V")
    outcome = await extract(swift, b"".join([*blocks, global_, strange, member("file", b"f"), END]))
    assert (outcome["Number Files Created"], outcome["Errors"]) == (1, [])
    assert await swift.names() == ["file"]


async def test_a_name_that_cannot_be_is_a_failure_of_its_own(swift: Account) -> None:
    bad = head("bad", 1).replace(b"bad", b"\xff\xfe\xfd")
    bad = bad[:148] + b"%06o\0 " % sum([*bad[:148], 8 * 32, *bad[156:]]) + bad[156:]
    archive = bad + b"1".ljust(tarfile.BLOCKSIZE, b"\0") + member(f"{'a/' * 30}b", b"2") + END
    outcome = await extract(swift, archive)
    assert [failure[1] for failure in outcome["Errors"]] == ["412 Precondition Failed"]
    assert await swift.names() == [f"{'a/' * 30}b"]


async def test_names_that_climb_stay_below_the_container(swift: Account) -> None:
    await swift.container("other")
    outcome = await extract(swift, member("../other/o", b"1") + member("/etc/passwd", b"2") + END)
    assert outcome["Number Files Created"] == 2
    assert await swift.names() == ["../other/o", "etc/passwd"]
    assert await swift.names("other") == []


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
async def test_a_header_that_would_fill_the_memory_is_not_read(swift: Account, kind: bytes) -> None:
    await fails(swift, head("h", 8 << 30, kind), "a header is too long")


async def test_a_header_costs_no_more_than_its_length(swift: Account) -> None:
    """Digits without end are what expressions are slow with."""
    await fails(
        swift, member("h", b"1" * LONGEST_HEADER, tarfile.XHDTYPE), "a header cannot be read", "tar.gz"
    )


async def test_what_is_passed_over_has_a_limit(swift: Account) -> None:
    await fails(swift, head("h", MOST_PASSED_OVER + 1, b"V"), "too much of it is no file")


async def test_sparse_files_are_refused(swift: Account) -> None:
    await fails(swift, head("s", 1, tarfile.GNUTYPE_SPARSE), "a sparse file")
    said = b"22 GNU.sparse.major=1\n"
    await fails(swift, member("h", said, tarfile.XHDTYPE) + member("s", b"1"), "a sparse file")


async def test_a_file_that_is_cut_is_not_there(swift: Account) -> None:
    await fails(swift, head("cut", 1 << 20) + b"x" * 5000, "unexpected end")
    packed = gzip.compress(member("before", b"1") + member("cut", bytes(range(256)) * 2000))
    outcome = await extract(swift, packed[:-2000], "tar.gz")
    assert outcome["Response Status"] == "400 Bad Request"
    assert await swift.names() == ["before"]


async def test_sizes_that_are_none_are_refused(swift: Account) -> None:
    negative = bytearray(head("n", 0))
    negative[124:136] = b"\xff" * 12
    negative[148:156] = b"%06o\0 " % sum([*negative[:148], 8 * 32, *negative[156:]])
    await fails(swift, bytes(negative), "negative")
    said = b"19 size=%d\n" % 10**9
    await fails(swift, member("h", said, tarfile.XHDTYPE) + member("s", b"1"), "unexpected end")


async def test_what_one_member_is_refused_for_stops_no_other(swift: Account) -> None:
    await swift.container("c", **{"X-Container-Meta-Quota-Bytes": "10"})
    archive = member("large", b"x" * 5000) + member("small", b"y") + END
    outcome = await extract(swift, archive)
    assert [failure[1] for failure in outcome["Errors"]] == ["413 Request Entity Too Large"]
    assert await swift.names() == ["small"]

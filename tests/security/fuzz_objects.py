"""Requests to object storage as no client sends them: few names, so that things meet, and any header and query."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import tarfile
import time
from typing import Any
from urllib.parse import quote

from tests.conftest import Persona
from tests.security.fuzz import Fuzzer, Sent

METHODS = ("GET", "GET", "HEAD", "PUT", "PUT", "PUT", "POST", "COPY", "DELETE", "OPTIONS", "PATCH")
CONTAINERS = ("c", "c", "d", "public", "versions", "é☃", "..", "a b", "x" * 256, "x" * 257)
OBJECTS = (
    "o", "o", "p", "seg/1", "seg/2", "whole", "link", "dir/", "/o", "a//b", "..", "é☃", "\U0010ffff", "q?x=y", "n" * 1024,
    "n" * 1025, "new\nline", "nul\0",
)  # fmt: skip
NUMBERS = ("0", "1", "-1", "--5", "5", "4000000000", "9" * 18, "9" * 300, "1e9", "٣", "0x5", "", "nan", "1.5")
VALUES = (
    *NUMBERS, "true", "True", "no", "x" * 256, "x" * 9000, "grün", "a,b", '"', "*", ".r:*", ".r:*,.rlistings", ".r:-x,.r:y",
    "*:*", "a:b", ".bad:x", ".r:", ",,,", "%00", "%zz", "%ff", "%2e%2e/o", "text/html", "text/plain; charset=x", "c", "c/o",
    "/c/o", "c/seg/", "c/whole", "d/o", "none/none", "c/", "//", "bytes=0-0", "bytes=-5,1-2", "bytes=" + "0-1," * 60,
    "bytes=5-", "bytes=9-1", "Thu, 01 Jan 1970 00:00:01 GMT", "Thu, 99 Jan 99999 00:00:00 GMT",
    "d41d8cd98f00b204e9800998ecf8427e", "http://[", "http://example.com/",
)  # fmt: skip
HEADERS = (
    "X-Container-Read", "X-Container-Write", "X-Versions-Location", "X-History-Location", "X-Container-Meta-Quota-Bytes",
    "X-Container-Meta-Quota-Count", "X-Container-Meta-Temp-URL-Key", "X-Account-Meta-Temp-URL-Key", "X-Account-Quota-Bytes",
    "X-Account-Meta-Quota-Bytes", "X-Account-Meta-A", "X-Object-Meta-A", "X-Object-Meta-A-Sysmeta-B", "X-Remove-Container-Read",
    "X-Object-Sysmeta-Slo-Size", "X-Delete-At", "X-Delete-After", "X-Object-Manifest", "X-Symlink-Target",
    "X-Symlink-Target-Account", "X-Symlink-Target-Etag", "X-Copy-From", "X-Copy-From-Account", "Destination",
    "Destination-Account", "X-Fresh-Metadata", "X-Detect-Content-Type", "Content-Type", "Content-Encoding",
    "Content-Disposition", "Etag", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "Range", "Referer",
    "Accept", "X-Storage-Policy", "X-Newest", "X-Timestamp", "X-Static-Large-Object", "Expect",
)  # fmt: skip
QUERIES = (
    "format", "limit", "marker", "end_marker", "prefix", "delimiter", "path", "reverse", "multipart-manifest", "symlink",
    "extract-archive", "bulk-delete", "temp_url_sig", "temp_url_expires", "temp_url_prefix", "temp_url_ip_range", "filename",
    "inline", "states", "version-id",
)  # fmt: skip
WORDS = (
    *NUMBERS, "json", "xml", "plain", "put", "get", "delete", "tar", "tar.gz", "tar.bz2", "zip", "/", "o", "\U0010ffff",
    "seg/", "true", "é", "\0", "\ufffd", "sha1:AAAA", "ab" * 20, "10.0.0.0/8",
)  # fmt: skip


class ObjectFuzzer(Fuzzer):
    async def furnish(self) -> None:
        self.accounts = [f"AUTH_{who.auth.project_id}" for who in (self.cloud.member, self.cloud.stranger)]
        await self._replenish()

    async def _replenish(self) -> None:
        """What was deleted is there again, or nothing would be left to meet."""
        for name, headers in (
            ("c", {}),
            ("d", {}),
            ("public", {"X-Container-Read": ".r:*,.rlistings"}),
            ("versions", {"X-Versions-Location": "d"}),
        ):
            where = f"/object-store/v1/{self.accounts[0]}/{name}"
            await self.cloud.member.call("PUT", where, headers=headers)
            for each in ("o", "seg/1", "seg/2"):
                await self.cloud.member.call("PUT", f"{where}/{each}", content=each.encode() * 5000)

    async def once(self) -> None:
        dice = self.dice
        if dice.random() < 0.03:
            await self._replenish()
        people: list[Persona | None] = [self.cloud.member] * 6
        people += [self.cloud.stranger, self.cloud.reader, self.cloud.admin, None]
        who = dice.choice(people)
        method = dice.choice(METHODS)
        path = "/object-store/v1/" + dice.choice([*self.accounts * 8, "AUTH_", "x", "AUTH_none", ".."])
        depth = dice.choice((0, 1, 1, 2, 2, 2, 2, 2))
        if depth:
            path += "/" + quote(dice.choice(CONTAINERS))
        if depth == 2:
            path += "/" + quote(dice.choice(OBJECTS))
        headers: dict[bytes, bytes] = {}
        for _ in range(dice.choice((0, 0, 1, 1, 2, 4))):
            headers[dice.choice(HEADERS).encode()] = dice.choice(VALUES).encode()
        if who is not None:
            headers[b"X-Auth-Token"] = who.token.encode()
        pairs = [(dice.choice(QUERIES), dice.choice(WORDS)) for _ in range(dice.choice((0, 0, 1, 1, 2, 3)))]
        content = self._bytes() if method in ("PUT", "POST", "DELETE", "PATCH") else b""
        query = "&".join(f"{name}={quote(word)}" for name, word in pairs)
        name = who.auth.user_name or "" if who else "nobody"
        sent = Sent(name, method, f"{path}?{query} {headers}", None, content[:400])
        before = time.process_time()
        try:
            answer = await self.cloud.http.request(
                method, f"{path}?{query}", headers=list(headers.items()), content=content
            )
        except Exception as problem:
            self.outcome.failures.append(f"no answer ({type(problem).__name__}: {problem}): {sent}")
            return
        self.outcome.note_hold(time.process_time() - before, sent)
        self.outcome.statuses[answer.status_code] += 1
        self.outcome.aimed.add((method, f"objects {depth}"))
        if answer.status_code < 300:
            self.outcome.reached.add((method, f"objects {depth}"))
        if answer.status_code >= 500:
            self.outcome.failures.append(f"{answer.status_code} {answer.text[:100]}: {sent}")

    def _bytes(self) -> bytes:
        dice = self.dice
        draw = dice.random()
        if draw < 0.4:
            return dice.choice((b"", b"x", b"data" * 6000, dice.randbytes(300)))
        if draw < 0.6:
            keys = ("path", "etag", "size_bytes", "range", "data", "odd")
            segments: list[Any] = []
            for _ in range(dice.choice((1, 1, 2, 5))):
                segment: Any = {
                    "path": dice.choice(("/c/seg/1", "/c/seg/2", "/c/whole", "/d/o", "/c/o", "c", "/c/none"))
                }
                for _ in range(dice.choice((0, 0, 1, 2))):
                    segment[dice.choice(keys)] = dice.choice(
                        (*VALUES, 0, 5, -1, 2**70, None, [], {}, 1.5, True)
                    )
                segments.append(dice.choice((segment, segment, segment, segment, None, 5, "x", [])))
            return json.dumps(segments).encode()
        if draw < 0.8:
            lines = [
                dice.choice(
                    ("c/o", "/c/seg/1", "d", "%ff", "c/%00", "", "x" * 3000, "none/x", "c", "/", "//", "é")
                )
                for _ in range(dice.choice((1, 3, 20)))
            ]
            return "\n".join(lines).encode()
        return self._archive()

    def _archive(self) -> bytes:
        dice = self.dice
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=dice.choice((0, 1, 2))) as archive:
            for _ in range(dice.choice((1, 2, 5))):
                info = tarfile.TarInfo(dice.choice(("a", "c/o", "../x", "/etc/x", "é", "n" * 300, "c/d/e")))
                info.type = dice.choice(
                    (tarfile.REGTYPE, tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, b"V", b"S")
                )
                info.linkname = dice.choice(("", "x" * 300))
                info.size = dice.choice((0, 3, 700)) if info.type == tarfile.REGTYPE else 0
                with contextlib.suppress(ValueError):
                    archive.addfile(info, io.BytesIO(b"x" * info.size))
        packed = bytearray(file.getvalue())
        for _ in range(dice.choice((0, 0, 1, 5, 40))):
            packed[dice.randrange(len(packed))] = dice.randrange(256)
        cut = bytes(packed[: dice.choice((len(packed), len(packed), dice.randrange(len(packed))))])
        return dice.choice((bytes, gzip.compress, bz2.compress))(cut)

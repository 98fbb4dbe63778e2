"""The files of a folder that is part of us, as a browser loads them: compressed, and once only."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import falcon

from haneul.kernel.http.page_safety import protect

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
LEAST_COMPRESSED = 512
A_YEAR = "public, max-age=31536000, immutable"
SOON = "public, no-cache"


def compressed(content: bytes) -> bytes:
    """The same without the time in it: equal contents stay equal."""
    return gzip.compress(content, 6, mtime=0)


def takes_gzip(req: Any) -> bool:
    """Whether who asks can read it."""
    offers = (req.get_header("accept-encoding") or "").lower().split(",")
    return any(o.split(";")[0].strip() == "gzip" and "q=0" not in o.replace(" ", "") for o in offers)


class _File:
    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.tag = sha256(self.content).hexdigest()[:16]
        self.packed = compressed(self.content) if len(self.content) >= LEAST_COMPRESSED else None


class StaticFiles:
    """A folder's files by their names in it. One whose address has its version is never asked for again."""

    def __init__(self, folder: Path) -> None:
        self._paths = {
            str(each.relative_to(folder)): each
            for each in folder.rglob("*")
            if each.is_file() and each.suffix in TYPES
        }
        self._file = cache(_File)

    def version(self, name: str) -> str:
        """Changes with the content: to be put behind the file's address as `?v=`."""
        return self._file(self._paths[name]).tag[:8]

    async def on_get(self, req: Any, resp: Any, name: str) -> None:
        path = self._paths.get(name)
        if path is None:
            raise falcon.HTTPNotFound
        file = self._file(path)
        resp.content_type = TYPES[path.suffix]
        resp.set_header("ETag", f'"{file.tag}"')
        resp.set_header("Cache-Control", A_YEAR if req.get_param("v") == file.tag[:8] else SOON)
        resp.set_header("Vary", "Accept-Encoding")
        protect(resp)
        if f'"{file.tag}"' in (req.get_header("if-none-match") or ""):
            resp.status = 304
        elif file.packed is not None and takes_gzip(req):
            resp.set_header("Content-Encoding", "gzip")
            resp.data = file.packed
        else:
            resp.data = file.content

"""Lists of containers and objects: as lines, JSON or XML, whichever the caller asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import msgspec

from haneul.kernel.http.routes import Query, Reply, Request
from haneul.services.object_storage import errors
from haneul.services.object_storage.api.answers import typed
from haneul.services.object_storage.model import names, times
from haneul.services.object_storage.model.containers import Container
from haneul.services.object_storage.model.large_objects import ETAG, SIZE, STATIC
from haneul.services.object_storage.model.objects import StoredObject
from haneul.services.object_storage.model.truths import is_true
from haneul.services.object_storage.operations import links
from haneul.services.object_storage.operations.lists import MOST, Entry, Wish

FORMATS = {"plain": "text/plain", "json": "application/json", "xml": "application/xml"}
LONGEST_ACCEPT = 1024
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that names may have and XML may not: one of them would make the whole list unreadable."""


def wish(query: Query) -> Wish:
    """What the query asks for; WrongListQuery for more than there is."""
    limit = query.get("limit")
    most = MOST
    if limit and limit.isascii() and limit.isdecimal():
        most = int(limit[:12])
        if most > MOST:
            raise errors.WrongListQuery(reason=f"Maximum limit is {MOST}")
    delimiter, prefix = query.get("delimiter") or "", query.get("prefix") or ""
    path = query.get("path")
    if path is not None:  # the older way to list a folder
        delimiter = "/"
        prefix = f"{path.rstrip('/')}/" if path.rstrip("/") else ""
    for each in (delimiter, prefix, query.get("marker") or "", query.get("end_marker") or ""):
        if "\ufffd" in each or "\0" in each:
            raise errors.WrongListQuery(reason="parameter not utf8 encoded or contains NULL")
    return Wish(
        most,
        query.get("marker") or "",
        query.get("end_marker") or "",
        prefix,
        delimiter,
        is_true(query.get("reverse")),
    )


def content_type(request: Request, query: Query) -> str:
    """The type in which the list is wanted; FormatNotAcceptable if it is none that there is."""
    if (format_ := query.get("format")) is not None:
        return FORMATS.get(format_.lower(), "text/plain")
    accept = request.header("accept")
    if not accept:
        return "text/plain"
    best, best_weight = "", 0.0
    for offered in ("text/plain", "application/json", "application/xml", "text/xml"):
        weight = _weight(accept[:LONGEST_ACCEPT], offered)
        if weight > best_weight:
            best, best_weight = offered, weight
    if not best:
        raise errors.FormatNotAcceptable
    return best


def _weight(accept: str, offered: str) -> float:
    """How much this type is wanted: the most exact range that covers it says."""
    weighted = (0, 0.0)
    for part in accept.split(","):
        kind, *parameters = (word.strip().lower() for word in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    raise errors.FormatNotAcceptable from None
        exact = {"*/*": 1, f"{offered.split('/')[0]}/*": 2, offered: 3}.get(kind, 0)
        if exact > weighted[0]:
            weighted = (exact, weight)
    return weighted[1]


def reply(kind: str, root: str, name: str, items: Sequence[dict[str, Any]], headers: dict[str, str]) -> Reply:
    """The list; as lines, an empty one is 204."""
    status = 200
    if kind == "application/json":
        body = msgspec.json.encode(items)
    elif kind.endswith("xml"):
        body = _xml(root, name, items)
    else:
        body = "".join(f"{item.get('name', item.get('subdir'))}\n" for item in items).encode()
        status = 200 if body else 204
    return Reply(
        body,
        status=status,
        headers={**headers, **typed(status, f"{kind}; charset=utf-8")},
        content_type=f"{kind}; charset=utf-8",
        has_utf8_headers=True,
    )


def _xml(root: str, name: str, items: Sequence[dict[str, Any]]) -> bytes:
    element = "container" if root == "account" else "object"
    parts = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} name={quoteattr(name)}>']
    for item in items:
        if (folder := item.get("subdir")) is not None:
            parts.append(f"<subdir name={quoteattr(folder)}><name>{escape(folder)}</name></subdir>")
        else:
            fields = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in item.items())
            parts.append(f"<{element}>{fields}</{element}>")
    parts.append(f"</{root}>")
    return _NO_XML.sub("\ufffd", "".join(parts)).encode("utf-8", "replace")


def container_item(entry: Entry[Container]) -> dict[str, Any]:
    container = entry.thing
    if container is None:
        return {"subdir": entry.name}
    return {
        "name": container.name,
        "count": container.object_count,
        "bytes": container.bytes_used,
        "last_modified": times.listed(container.created_at),
    }


def object_item(entry: Entry[StoredObject], account: str, *, is_json: bool) -> dict[str, Any]:
    """A line of the list; what only JSON has room for is the kind of object it is."""
    thing = entry.thing
    if thing is None:
        return {"subdir": entry.name}
    is_whole = STATIC in thing.headers
    item: dict[str, Any] = {
        "name": thing.name,
        "hash": thing.etag,
        "bytes": int(thing.headers[SIZE]) if is_whole else thing.size,
        "content_type": thing.content_type,
        "last_modified": times.listed(thing.created_at),
    }
    if is_json and is_whole:
        item["slo_etag"] = f'"{thing.headers[ETAG]}"'
    if is_json and (target := links.target(account, thing)) is not None:
        item["symlink_path"] = names.quoted(f"/v1/{target.path}")
    return item

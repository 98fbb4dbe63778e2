"""Conditional requests: whether what is there is what the asker thinks it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from haneul.services.object_storage.model import times

Verdict = Literal["go on", "not modified", "failed"]


def etags(text: str) -> set[str]:
    """The tags that a header names, without quotes; `*` is any."""
    return {each.strip().removeprefix("W/").strip('"') for each in text.split(",")}


def judge(headers: Mapping[str, str], etag: str, modified: int) -> Verdict:
    """What becomes of a request to read; `modified` is the second of the last change."""
    if (wanted := headers.get("if-match")) and not etags(wanted) & {etag, "*"}:
        return "failed"
    if (unwanted := headers.get("if-none-match")) and etags(unwanted) & {etag, "*"}:
        return "not modified"
    since = times.from_http_date(headers.get("if-modified-since", ""))
    if since is not None and modified <= since and not headers.get("if-none-match"):
        return "not modified"
    until = times.from_http_date(headers.get("if-unmodified-since", ""))
    return "failed" if until is not None and modified > until else "go on"

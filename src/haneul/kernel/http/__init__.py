"""HTTP: routing, schemas, microversions, paging, faults, discovery."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from haneul.kernel.http.answers import Answer, Content, Link, TypedLink
from haneul.kernel.http.routes import Query, Reply, Request, Routes
from haneul.kernel.http.schema import InvalidField, Schema, Strict, between, since, until

__all__ = [
    "UNSET",
    "Answer",
    "Content",
    "InvalidField",
    "Link",
    "Query",
    "Reply",
    "Request",
    "Routes",
    "Schema",
    "Strict",
    "TypedLink",
    "UnsetType",
    "between",
    "since",
    "until",
]

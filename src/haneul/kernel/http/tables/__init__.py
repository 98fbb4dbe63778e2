"""Resources as tables: what one kind of thing is on the wire is said once, and its routes follow.

This is the dialect that Neutron began: attributes with checks, filters by any of them, `fields`, many things in one
request, tags, `If-Match` by revision, a rule of the policy for each attribute that wants one. A service brings its
words (`Words`), its checks and, for each kind of thing, a `Resource`; `serve` declares the routes.
"""

from __future__ import annotations

from haneul.kernel.http.tables import kinds
from haneul.kernel.http.tables.attributes import CHANGES, Attribute, only, shown
from haneul.kernel.http.tables.collections import item_of, serve
from haneul.kernel.http.tables.resource import Resource
from haneul.kernel.http.tables.words import Words

__all__ = [
    "CHANGES",
    "Attribute",
    "Resource",
    "Words",
    "item_of",
    "kinds",
    "only",
    "serve",
    "shown",
]

"""What a browser is told about everything of ours: it is what it says it is, and may do nothing.

An image or an object holds whatever its owner put into it, and so do names in JSON. Whoever opens one in a browser
must not run it as a page of this cloud, so nothing is guessed, framed or executed, unless a page of ours says
otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import falcon.asgi

LOCKED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
GUESS_NOTHING = "nosniff"
LOCKED_HEADERS = (
    (b"content-security-policy", LOCKED.encode()),
    (b"x-content-type-options", GUESS_NOTHING.encode()),
)
"""For what is answered before there is a request."""
_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1>", re.DOTALL)


class Locked(falcon.asgi.Response):
    """Begins with what every answer says; a handler may set another policy."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.set_header("Content-Security-Policy", LOCKED)
        self.set_header("X-Content-Type-Options", GUESS_NOTHING)


def protect(resp: Any, policy: str | None = None) -> None:
    """What is not JSON has these headers too, where it has none of its own; a page of ours has its own policy."""
    if policy is not None:
        resp.set_header("Content-Security-Policy", policy)
    is_framed_here = policy is not None and "frame-ancestors 'self'" in policy
    for name, value in (
        ("X-Frame-Options", "SAMEORIGIN" if is_framed_here else "DENY"),
        ("Referrer-Policy", "no-referrer"),
    ):
        if resp.get_header(name) is None:
            resp.set_header(name, value)


def policy_of(page: str) -> str:
    """For a page of ours: what stands in it may run, and what it loads from here."""
    hashes: dict[str, str] = {"script": "", "style": ""}
    for kind, text in _INLINE.findall(page):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes[kind] += f" 'sha256-{digest}'"
    return (
        f"default-src 'none'; script-src 'self'{hashes['script']}; style-src 'self'{hashes['style']}; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
    )

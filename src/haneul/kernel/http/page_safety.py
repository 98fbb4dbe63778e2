"""What a browser is told about everything of ours that is not JSON: what it is, and what it may do.

An image or an object holds whatever its owner put into it. Whoever opens one in a browser must not run it
as a page of this cloud, so nothing is guessed, framed or executed, unless a page of ours says otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

LOCKED = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; sandbox"
_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1>", re.DOTALL)


def protect(resp: Any, policy: str = LOCKED) -> None:
    """The answer has these headers, where it has none of its own."""
    for name, value in (
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN" if "frame-ancestors 'self'" in policy else "DENY"),
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

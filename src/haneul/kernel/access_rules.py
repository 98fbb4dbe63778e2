"""What a token with access rules may ask for: (service type, method, path), and nothing else.

In a path `*` and `{name}` stand for one segment or a part of it, `**` for anything. A path may be written
as the service has it (`/v2.1/servers`) or as it is on the one port (`/compute/v2.1/servers`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from haneul.kernel.manifest import Manifest

Rule = tuple[str, str, str]
_PARTS = re.compile(r"(?P<all>\*\*)|(?P<some>\*|\{[^}]*\})")


@lru_cache(maxsize=1024)
def _pattern(path: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for part in _PARTS.finditer(path):
        pattern += re.escape(path[end : part.start()]) + (".*" if part["all"] else "[^/]+")
        end = part.end()
    return re.compile(pattern + re.escape(path[end:]))


def allow(rules: Iterable[Rule], manifest: Manifest, method: str, path: str) -> bool:
    """Whether one of the rules is about this request."""
    types = {manifest.type, *manifest.aliases}
    paths = (path, path.removeprefix(manifest.path))
    return any(
        service in types and method == verb and any(_pattern(wanted).fullmatch(each) for each in paths)
        for service, verb, wanted in rules
    )

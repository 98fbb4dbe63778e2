"""What a token with access rules may ask for: (service type, method, path), and nothing else.

In a path `*` and `{name}` stand for one segment or a part of it, `**` for anything. A path may be written
as the service has it (`/v2.1/servers`) or as it is on the one port (`/compute/v2.1/servers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from haneul.kernel.manifest import Manifest
from haneul.kernel.patterns import Pattern

Rule = tuple[str, str, str]


@lru_cache(maxsize=256)
def _pattern(path: str) -> Pattern:
    return Pattern("".join(_translated(path)))


def _translated(path: str) -> Iterator[str]:
    """The parts of a regular expression for that path."""
    at = 0
    while at < len(path):
        if path.startswith("**", at):
            yield "(?s:.*)"
            at += 2
        elif path[at] == "*":
            yield "[^/]+"
            at += 1
        elif path[at] == "{" and (end := path.find("}", at)) > 0:
            yield "[^/]+"
            at = end + 1
        else:
            yield path[at] if path[at].isalnum() or path[at] in "/_" else f"\\x{{{ord(path[at]):x}}}"
            at += 1


def _is_about(wanted: str, paths: tuple[str, str]) -> bool:
    if "*" in wanted or "{" in wanted:
        return any(_pattern(wanted).fullmatch(each) for each in paths)
    return wanted in paths


def allow(rules: Iterable[Rule], manifest: Manifest, method: str, path: str) -> bool:
    """Whether one of the rules is about this request."""
    types = {manifest.type, *manifest.aliases}
    paths = (path, path.removeprefix(manifest.path))
    return any(
        service in types and method == verb and _is_about(wanted, paths) for service, verb, wanted in rules
    )

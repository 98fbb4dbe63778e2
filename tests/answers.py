"""Every answer that the tests get is held against what its route declares.

A route's `answers` say what its body holds, by status and version, and its `errors` what it can fail with. What
is not so is remembered here, and fails the test in which it happened.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from haneul.kernel.context import Version
from haneul.kernel.errors import HaneulError, NotFound
from haneul.kernel.http.answers import (
    ANY_TYPE,
    COMMON_ERRORS,
    UNDECLARED,
    Content,
    alternatives,
    in_version,
    may_be_empty,
)
from haneul.kernel.http.app import Application
from haneul.kernel.http.routes import Route
from haneul.kernel.http.schema import version_text

WRONG: dict[str, None] = {}
"""What was not as declared, each once, since somebody last looked."""


def watch() -> None:
    """From now on, in this process, what applications answer is compared."""
    handle = Application._handle

    async def watched(self: Any, route: Route, auth: Any, decisions: Any, request_id: str, version: Version,
                      req: Any, resp: Any, path: dict[str, str]) -> None:  # fmt: skip
        try:
            await handle(self, route, auth, decisions, request_id, version, req, resp, path)
        except HaneulError as error:
            if wrong := undeclared_error(route, error):
                note(route, version, wrong)
            raise
        if wrong := difference(route, version, resp):
            note(route, version, wrong)

    Application._handle = watched  # type: ignore[method-assign]  # the one place that sees route and answer


def note(route: Route, version: Version, wrong: str) -> None:
    handler = f"{route.handler.__module__}.{route.handler.__qualname__}"
    WRONG[f"{route.method} {route.path} ({handler}) in {version_text(version)}: {wrong}"] = None


def undeclared_error(route: Route, error: HaneulError) -> str:
    """What the route should have declared, or nothing."""
    kind = type(error)
    if kind in COMMON_ERRORS or kind.status >= 500 or issubclass(kind, route.errors):
        return ""
    if kind is NotFound and route.hides_out_of_scope:
        return ""
    return f"it fails with {kind.__module__}.{kind.__qualname__}, which is not among its errors"


def difference(route: Route, version: Version, resp: Any) -> str:
    """How the answer is not what the route declares, or nothing."""
    if UNDECLARED in route.answers.values():
        return ""
    status = int(str(resp.status)[:3])
    if status not in route.answers:
        return f"the status {status} is not among its answers"
    declared = route.answers[status]
    has_body = resp.data is not None or resp.stream is not None
    if not has_body and may_be_empty(declared):
        return ""
    if declared is None:
        return f"it has a body: {resp.data!r:.80}"
    kind = (resp.content_type or "").split(";")[0]
    if isinstance(declared, Content):
        return "" if {kind, ANY_TYPE} & set(declared.types) else f"its content type is {kind}"
    if resp.stream is not None and kind == "application/json":
        return ""  # a list that is sent in pieces: as long as they come, nobody has all of it
    if not isinstance(resp.data, bytes):
        return "it has no JSON body"
    return first_misfit(declared, version, resp.data)


def first_misfit(declared: Any, version: Version, data: bytes) -> str:
    shapes = _decoders(declared, version)
    if not shapes:
        return "that version has no answer declared"
    problems = []
    for shape in shapes:
        try:
            shape.decode(data)
        except msgspec.ValidationError as problem:
            problems.append(f"{problem} in {data[:120]!r}")
        else:
            return ""
    return " / ".join(problems)


@cache
def _decoders(declared: Any, version: Version) -> tuple[msgspec.json.Decoder[Any], ...]:
    shape = in_version(declared, version)
    return tuple(msgspec.json.Decoder(each, strict=True) for each in alternatives(shape)) if shape else ()

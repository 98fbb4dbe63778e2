"""What requests and answers of object storage have in common."""

from __future__ import annotations

from haneul.kernel.http import Content
from haneul.kernel.http.routes import Reply, Request
from haneul.services.object_storage import errors
from haneul.services.object_storage.api import faults
from haneul.services.object_storage.manifest import MANIFEST
from haneul.services.object_storage.model import names
from haneul.services.object_storage.model.names import Place

BASE = f"{MANIFEST.path}/v1/"
PAGE = Content(("text/html",))
ANYTHING = Content(("text/html", "text/plain", "application/json", "application/xml", "text/xml"))
PATH_ERRORS = (errors.BadName, errors.BadHeader)


def place_of(request: Request) -> Place:
    return names.place(request.raw_path, BASE)


def done(status: int, headers: dict[str, str] | None = None, *, content_type: str = faults.HTML) -> Reply:
    """An answer without content, or with the page of its status."""
    body = faults.page(status) if status in faults.PAGES else b""
    return Reply(
        body,
        status=status,
        headers={**(headers or {}), **typed(status, content_type)},
        content_type=content_type,
        has_utf8_headers=True,
    )


def typed(status: int, content_type: str) -> dict[str, str]:
    """Upstream says the type of what an answer does not hold, too, and clients look at it."""
    return {"Content-Type": content_type} if status in (204, 304) else {}

"""/ and /versions: the versions that this API speaks."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http.routes import Routes
from haneul.services.image.api import answers

routes = Routes()

CURRENT = "2.18"
SUPPORTED = [f"2.{minor}" for minor in (17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)]


def _versions(ctx: Context) -> dict[str, Any]:
    link = {"rel": "self", "href": f"{ctx.endpoint}/image/v2/"}
    listed = [(CURRENT, "CURRENT"), *((version, "SUPPORTED") for version in SUPPORTED)]
    return {
        "versions": [{"id": f"v{version}", "status": status, "links": [link]} for version, status in listed]
    }


@routes.get("", status=300, auth=False, transaction=False, answer=answers.Versions)
async def choose_version(ctx: Context) -> dict[str, Any]:
    """The versions to choose from."""
    return _versions(ctx)


@routes.get("/versions", auth=False, transaction=False, answer=answers.Versions)
async def list_versions(ctx: Context) -> dict[str, Any]:
    """The versions to choose from, as an answer of its own."""
    return _versions(ctx)

"""/extensions: what came before microversions; clients still ask."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http import Routes

routes = Routes("/v2.1")
ALIASES = (
    "flavors", "limits", "os-aggregates", "os-availability-zone", "os-flavor-access",
    "os-flavor-extra-specs", "os-flavor-manage", "os-hypervisors", "os-keypairs", "os-quota-class-sets",
    "os-quota-sets", "os-server-groups", "os-services", "os-simple-tenant-usage", "servers",
)  # fmt: skip


def view(alias: str) -> dict[str, Any]:
    name = alias.removeprefix("os-").replace("-", " ").title().replace(" ", "")
    return {
        "name": name,
        "alias": alias,
        "description": f"{name}.",
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
        "links": [],
    }


@routes.get("/extensions")
async def list_extensions(ctx: Context) -> dict[str, Any]:
    """The extensions that are part of the API."""
    return {"extensions": [view(a) for a in ALIASES]}


@routes.get("/extensions/{alias}")
async def show_extension(ctx: Context, alias: str) -> dict[str, Any]:
    """One extension."""
    if alias not in ALIASES:
        raise NotFound(f"Extension {alias} was not found.")
    return {"extension": view(alias)}

"""Lists of what cannot be made here yet: empty, so that clients that look at everything can go on."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, NotFound
from haneul.kernel.http import Routes
from haneul.services.network.api.answers import NothingYet

routes = Routes("/v2.0")
KINDS = {
    "rbac-policies": ("rbac_policies", "get_rbac_policy", "RBAC policy of type None with ID {id} not found"),
    "address-groups": ("address_groups", "get_address_group", "Address group {id} could not be found."),
    "flavors": ("flavors", "get_flavor", "Flavor {id} could not be found."),
    "service_profiles": (
        "service_profiles",
        "get_service_profile",
        "Service Profile {id} could not be found.",
    ),
}
"""Path: the name in answers, the rule, what is said of an id."""


def declare(path: str, collection: str, rule: str, missing: str) -> None:
    """The routes that only read."""

    async def listing(ctx: Context) -> dict[str, Any]:
        _require(ctx, rule)
        return {collection: []}

    async def show(ctx: Context, id: str) -> None:
        _require(ctx, rule)
        raise NotFound(missing.format(id=id))

    listing.__doc__ = f"There are no {collection} yet."
    show.__doc__ = f"None of the {collection} is there."
    routes.get(f"/{path}", answer=NothingYet)(listing)
    routes.get(f"/{path}/{{id}}", errors=(NotFound,))(show)


def _require(ctx: Context, rule: str) -> None:
    if not ctx.may(rule, {"project_id": ctx.auth.project_id or ""}):
        raise Forbidden(action=rule)


for each, words in KINDS.items():
    declare(each, *words)

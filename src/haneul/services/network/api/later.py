"""Lists of what cannot be made here yet: empty, so that clients that look at everything can go on."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http import Routes
from haneul.kernel.policy import Rule
from haneul.services.network import policy
from haneul.services.network.api.answers import NothingYet

routes = Routes("/v2.0", errors=(NotFound,))
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


def declare(path: str, collection: str, rule: Rule, missing: str) -> None:
    """The routes that only read."""

    async def listing() -> dict[str, Any]:
        return {collection: []}

    async def show(ctx: Context, id: str) -> None:
        ctx.authorize(rule, {"project_id": ctx.auth.project_id or ""}, hidden=NotFound())
        raise NotFound(missing.format(id=id))

    listing.__doc__ = f"There are no {collection} yet."
    show.__doc__ = f"None of the {collection} is there."
    routes.get(f"/{path}", answer=NothingYet)(listing)
    routes.get(f"/{path}/{{id}}")(show)


for each, (name, rule_name, words) in KINDS.items():
    declare(each, name, policy.named(rule_name), words)

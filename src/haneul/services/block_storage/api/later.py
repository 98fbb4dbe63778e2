"""Lists of what cannot be made here yet: empty, so that clients that look at everything can go on.

Horizon and the SDK ask for groups, backups and specifications before they draw a form of volumes; a 404 there
stops them. What is looked for by its id is not found, and nothing can be made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.policy import Rule
from haneul.services.block_storage import policy
from haneul.services.block_storage.api.other_answers import NothingYet
from haneul.services.block_storage.api.paths import ProjectRoutes

routes = ProjectRoutes()


class Kind(NamedTuple):
    path: str
    collection: str
    list_policy: Rule | None
    show_policy: Rule | None
    missing: str
    """What is said of an id, with the status 404."""
    since: str | None = None
    has_details: bool = False


KINDS = (
    Kind("qos-specs", "qos_specs", policy.LIST_QOS_SPECS, policy.GET_QOS_SPECS, "No such QoS spec {id}."),
    Kind("clusters", "clusters", policy.LIST_CLUSTERS, policy.GET_CLUSTER,
         "Cluster {{'binary': 'cinder-volume', 'name': '{id}'}} could not be found.", "3.7", has_details=True),
    Kind("default-types", "default_types", policy.LIST_DEFAULT_TYPES, policy.GET_DEFAULT_TYPE,
         "Default volume type for project {id} not found.", "3.62"),
)  # fmt: skip


def declare(kind: Kind) -> None:
    """The routes that only read."""

    async def listing(ctx: Context) -> dict[str, Any]:
        return {kind.collection: []}

    async def show(ctx: Context, id: str) -> None:
        raise NotFound(kind.missing.format(id=id))

    listing.__doc__ = f"There are no {kind.collection} yet."
    show.__doc__ = f"None of the {kind.collection} is there."
    paths = [f"/{kind.path}", f"/{kind.path}/detail"] if kind.has_details else [f"/{kind.path}"]
    for path in paths:
        routes.get(path, policy=kind.list_policy, since=kind.since, answer=NothingYet)(listing)
    routes.get(f"/{kind.path}/{{id}}", policy=kind.show_policy, since=kind.since, errors=(NotFound,))(show)


for each in KINDS:
    declare(each)

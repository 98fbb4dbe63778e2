"""/os-services, /os-hosts, /clusters and /workers: what operators see of the parts of block storage"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest
from haneul.kernel.http.bounds import Number, Text
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import fields, lists, service_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model import services as model
from haneul.services.block_storage.model.services import Service
from haneul.services.block_storage.model.volumes import ZONE
from haneul.services.block_storage.operations import services

routes = ProjectRoutes()

Name = Annotated[Text, msgspec.Meta(min_length=1)]
LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")


class Which(Strict):
    """A service by its binary, or by `service` as clients once called that."""

    host: Name
    binary: Name | UnsetType = UNSET
    service: Name | UnsetType = UNSET
    cluster: Text | None = None


class Disabled(Which, kw_only=True):
    disabled_reason: Name


class Host(Strict):
    host: Name | UnsetType = UNSET
    cluster: Text | None = None


class Failover(Host):
    backend_id: Text | None = None


class Loggers(Strict):
    binary: Text | None = None
    server: Text | None = None
    prefix: Text | None = None


class LogLevel(Loggers):
    level: Text | None = None


@routes.get("/os-services", policy=policy.LIST_SERVICES, answer=service_answers.Services)
async def list_services(ctx: Context, query: Query) -> dict[str, Any]:
    """The scheduler, and of each host the services that keep volumes and backups."""
    shown = await services.list_all(ctx, host=query.get("host"), binary=query.get("binary"))
    return {"services": [_view(ctx, service) for service in shown]}


def _view(ctx: Context, s: Service) -> dict[str, Any]:
    view: dict[str, Any] = {
        "binary": s.binary,
        "host": s.host,
        "zone": ZONE,
        "status": "enabled" if s.is_enabled else "disabled",
        "state": "up" if s.is_up else "down",
        "updated_at": lists.time(s.seen_at),
        "disabled_reason": s.reason,
    }
    if ctx.wants(versions.SERVICES_HAVE_CLUSTERS):
        view["cluster"] = None
    if s.binary == model.VOLUME:
        view |= {"replication_status": "disabled", "active_backend_id": None, "frozen": s.is_frozen}
        if ctx.wants(versions.SERVICES_HAVE_BACKEND_STATES):
            view["backend_state"] = "up" if s.is_up else "down"
    return view


def _binary(which: Which) -> str:
    if not (which.binary or which.service):
        raise fields.refused("binary", "{}", "'binary' is a required property")
    return which.binary or which.service or ""


def _changed(which: Which, **more: Any) -> dict[str, Any]:
    return {"host": which.host, "service": which.service or "", "binary": which.binary or "", **more}


@routes.put(
    "/os-services/enable",
    policy=policy.UPDATE_SERVICE,
    answer=service_answers.ChangedService,
    errors=(errors.ServiceNotFound, errors.InvalidField),
)
async def enable_service(ctx: Context, body: Which) -> dict[str, Any]:
    """The service takes new things again."""
    await services.enable(ctx, _binary(body), body.host)
    return _changed(body, status="enabled", disabled=False)


@routes.put(
    "/os-services/disable",
    policy=policy.UPDATE_SERVICE,
    answer=service_answers.ChangedService,
    errors=(errors.ServiceNotFound, errors.InvalidField),
)
async def disable_service(ctx: Context, body: Which) -> dict[str, Any]:
    """The service takes nothing new; what it has goes on."""
    await services.disable(ctx, _binary(body), body.host)
    return _changed(body, status="disabled", disabled=True)


@routes.put(
    "/os-services/disable-log-reason",
    policy=policy.UPDATE_SERVICE,
    answer=service_answers.ChangedService,
    errors=(errors.ServiceNotFound, errors.InvalidField),
)
async def disable_service_with_reason(ctx: Context, body: Disabled) -> dict[str, Any]:
    """The service takes nothing new, and says why."""
    reason = body.disabled_reason.strip()
    await services.disable(ctx, _binary(body), body.host, reason)
    return _changed(body, status="disabled", disabled=True, disabled_reason=reason)


def _host(body: Host) -> str:
    if body.cluster:
        raise errors.InvalidInput(reason=f"Cluster {body.cluster} could not be found.")
    if not body.host:
        raise errors.InvalidInput(reason="One and only one of cluster and host must be set.")
    return body.host


@routes.put(
    "/os-services/freeze",
    status=200,
    policy=policy.UPDATE_SERVICE,
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def freeze_host(ctx: Context, body: Host) -> None:
    """Nothing is added to what the host keeps, and nothing taken from it."""
    await services.freeze(ctx, _host(body), is_frozen=True)


@routes.put(
    "/os-services/thaw",
    status=200,
    policy=policy.UPDATE_SERVICE,
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def thaw_host(ctx: Context, body: Host) -> None:
    """What the host keeps may be added to and taken from."""
    await services.freeze(ctx, _host(body), is_frozen=False)


@routes.put(
    "/os-services/failover_host",
    status=202,
    policy=policy.UPDATE_SERVICE,
    errors=(errors.InvalidInput, errors.InvalidField),
)
@routes.put(
    "/os-services/failover",
    status=202,
    policy=policy.UPDATE_SERVICE,
    since="3.26",
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def fail_over(ctx: Context, body: Failover) -> None:
    """Refused: no host has a copy of what it keeps."""
    await services.fail_over(ctx, _host(body))


def _is_ours(body: Loggers) -> bool:
    """Whether this process is among those that are meant: the others are not asked."""
    if body.binary and body.binary not in ("*", *model.BINARIES):
        raise fields.refused("binary", body.binary, f"'{body.binary}' is not one of {list(model.BINARIES)}")
    return body.binary in (None, "", "*", model.API) and body.server in (None, "", model.HERE)


@routes.put(
    "/os-services/get-log",
    policy=policy.UPDATE_SERVICE,
    since="3.32",
    answer=service_answers.LogLevels,
    errors=(errors.InvalidField,),
)
async def get_log(ctx: Context, body: Loggers) -> dict[str, Any]:
    """What the process that answers logs, by logger."""
    if not _is_ours(body):
        return {"log_levels": []}
    levels = services.log_levels(body.prefix or "")
    return {"log_levels": [{"binary": model.API, "host": model.HERE, "levels": levels}]}


@routes.put(
    "/os-services/set-log",
    status=202,
    policy=policy.UPDATE_SERVICE,
    since="3.32",
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def set_log(ctx: Context, body: LogLevel) -> None:
    """The process that answers logs what is of this level."""
    level = (body.level or "").upper()
    if level not in LEVELS:
        raise errors.InvalidInput(reason=f"Level must be one of {', '.join(LEVELS)}, not {body.level}.")
    if _is_ours(body):
        services.set_log_levels(body.prefix or "", level)


# -- hosts


class HostChange(Strict):
    status: Text | UnsetType = UNSET


@routes.get("/os-hosts", policy=policy.MANAGE_HOSTS, answer=service_answers.Hosts)
async def list_hosts(ctx: Context, query: Query) -> dict[str, Any]:
    """The services by their hosts."""
    shown = [
        {
            "host_name": s.host,
            "service": s.binary,
            "zone": ZONE,
            "service-status": "available" if s.is_up else "unavailable",
            "service-state": "enabled" if s.is_enabled else "disabled",
            "last-update": lists.time(s.seen_at),
        }
        for s in await services.list_all(ctx)
        if query.get("service") in (None, s.binary) and query.get("zone") in (None, ZONE)
    ]
    return {"hosts": shown}


@routes.get(
    "/os-hosts/{id}",
    policy=policy.MANAGE_HOSTS,
    answer=service_answers.HostLoad,
    errors=(errors.ServiceNotFound,),
)
async def show_host(ctx: Context, id: str) -> dict[str, Any]:
    """How much of all projects, and of each, is on the host."""
    return {
        "host": [
            {
                "resource": {
                    "host": id,
                    "project": load.project,
                    "volume_count": str(load.volumes),
                    "total_volume_gb": str(load.volume_gb),
                    "snapshot_count": str(load.snapshots),
                    "total_snapshot_gb": str(load.snapshot_gb),
                }
            }
            for load in await services.load(ctx, id)
        ]
    }


@routes.put(
    "/os-hosts/{id}",
    policy=policy.MANAGE_HOSTS,
    answer=service_answers.ChangedHost,
    errors=(errors.ServiceNotFound, errors.InvalidField),
)
async def update_host(ctx: Context, id: str, body: HostChange) -> dict[str, Any]:
    """The host takes new volumes, or none."""
    wish = (body.status or "").strip().lower()
    if wish not in ("enable", "disable"):
        raise BadRequest(f"Invalid status: '{(body.status or '')[:80]}'")
    change = services.enable if wish == "enable" else services.disable
    await change(ctx, model.VOLUME, id)
    return {"host": id, "status": f"{wish}d"}


# -- clusters: there are none, since each host answers for itself


class Cluster(Strict):
    name: Name
    binary: Text | UnsetType = UNSET


class DisabledCluster(Cluster):
    disabled_reason: Text | None = None


CLUSTER_FILTERS = {
    "name", "binary", "is_up", "disabled", "num_hosts", "num_down_hosts", "replication_status", "frozen",
    "active_backend_id",
}  # fmt: skip


@routes.get(
    "/clusters",
    policy=policy.LIST_CLUSTERS,
    since="3.7",
    answer=service_answers.Clusters,
    errors=(errors.InvalidInput,),
)
@routes.get(
    "/clusters/detail",
    policy=policy.LIST_CLUSTERS,
    since="3.7",
    answer=service_answers.Clusters,
    errors=(errors.InvalidInput,),
)
async def list_clusters(ctx: Context, query: Query) -> dict[str, Any]:
    """Hosts that stand in for each other: there are none."""
    if unknown := sorted({name for name, _ in query.pairs} - CLUSTER_FILTERS):
        raise errors.InvalidInput(reason=f"Invalid filter keys: {', '.join(unknown)[:200]}")
    return {"clusters": []}


@routes.get("/clusters/{id}", policy=policy.GET_CLUSTER, since="3.7", errors=(errors.ClusterNotFound,))
async def show_cluster(ctx: Context, id: str) -> None:
    """None is there."""
    raise errors.ClusterNotFound(name=id)


@routes.put("/clusters/enable", policy=policy.UPDATE_CLUSTER, since="3.7", errors=(errors.ClusterNotFound,))
async def enable_cluster(ctx: Context, body: Cluster) -> None:
    """None is there."""
    raise errors.ClusterNotFound(name=body.name)


@routes.put("/clusters/disable", policy=policy.UPDATE_CLUSTER, since="3.7", errors=(errors.ClusterNotFound,))
async def disable_cluster(ctx: Context, body: DisabledCluster) -> None:
    """None is there."""
    raise errors.ClusterNotFound(name=body.name)


class CleanUp(Strict):
    """What a service left: nothing, since long work goes on by itself."""

    cluster_name: Text | None = None
    host: Text | None = None
    binary: Text | None = None
    is_up: bool | Text | None = None
    disabled: bool | Text | None = None
    resource_id: Text | None = None
    resource_type: Text | None = None
    service_id: Number | None = None


CLEANABLE = ("Snapshot", "Volume")


@routes.post(
    "/workers/cleanup",
    status=202,
    policy=policy.CLEAN_UP,
    since="3.24",
    answer=service_answers.CleanedUp,
    errors=(errors.InvalidInput, errors.InvalidField),
)
async def clean_up(ctx: Context, body: CleanUp) -> dict[str, Any]:
    """Nothing is left to be cleaned up: what a process that died was doing, another does on."""
    for name in ("is_up", "disabled"):
        fields.truth(getattr(body, name), name)
    kind = body.resource_type.title() if body.resource_type else None
    if kind is not None and kind not in CLEANABLE:
        raise errors.InvalidInput(reason=f"Resource type {kind} not valid, must be {' or '.join(CLEANABLE)}")
    if body.resource_id and not (body.service_id or body.cluster_name or body.host):
        raise errors.InvalidInput(
            reason=f"There is no resource with UUID {body.resource_id} pending cleanup."
        )
    return {"cleaning": [], "unavailable": []}

"""/os-services, /scheduler-stats/get_pools, /os-availability-zone, /extensions and /messages"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.extensions import Extensions
from haneul.kernel.http.routes import Query
from haneul.services.block_storage import policy, versions
from haneul.services.block_storage.api import lists, other_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model import volumes as model
from haneul.services.placement import public as placement

routes = ProjectRoutes()

NAMES = {
    "OS-SCH-HNT": "SchedulerHints",
    "backups": "Backups",
    "cgsnapshots": "Cgsnapshots",
    "consistencygroups": "Consistencygroups",
    "encryption": "VolumeTypeEncryption",
    "os-extended-services": "ExtendedServices",
    "os-snapshot-actions": "SnapshotActions",
    "os-types-manage": "TypesManage",
    "os-vol-mig-status-attr": "VolumeMigStatusAttribute",
    "qos-specs": "Qos_specs_manage",
    "os-types-extra-specs": "TypesExtraSpecs",
    "os-volume-type-access": "VolumeTypeAccess",
    "os-quota-sets": "Quotas",
    "os-quota-class-sets": "QuotaClasses",
    "os-services": "Services",
    "os-availability-zone": "AvailabilityZones",
    "os-used-limits": "UsedLimits",
    "os-volume-actions": "VolumeActions",
    "os-admin-actions": "AdminActions",
    "os-extended-snapshot-attributes": "ExtendedSnapshotAttributes",
    "os-vol-image-meta": "VolumeImageMetadata",
    "os-vol-host-attr": "VolumeHostAttribute",
    "os-vol-tenant-attr": "VolumeTenantAttribute",
    "os-volume-transfer": "VolumeTransfer",
    "scheduler-stats": "Scheduler_stats",
}
EXTENSIONS = Extensions(
    NAMES, "2026-10-01T00:00:00+00:00", missing=lambda alias: NotFound("The resource could not be found.")
)
EXTENSIONS.serve(routes)


@routes.get("/os-services", policy=policy.LIST_SERVICES, answer=other_answers.Services)
async def list_services(ctx: Context, query: Query) -> dict[str, Any]:
    """The scheduler, and the volume service of each host."""
    now = ctx.now()
    services = [_service(ctx, "cinder-scheduler", "haneul", now, is_enabled=True, is_up=True)]
    for host in await placement.hosts(ctx, "volumes"):
        services.append(
            _service(
                ctx,
                "cinder-volume",
                f"{host.name}@{model.BACK_END}",
                host.last_seen_at,
                is_enabled=host.is_enabled,
                is_up=placement.is_up(host, now),
            )
        )
    for name in ("binary", "host"):
        if wanted := query.get(name):
            services = [s for s in services if s[name] == wanted]
    return {"services": services}


def _service(
    ctx: Context, binary: str, host: str, at: Any, *, is_enabled: bool, is_up: bool
) -> dict[str, Any]:
    service = {
        "binary": binary,
        "host": host,
        "zone": model.ZONE,
        "status": "enabled" if is_enabled else "disabled",
        "state": "up" if is_up else "down",
        "updated_at": lists.time(at),
        "disabled_reason": None,
    }
    if ctx.wants(versions.SERVICES_HAVE_CLUSTERS):
        service["cluster"] = None
    if binary == "cinder-volume":
        service |= {"replication_status": "disabled", "active_backend_id": None, "frozen": False}
        if ctx.wants(versions.SERVICES_HAVE_BACKEND_STATES):
            service["backend_state"] = "up" if is_up else "down"
    return service


@routes.get(
    "/scheduler-stats/get_pools", policy=policy.GET_POOLS, transaction=False, answer=other_answers.Pools
)
async def list_pools(ctx: Context, query: Query) -> dict[str, Any]:
    """The pools; with `detail` each host that is up is asked how full it is."""
    async with ctx.in_reading() as reading:
        hosts = await placement.hosts_up(reading, "volumes")
    pools: list[dict[str, Any]] = []
    for host in hosts:
        pool: dict[str, Any] = {"name": model.location(host.name)}
        if query.truth("detail"):
            has = await ctx.agent(host.name, Volumes).capacity()
            pool["capabilities"] = {
                "volume_backend_name": model.BACK_END,
                "vendor_name": "Haneul",
                "driver_version": "1",
                "storage_protocol": "file",
                "total_capacity_gb": has.total_gb,
                "free_capacity_gb": has.free_gb,
                "provisioned_capacity_gb": has.provisioned_gb,
                "thin_provisioning_support": True,
                "multiattach": True,
                "QoS_support": False,
            }
        pools.append(pool)
    return {"pools": pools}


@routes.get("/os-availability-zone", answer=other_answers.Zones)
async def list_zones(ctx: Context) -> dict[str, Any]:
    """The availability zones."""
    return {"availabilityZoneInfo": [{"zoneName": model.ZONE, "zoneState": {"available": True}}]}

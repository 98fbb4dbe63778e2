"""/os-services, /scheduler-stats/get_pools, /os-availability-zone, /extensions and /messages"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http.extensions import Extensions
from haneul.kernel.http.routes import Query
from haneul.services.block_storage import errors, policy, versions
from haneul.services.block_storage.api import service_answers
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.drivers.interface import Volumes
from haneul.services.block_storage.model import volumes as model
from haneul.services.block_storage.model.capabilities import FILE
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
PROPERTIES = {
    "thin_provisioning": ("Thin Provisioning", "Sets thin provisioning."),
    "multiattach": ("Multiattach", "Lets several servers use a volume."),
}
"""What types may ask of a back end."""
EXTENSIONS = Extensions(
    NAMES, "2026-10-01T00:00:00+00:00", missing=lambda alias: NotFound("The resource could not be found.")
)
EXTENSIONS.serve(routes)


@routes.get(
    "/scheduler-stats/get_pools", policy=policy.GET_POOLS, transaction=False, answer=service_answers.Pools
)
async def list_pools(ctx: Context, query: Query) -> dict[str, Any]:
    """The pools; with `detail` each host that is up is asked how full it is."""
    async with ctx.in_reading() as reading:
        hosts = await placement.hosts_up(reading, "volumes")
    pools: list[dict[str, Any]] = []
    if query.get("name") is not None and ctx.wants(versions.POOLS_ARE_FILTERED):
        hosts = [host for host in hosts if model.location(host.name) == query.get("name")]
    for host in hosts:
        pool: dict[str, Any] = {"name": model.location(host.name)}
        if query.truth("detail"):
            has = await ctx.agent(host.name, Volumes).capacity()
            pool["capabilities"] = {
                "volume_backend_name": model.BACK_END,
                "vendor_name": FILE["vendor_name"],
                "driver_version": FILE["driver_version"],
                "storage_protocol": FILE["storage_protocol"],
                "total_capacity_gb": has.total_gb,
                "free_capacity_gb": has.free_gb,
                "provisioned_capacity_gb": has.provisioned_gb,
                "thin_provisioning_support": True,
                "multiattach": True,
                "QoS_support": False,
            }
        pools.append(pool)
    return {"pools": pools}


@routes.get("/os-availability-zone", answer=service_answers.Zones)
async def list_zones(ctx: Context) -> dict[str, Any]:
    """The availability zones."""
    return {"availabilityZoneInfo": [{"zoneName": model.ZONE, "zoneState": {"available": True}}]}


@routes.get(
    "/capabilities/{id}",
    policy=policy.CAPABILITIES,
    answer=service_answers.BackEnd,
    errors=(errors.ServiceNotFound,),
)
async def show_capabilities(ctx: Context, id: str) -> dict[str, Any]:
    """What a back end can do, by its host's name or `host@back end`."""
    names = {h.name for h in await placement.hosts(ctx, "volumes")}
    if id.removesuffix(f"@{model.BACK_END}") not in names:
        raise errors.ServiceNotFound(f"Can't find service: {id}")
    return {
        "namespace": f"OS::Storage::Capabilities::{id}",
        "vendor_name": FILE["vendor_name"],
        "volume_backend_name": model.BACK_END,
        "pool_name": model.POOL,
        "driver_version": FILE["driver_version"],
        "storage_protocol": FILE["storage_protocol"],
        "display_name": None,
        "description": None,
        "visibility": None,
        "replication_targets": [],
        "properties": {
            name: {"title": title, "description": description, "type": "boolean"}
            for name, (title, description) in PROPERTIES.items()
        },
    }

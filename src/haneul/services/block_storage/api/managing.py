"""/manageable_volumes and /manageable_snapshots, and by their older names /os-volume-manage and /os-snapshot-manage"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from haneul.kernel.context import Context
from haneul.kernel.http.bounds import MANY, Text, Words
from haneul.kernel.http.routes import Query
from haneul.kernel.http.schema import Strict, since
from haneul.services.block_storage import errors, policy
from haneul.services.block_storage.api import answers, fields, lists, snapshots
from haneul.services.block_storage.api import managing_answers as manageable
from haneul.services.block_storage.api import volumes as volumes_api
from haneul.services.block_storage.api.paths import ProjectRoutes
from haneul.services.block_storage.model.services import VOLUME
from haneul.services.block_storage.operations import managing, volumes

routes = ProjectRoutes()

SORTABLE = ("reference", "size")
"""By the two that all lists are sorted by at last, these are not: nothing is known of them."""


class ManagedVolume(Strict):
    ref: Words | Text
    host: Text | UnsetType | None = UNSET
    name: Text | None = None
    description: Text | None = None
    volume_type: Text | None = None
    availability_zone: Text | None = None
    metadata: Annotated[dict[Text, Text], MANY] | None = None
    bootable: bool | Text | None = None
    cluster: Annotated[Text | UnsetType | None, since("3.16")] = UNSET


class ManageVolume(Strict):
    volume: ManagedVolume


class ManagedSnapshot(Strict):
    ref: Words | Text | None
    volume_id: Text
    name: Text | None = None
    description: Text | None = None
    metadata: Annotated[dict[Text, Text], MANY] | None = None


class ManageSnapshot(Strict):
    snapshot: ManagedSnapshot


def _reference(ref: dict[str, Any] | str | None) -> str:
    """The name that a reference gives."""
    name = ref.get(managing.SOURCE_NAME) if isinstance(ref, dict) else ref
    if not isinstance(name, str) or not name or len(name) > 255:
        raise errors.InvalidInput(reason=f"Reference must contain {managing.SOURCE_NAME} element.")
    return name


def _host(host: str | UnsetType | None, cluster: str | UnsetType | None) -> str:
    if cluster:
        raise errors.ServiceNotFound(f"Service {VOLUME} could not be found.")
    if not host:
        raise errors.InvalidInput(reason="One and only one of cluster and host must be set.")
    return host


def _declare_volumes(base: str, first: str) -> None:
    @routes.post(
        base,
        status=202,
        policy=policy.MANAGE_VOLUME,
        since=first,
        answer=answers.OneVolume,
        errors=(
            errors.TypeNotFound,
            errors.TypeNameNotFound,
            errors.ServiceNotFound,
            errors.ServiceUnavailable,
            errors.VolumeQuotaExceeded,
            errors.InvalidInput,
            errors.InvalidField,
        ),
    )
    async def manage_volume(ctx: Context, body: ManageVolume) -> dict[str, Any]:
        """What has that name on the host becomes a volume."""
        new = body.volume
        wish = managing.Wish(
            host=_host(new.host, new.cluster),
            reference=_reference(new.ref),
            name=fields.name(new.name),
            description=fields.name(new.description, "description"),
            type=new.volume_type or None,
            zone=new.availability_zone or None,
            metadata=fields.pairs(new.metadata),
            bootable=fields.truth(new.bootable, "bootable"),
        )
        made = await managing.manage_a_volume(ctx, wish)
        return {"volume": (await volumes_api.views(ctx, [made]))[0]}

    @routes.get(
        base,
        policy=policy.LIST_MANAGEABLE,
        since="3.8",
        transaction=False,
        answer=manageable.Volumes,
        errors=(errors.ServiceNotFound, errors.ServiceUnavailable, errors.InvalidInput),
    )
    async def list_manageable_volumes(ctx: Context, query: Query) -> dict[str, Any]:
        """What may become volumes on the host that is asked about."""
        return {"manageable-volumes": await _volumes(ctx, query, is_detailed=False)}

    @routes.get(
        base + "/detail",
        policy=policy.LIST_MANAGEABLE,
        since="3.8",
        transaction=False,
        answer=manageable.VolumesInDetail,
        errors=(errors.ServiceNotFound, errors.ServiceUnavailable, errors.InvalidInput),
    )
    async def list_manageable_volumes_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
        """The same, with what more is known of each."""
        return {"manageable-volumes": await _volumes(ctx, query, is_detailed=True)}


def _declare_snapshots(base: str, first: str) -> None:
    @routes.post(
        base,
        status=202,
        policy=policy.MANAGE_SNAPSHOT,
        since=first,
        answer=answers.OneSnapshotInDetail,
        errors=(
            errors.VolumeNotFound,
            errors.InvalidVolume,
            errors.ServiceNotFound,
            errors.ServiceUnavailable,
            errors.VolumeQuotaExceeded,
            errors.InvalidInput,
            errors.InvalidField,
        ),
    )
    async def manage_snapshot(ctx: Context, body: ManageSnapshot) -> dict[str, Any]:
        """What has that name on the volume's host becomes a snapshot of it."""
        new = body.snapshot
        volume = await volumes.show(ctx, fields.uuid(new.volume_id, "volume_id"))
        ctx.authorize(policy.MANAGE_SNAPSHOT, volume)
        made = await managing.manage_a_snapshot(
            ctx,
            volume,
            _reference(new.ref),
            name=fields.name(new.name),
            description=fields.name(new.description, "description"),
            metadata=fields.pairs(new.metadata),
        )
        return {"snapshot": snapshots.view(ctx, made, is_detailed=True)}

    @routes.get(
        base,
        policy=policy.LIST_MANAGEABLE_SNAPSHOTS,
        since="3.8",
        transaction=False,
        answer=manageable.Snapshots,
        errors=(errors.ServiceNotFound, errors.ServiceUnavailable, errors.InvalidInput),
    )
    async def list_manageable_snapshots(ctx: Context, query: Query) -> dict[str, Any]:
        """What may become snapshots on the host that is asked about."""
        return {"manageable-snapshots": await _snapshots(ctx, query, is_detailed=False)}

    @routes.get(
        base + "/detail",
        policy=policy.LIST_MANAGEABLE_SNAPSHOTS,
        since="3.8",
        transaction=False,
        answer=manageable.SnapshotsInDetail,
        errors=(errors.ServiceNotFound, errors.ServiceUnavailable, errors.InvalidInput),
    )
    async def list_manageable_snapshots_in_detail(ctx: Context, query: Query) -> dict[str, Any]:
        """The same, with what more is known of each."""
        return {"manageable-snapshots": await _snapshots(ctx, query, is_detailed=True)}


_declare_volumes("/os-volume-manage", "3.0")
_declare_volumes("/manageable_volumes", "3.8")
_declare_snapshots("/os-snapshot-manage", "3.0")
_declare_snapshots("/manageable_snapshots", "3.8")


async def _volumes(ctx: Context, query: Query, *, is_detailed: bool) -> list[dict[str, Any]]:
    beside = await managing.volumes_beside(ctx, _host(query.get("host"), query.get("cluster")))
    return [_view(each, is_detailed=is_detailed) for each in _page(beside, query)]


async def _snapshots(ctx: Context, query: Query, *, is_detailed: bool) -> list[dict[str, Any]]:
    beside = await managing.snapshots_beside(ctx, _host(query.get("host"), query.get("cluster")))
    return [_view(each, is_detailed=is_detailed) | {"source_reference": {}} for each in _page(beside, query)]


def _page(beside: list[managing.Manageable], query: Query) -> list[managing.Manageable]:
    """So many of them as are asked for, in that order."""
    page = lists.paging(query, {name: name for name in (*SORTABLE, "created_at", "id")})
    for key in reversed([s for s in page.sort if s.field in SORTABLE]):
        beside = sorted(
            beside, key=lambda m: m.size_gb if key.field == "size" else m.name, reverse=key.descending
        )
    names = [each.name for each in beside]
    start = names.index(page.marker) + 1 if page.marker in names else 0
    return beside[start + page.offset : start + page.offset + page.limit]


def _view(each: managing.Manageable, *, is_detailed: bool) -> dict[str, Any]:
    view: dict[str, Any] = {
        "reference": {managing.SOURCE_NAME: each.name},
        "size": each.size_gb,
        "safe_to_manage": True,
    }
    if is_detailed:
        view |= {"reason_not_safe": None, "cinder_id": None, "extra_info": None}
    return view

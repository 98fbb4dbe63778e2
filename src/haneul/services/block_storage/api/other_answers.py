"""What block storage answers of volume types, quotas, back ends and the service itself."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since


class VolumeType(Answer):
    id: str
    name: str
    description: str | None
    is_public: bool
    access_is_public: bool | UnsetType = field(name="os-volume-type-access:is_public", default=UNSET)
    """Not in the answer to a change."""
    extra_specs: dict[str, str]
    qos_specs_id: str | UnsetType | None = UNSET
    """For administrators, and not in the answers to a creation and a change."""


class OneVolumeType(Answer):
    volume_type: VolumeType


class VolumeTypes(Answer):
    volume_types: list[VolumeType]
    volume_types_links: list[Link] | UnsetType = UNSET


class NoEncryption(Answer):
    """Volumes are not encrypted: there is nothing to say of how."""


class ExtraSpecs(Answer):
    extra_specs: dict[str, str | None]


OneExtraSpec = dict[str, str]
"""The one value, by its key."""


class TypeAccess(Answer):
    volume_type_id: str
    project_id: str


class TypeAccessList(Answer):
    volume_type_access: list[TypeAccess]


class Quotas(Answer):
    volumes: int
    gigabytes: int
    snapshots: int
    per_volume_gigabytes: int
    backups: int
    backup_gigabytes: int
    groups: int


class QuotaUse(Answer):
    limit: int
    in_use: int
    reserved: int


class QuotasOfProject(Answer):
    """Limits, or with `usage` also what there is of each."""

    id: str
    volumes: int | QuotaUse
    gigabytes: int | QuotaUse
    snapshots: int | QuotaUse
    per_volume_gigabytes: int | QuotaUse
    backups: int | QuotaUse
    backup_gigabytes: int | QuotaUse
    groups: int | QuotaUse


class QuotasOfClass(Quotas):
    id: str


class QuotaSet(Answer):
    quota_set: Quotas


class QuotaSetOfProject(Answer):
    quota_set: QuotasOfProject


class QuotaClassSet(Answer):
    quota_class_set: Quotas


class NamedQuotaClassSet(Answer):
    quota_class_set: QuotasOfClass


class AbsoluteLimits(Answer):
    max_volumes: int = field(name="maxTotalVolumes")
    max_volume_gigabytes: int = field(name="maxTotalVolumeGigabytes")
    max_snapshots: int = field(name="maxTotalSnapshots")
    max_backups: int = field(name="maxTotalBackups")
    max_backup_gigabytes: int = field(name="maxTotalBackupGigabytes")
    volumes_used: int = field(name="totalVolumesUsed")
    gigabytes_used: int = field(name="totalGigabytesUsed")
    snapshots_used: int = field(name="totalSnapshotsUsed")
    backups_used: int = field(name="totalBackupsUsed")
    backup_gigabytes_used: int = field(name="totalBackupGigabytesUsed")


class Limits(Answer):
    """Nothing limits how often one may ask: `rate` is empty."""

    rate: list[Any]
    absolute: AbsoluteLimits


class LimitsAnswer(Answer):
    limits: Limits


class Service(Answer):
    binary: str
    host: str
    zone: str
    status: str
    state: str
    updated_at: str | None
    disabled_reason: str | None
    cluster: Annotated[str | None, since("3.7")]
    replication_status: str | UnsetType = UNSET
    """Of those that keep volumes, like the three below."""
    active_backend_id: str | UnsetType | None = UNSET
    frozen: bool | UnsetType = UNSET
    backend_state: Annotated[str | UnsetType, since("3.49")] = UNSET


class Services(Answer):
    services: list[Service]


class Capabilities(Answer):
    volume_backend_name: str
    vendor_name: str
    driver_version: str
    storage_protocol: str
    total_capacity_gb: float
    free_capacity_gb: float
    provisioned_capacity_gb: float
    thin_provisioning_support: bool
    multiattach: bool
    qos_support: bool = field(name="QoS_support")


class Pool(Answer):
    name: str
    capabilities: Capabilities | UnsetType = UNSET
    """With `detail`."""


class Pools(Answer):
    pools: list[Pool]


class ZoneState(Answer):
    available: bool


class Zone(Answer):
    zone_name: str = field(name="zoneName")
    zone_state: ZoneState = field(name="zoneState")


class Zones(Answer):
    zones: list[Zone] = field(name="availabilityZoneInfo")


class Message(Answer):
    id: str
    event_id: str
    user_message: str
    message_level: str
    created_at: str
    guaranteed_until: str
    request_id: str | None
    resource_type: str
    resource_uuid: str
    links: list[Link]


class OneMessage(Answer):
    message: Message


class Messages(Answer):
    messages: list[Message]
    messages_links: list[Link] | UnsetType = UNSET


class ResourceFilter(Answer):
    resource: str
    filters: list[str]


class ResourceFilters(Answer):
    resource_filters: list[ResourceFilter]


NothingYet = dict[str, list[Any]]
"""The name of a kind of thing that is not there yet, with no things."""

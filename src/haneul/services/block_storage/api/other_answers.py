"""What block storage answers of volume types, quotas, messages and filters."""

from __future__ import annotations

from typing import Any

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType


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


class TypeEncryption(Answer):
    """How a type's volumes are encrypted; nothing if they are not."""

    volume_type_id: str | UnsetType = UNSET
    encryption_id: str | UnsetType = UNSET
    provider: str | UnsetType = UNSET
    control_location: str | UnsetType = UNSET
    cipher: str | UnsetType | None = UNSET
    key_size: int | UnsetType | None = UNSET
    created_at: str | UnsetType = UNSET
    updated_at: str | UnsetType | None = UNSET
    deleted_at: str | UnsetType | None = UNSET
    deleted: bool | UnsetType = UNSET


EncryptionValue = dict[str, str | int | bool | None]
"""One value, by its key."""


class OneTypeEncryption(Answer):
    """What was sent; after a creation also whose it is."""

    encryption: dict[str, str | int | None]


class DefaultType(Answer):
    project_id: str
    volume_type_id: str


class OneDefaultType(Answer):
    default_type: DefaultType


class DefaultTypes(Answer):
    default_types: list[DefaultType]


class QosSpecs(Answer):
    id: str
    name: str
    consumer: str
    specs: dict[str, str]


class OneQosSpecs(Answer):
    qos_specs: QosSpecs
    links: list[Link]


class QosSpecsPage(Answer):
    qos_specs: list[QosSpecs]
    qos_specs_links: list[Link] | UnsetType = UNSET


class SetQosSpecs(Answer):
    """What was sent."""

    qos_specs: dict[str, str | None]


class QosAssociation(Answer):
    association_type: str
    name: str
    id: str


class QosAssociations(Answer):
    qos_associations: list[QosAssociation]


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

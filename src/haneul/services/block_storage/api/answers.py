"""What block storage answers, as every version of it shows it: volumes and what hangs on them.

A field that only administrators see, or that only some things have, may be missing.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from haneul.kernel.http import UNSET, Answer, Link, UnsetType, since


class VolumeAttachment(Answer):
    """As a volume shows it."""

    id: str
    attachment_id: str
    volume_id: str
    server_id: str | None
    host_name: str | None
    device: str | None
    attached_at: str | None


class Volume(Answer):
    id: str
    status: str
    size: int
    availability_zone: str
    created_at: str
    updated_at: str | None
    name: str | None
    description: str | None
    volume_type: str | None
    snapshot_id: str | None
    source_volid: str | None
    metadata: dict[str, str]
    links: list[Link]
    user_id: str
    bootable: str
    encrypted: bool
    replication_status: str | None
    consistencygroup_id: str | None
    multiattach: bool
    attachments: list[VolumeAttachment]
    migration_status: str | UnsetType | None = UNSET
    """For administrators."""
    group_id: Annotated[str | None, since("3.13")]
    provider_id: Annotated[str | UnsetType | None, since("3.21")] = UNSET
    shared_targets: Annotated[bool, since("3.48")]
    service_uuid: Annotated[str | None, since("3.48")]
    cluster_name: Annotated[str | UnsetType | None, since("3.61")] = UNSET
    volume_type_id: Annotated[str, since("3.63")]
    consumes_quota: Annotated[bool, since("3.65")]


class ReadVolume(Volume):
    """A volume that is read, with what the API's extensions add."""

    project_id: str = field(name="os-vol-tenant-attr:tenant_id")
    volume_image_metadata: dict[str, str] | UnsetType = UNSET
    host: str | UnsetType | None = field(name="os-vol-host-attr:host", default=UNSET)
    migstat: str | UnsetType | None = field(name="os-vol-mig-status-attr:migstat", default=UNSET)
    name_id: str | UnsetType | None = field(name="os-vol-mig-status-attr:name_id", default=UNSET)


class OneVolume(Answer):
    volume: Volume


class OneReadVolume(Answer):
    volume: ReadVolume


class EncryptionKey(Answer):
    encryption_key_id: str | None


class VolumeName(Answer):
    id: str
    name: str | None
    links: list[Link]


class VolumePage(Answer):
    volumes_links: list[Link] | UnsetType = UNSET
    count: Annotated[int | UnsetType, since("3.45")] = UNSET


class Volumes(VolumePage):
    volumes: list[VolumeName]


class VolumesInDetail(VolumePage):
    volumes: list[ReadVolume]


class Summary(Answer):
    total_size: int
    total_count: int
    metadata: Annotated[dict[str, list[str]], since("3.36")]


class VolumeSummary(Answer):
    summary: Summary = field(name="volume-summary")


class TypeOfUpload(Answer):
    """The volume's type as the upload of an image names it."""

    id: str
    name: str
    description: str | None
    is_public: bool
    extra_specs: dict[str, str]
    qos_specs_id: str | None
    created_at: str | None
    updated_at: str | None
    deleted_at: str | None
    deleted: bool


class Upload(Answer):
    """An image that is made of a volume."""

    id: str
    updated_at: str | None
    status: str
    display_description: str | None
    size: int
    volume_type: TypeOfUpload
    image_id: str
    container_format: str
    disk_format: str
    image_name: str
    visibility: str
    protected: bool


class OneUpload(Answer):
    upload: Upload = field(name="os-volume_upload_image")


class Connection(Answer):
    """How a host outside of this cloud reaches the volume."""

    volume_id: str
    host: str | None
    access_mode: str
    encrypted: bool
    qos_specs: dict[str, str] | None


class ConnectionInfo(Answer):
    driver_volume_type: str
    data: Connection


class OneConnection(Answer):
    connection_info: ConnectionInfo


class Snapshot(Answer):
    id: str
    created_at: str
    updated_at: str | None
    name: str | None
    description: str | None
    volume_id: str
    status: str
    size: int
    metadata: dict[str, str]
    group_snapshot_id: Annotated[str | None, since("3.14")]
    user_id: Annotated[str, since("3.41")]
    consumes_quota: Annotated[bool, since("3.65")]


class SnapshotInDetail(Snapshot):
    progress: str = field(name="os-extended-snapshot-attributes:progress")
    project_id: str = field(name="os-extended-snapshot-attributes:project_id")


class OneSnapshot(Answer):
    snapshot: Snapshot


class OneSnapshotInDetail(Answer):
    snapshot: SnapshotInDetail


class SnapshotPage(Answer):
    snapshots_links: list[Link] | UnsetType = UNSET
    count: Annotated[int | UnsetType, since("3.45")] = UNSET


class Snapshots(SnapshotPage):
    snapshots: list[Snapshot]


class SnapshotsInDetail(SnapshotPage):
    snapshots: list[SnapshotInDetail]


class Metadata(Answer):
    metadata: dict[str, str]


class OneMetadata(Answer):
    """One pair."""

    meta: dict[str, str]


class AttachmentName(Answer):
    id: str
    status: str
    instance: str | None
    volume_id: str


class Attachment(AttachmentName):
    attached_at: str
    detached_at: str
    attach_mode: str | None
    connection_info: dict[str, str | bool | None]


class OneAttachment(Answer):
    attachment: Attachment


class Attachments(Answer):
    attachments: list[AttachmentName]
    attachments_links: list[Link] | UnsetType = UNSET


class AttachmentsInDetail(Answer):
    attachments: list[Attachment]
    attachments_links: list[Link] | UnsetType = UNSET


class TransferName(Answer):
    id: str
    volume_id: str
    name: str | None
    links: list[Link]


class Transfer(TransferName):
    created_at: str
    no_snapshots: Annotated[bool, since("3.55")]
    source_project_id: Annotated[str, since("3.57")]
    destination_project_id: Annotated[str | None, since("3.57")]
    accepted: Annotated[bool, since("3.57")]


class NewTransfer(Transfer):
    """With the key that its taker has to give: it is shown once."""

    auth_key: str


class OneTransferName(Answer):
    transfer: TransferName


class OneTransfer(Answer):
    transfer: Transfer


class OneNewTransfer(Answer):
    transfer: NewTransfer


class Transfers(Answer):
    transfers: list[TransferName]


class TransfersInDetail(Answer):
    transfers: list[Transfer]

"""What can go wrong in block storage, in the words that its clients know."""

from __future__ import annotations

from typing import Any

from haneul.kernel.errors import BadRequest, Conflict, NotFound, QuotaExceeded, Unavailable


class VolumeNotFound(NotFound):
    code, message = "block_storage.volume_not_found", "Volume {id} could not be found."


class SnapshotNotFound(NotFound):
    code, message = "block_storage.snapshot_not_found", "Snapshot {id} could not be found."


class TypeNotFound(NotFound):
    code, message = "block_storage.type_not_found", "Volume type {id} could not be found."


class TypeNameNotFound(NotFound):
    code = "block_storage.type_name_not_found"
    message = "Volume type with name {id} could not be found."


class TypeEncryptionNotFound(NotFound):
    code = "block_storage.type_encryption_not_found"
    message = "Volume type encryption for type {type_id} does not exist."


class TypeEncryptionExists(BadRequest):
    code = "block_storage.type_encryption_exists"
    message = "Volume type encryption for type {type_id} already exists."


class TypeEncryptionInUse(BadRequest):
    code = "block_storage.type_encryption_in_use"
    message = "Cannot {action} encryption specs. Volume type in use."


class DefaultTypeNotFound(NotFound):
    code = "block_storage.default_type_not_found"
    message = "Default type for project {project_id} not found."


class QosSpecsNotFound(NotFound):
    code, message = "block_storage.qos_specs_not_found", "No such QoS spec {id}."


class QosKeyNotFound(NotFound):
    code = "block_storage.qos_key_not_found"
    message = "QoS spec {id} has no spec with key {key}."


class InvalidQosSpecs(BadRequest):
    code, message = "block_storage.invalid_qos_specs", "Invalid qos specs: {reason}"


class QosSpecsInUse(BadRequest):
    code, message = "block_storage.qos_specs_in_use", "Qos specs still in use."


class ServiceNotFound(NotFound):
    code, message = "block_storage.service_not_found", "Service {name} could not be found on host {host}."


class ClusterNotFound(NotFound):
    code = "block_storage.cluster_not_found"
    message = "Cluster {name} could not be found."


class ExtraSpecNotFound(NotFound):
    code = "block_storage.extra_spec_not_found"
    message = "Volume Type {type_id} has no extra specs with key {key}."


class AccessNotFound(NotFound):
    code = "block_storage.type_access_not_found"
    message = "Volume type access not found for {type_id} / {project_id} combination."


class MetadataNotFound(NotFound):
    code = "block_storage.metadata_not_found"
    message = "{what} {id} has no metadata with key {key}."


class AttachmentNotFound(NotFound):
    code = "block_storage.attachment_not_found"
    message = "Volume attachment could not be found with filter: attachment_id = {id}."


class TransferNotFound(NotFound):
    code, message = "block_storage.transfer_not_found", "Transfer {id} could not be found."


class WrongKey(BadRequest):
    code = "block_storage.wrong_key"
    message = "Invalid auth key: Attempt to transfer {id} with invalid auth key."


class GroupNotFound(NotFound):
    code, message = "block_storage.group_not_found", "Group {id} could not be found."


class GroupSnapshotNotFound(NotFound):
    code, message = "block_storage.group_snapshot_not_found", "GroupSnapshot {id} could not be found."


class GroupTypeNotFound(NotFound):
    code, message = "block_storage.group_type_not_found", "Group type {id} could not be found."


class GroupTypeNameNotFound(NotFound):
    code = "block_storage.group_type_name_not_found"
    message = "Group type with name {id} could not be found."


class GroupSpecNotFound(NotFound):
    code = "block_storage.group_spec_not_found"
    message = "Group Type {type_id} has no specs with key {key}."


class BackupNotFound(NotFound):
    code, message = "block_storage.backup_not_found", "Backup {id} could not be found."


class InvalidBackup(BadRequest):
    code, message = "block_storage.invalid_backup", "Invalid backup: {reason}"


class InvalidGroup(BadRequest):
    code, message = "block_storage.invalid_group", "Invalid Group: {reason}"


class InvalidGroupType(BadRequest):
    code, message = "block_storage.invalid_group_type", "Invalid group type: {reason}"


class InvalidGroupSnapshot(BadRequest):
    code, message = "block_storage.invalid_group_snapshot", "Invalid GroupSnapshot: {reason}"


class GroupTypeInUse(BadRequest):
    code, message = "block_storage.group_type_in_use", "Target group type is still in use."


class ReservedGroupType(BadRequest):
    code = "block_storage.reserved_group_type"
    message = (
        "Group_type {id} is reserved for migrating CGs to groups. "
        "Migrated group can only be operated by CG APIs."
    )


class NoBackupService(Unavailable):
    code = "block_storage.no_backup_service"
    message = "Service cinder-backup could not be found."


class ServiceUnavailable(BadRequest):
    """The service on that host is down, or disabled: upstream says that the request is at fault."""

    code, message = "block_storage.service_unavailable", "Service is unavailable at this time."


class InvalidHost(BadRequest):
    code, message = "block_storage.invalid_host", "Invalid host: {reason}"


class NotRevertable(Conflict):
    code = "block_storage.not_revertable"
    message = "Can't revert volume {volume_id} to its latest snapshot {snapshot_id}. {reason}"


class ManyAttachments(Conflict):
    code = "block_storage.many_attachments"
    message = "Cannot re-image a volume which is attached to more than one server."


class MessageNotFound(NotFound):
    code, message = "block_storage.message_not_found", "Message {id} could not be found."


class InvalidVolume(BadRequest):
    code, message = "block_storage.invalid_volume", "Invalid volume: {reason}"


class InvalidSnapshot(BadRequest):
    code, message = "block_storage.invalid_snapshot", "Invalid snapshot: {reason}"


class InvalidInput(BadRequest):
    code, message = "block_storage.invalid_input", "Invalid input received: {reason}"


class InvalidType(BadRequest):
    code, message = "block_storage.invalid_type", "Invalid volume type: {reason}"


class TypeSpecsInUse(BadRequest):
    """Volumes are where they are because of what their type said."""

    code, message = "block_storage.type_specs_in_use", "Volume Type is currently in use."


class TypeInUse(BadRequest):
    code = "block_storage.type_in_use"
    message = "Volume Type {id} deletion is not allowed with volumes present with the type."


class InvalidField(BadRequest):
    """A value that the API's schema does not allow; the field and the value are named."""

    code = "block_storage.invalid_field"
    message = "Invalid input for field/attribute {field}. Value: {value}. {why}"


class UnknownQuotas(BadRequest):
    code = "block_storage.unknown_quotas"
    message = "Invalid input received: Bad key(s) in {what}: {names}"


class MalformedUrl(BadRequest):
    code, message = "block_storage.malformed_url", "Malformed request url"


class TypeExists(Conflict):
    code, message = "block_storage.type_exists", "Volume Type {name} already exists."


class QosSpecsExist(Conflict):
    code, message = "block_storage.qos_specs_exist", "QoS Specs {name} already exists."


class GroupTypeExists(Conflict):
    code, message = "block_storage.group_type_exists", "Group Type {name} already exists."


class AccessExists(Conflict):
    code = "block_storage.type_access_exists"
    message = "Volume type access for {type_id} / {project_id} combination already exists."


class ConflictNovaUsingAttachment(Conflict):
    """The attachment is compute's: it goes when the server lets the volume go."""

    code = "block_storage.attachment_in_use_by_compute"
    message = "Detach volume from instance {server_id} using the Compute API"


class NoBackEnd(BadRequest):
    """No host has room for the volume, or none is up."""

    code = "block_storage.no_back_end"
    message = "No valid backend was found. {reason}"


class VolumeQuotaExceeded(QuotaExceeded):
    """A quota of block storage, in the words of the one that ran out."""

    status = 413
    code = "block_storage.quota_exceeded"

    def __init__(self, text: str | None = None, **details: Any) -> None:
        super().__init__(text or _over_limit(**details), **details)


def _over_limit(*, resource: str, requested: int, used: int, limit: int) -> str:
    if resource == "gigabytes":
        return (
            "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. "
            f"Requested {requested}G, quota is {limit}G and {used}G has been consumed."
        )
    if resource == "per_volume_gigabytes":
        return (
            f"VolumeSizeExceedsLimit: Requested volume size {requested}G is larger than maximum allowed "
            f"limit {limit}G."
        )
    if resource == "backup_gigabytes":
        return (
            "VolumeBackupSizeExceedsAvailableQuota: Requested backup exceeds allowed Backup gigabytes quota. "
            f"Requested {requested}G, quota is {limit}G and {used}G has been consumed."
        )
    if resource == "groups":
        return f"GroupLimitExceeded: Maximum number of groups allowed ({limit}) exceeded"
    if resource == "backups":
        return f"BackupLimitExceeded: Maximum number of backups allowed ({limit}) exceeded"
    name = {"volumes": "VolumeLimitExceeded", "snapshots": "SnapshotLimitExceeded"}[resource]
    return f"{name}: Maximum number of {resource} allowed ({limit}) exceeded for quota '{resource}'."

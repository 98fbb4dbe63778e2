"""What can go wrong with images."""

from __future__ import annotations

from haneul.kernel.errors import (
    BadRequest,
    Conflict,
    DriverError,
    Forbidden,
    HaneulError,
    NotFound,
    QuotaExceeded,
    Unavailable,
)


class ImageNotFound(NotFound):
    code, message = "image.not_found", "No image found with ID {image_id}"


class MemberNotFound(NotFound):
    code = "image.member_not_found"
    message = "{member_id} not found in the member list of the image {image_id}."


class TagNotFound(NotFound):
    code, message = "image.tag_not_found", "Image {image_id} has no tag {tag}."


class InvalidImage(BadRequest):
    code, message = "image.invalid", "{why}"


class ImageExists(Conflict):
    code, message = "image.exists", "Image ID {image_id} already exists!"


class MemberExists(Conflict):
    code, message = "image.member_exists", "Member {member_id} is duplicated for image {image_id}"


class WrongStatus(Conflict):
    code = "image.wrong_status"
    message = "Image status transition from {current} to {wanted} is not allowed"


class NotSwitchable(BadRequest):
    """Deactivating and reactivating say 400 where uploading says 409, as the real service does."""

    code = "image.not_switchable"
    message = "Image status transition from {current} to {wanted} is not allowed"


class NoSuchProperty(Conflict):
    code, message = "image.no_such_property", "Property {name} does not exist."


class PropertyExists(Conflict):
    code, message = "image.property_exists", "Property {name} already present."


class ReadOnlyAttribute(Forbidden):
    code, message = "image.read_only_attribute", "Attribute '{name}' is read-only."


class ReservedAttribute(Forbidden):
    code, message = "image.reserved_attribute", "Attribute '{name}' is reserved."


class NotRemovable(Forbidden):
    code, message = "image.not_removable", "Property {name} may not be removed."


class Protected(Forbidden):
    code, message = "image.protected", "Image {image_id} is protected and cannot be deleted."


class Deactivated(Forbidden):
    code = "image.deactivated"
    message = "The requested image has been deactivated. Image data download is forbidden."


class NotAllowed(Forbidden):
    code, message = "image.not_allowed", "{why}"


class NamespaceNotFound(NotFound):
    code, message = "image.namespace_not_found", "Metadata definition namespace={name} was not found."


class NamespaceExists(Conflict):
    code, message = "image.namespace_exists", "The metadata definition namespace={name} already exists."


class DefinitionNotFound(NotFound):
    code, message = "image.definition_not_found", "The metadata definition was not found."


class DefinitionExists(Conflict):
    code, message = "image.definition_exists", "The metadata definition exists already."


class DefinitionProtected(Forbidden):
    code = "image.definition_protected"
    message = "Metadata definition {what} {name} is protected and cannot be deleted."


def definition_exists(kind: str, name: str, namespace: str) -> DefinitionExists:
    if kind == "tag":
        return DefinitionExists(
            f"A metadata tag with name={name} already exists in namespace={namespace}. (Please note that "
            "metadata tag names are case insensitive)."
        )
    if kind == "resource type":
        return DefinitionExists(
            f"The metadata definition resource-type association of resource-type={name} to "
            f"namespace={namespace} already exists."
        )
    return DefinitionExists(
        f"A metadata definition {kind} with name={name} already exists in namespace={namespace}."
    )


class DeletedMeanwhile(HaneulError):
    status, code = 410, "image.deleted_meanwhile"
    message = (
        "Image {image_id} could not be found after upload. The image may have been deleted during the "
        "upload, cleaning up the chunks uploaded."
    )


class ImageTooLarge(HaneulError):
    status, code = 413, "image.too_large"
    message = "The incoming image is too large: it may have {limit} bytes at most."


class TooMany(HaneulError):
    """More tags, properties or members than an image may have."""

    status, code = 413, "image.too_many"
    message = "Image {what} limit exceeded: attempted {attempted}, maximum {limit}."


class LimitExceeded(QuotaExceeded):
    """A project would have more of images than it may."""

    status, code = 413, "image.limit_exceeded"
    message = "Resource {resource} is over limit of {limit} due to current usage {used} and delta {requested}"


class ProtectionsUnreadable(Unavailable):
    """The operator's file of protected properties cannot be used; better no answer than an unprotected one."""

    code, message = "image.protections_unreadable", "The protections of properties cannot be read: {why}"


class SignatureWrong(BadRequest):
    code, message = "image.signature_wrong", "{why}"


class StorageFull(HaneulError):
    status, code, message = 413, "image.storage_full", "Image storage media is full."


class DataRefused(HaneulError):
    """What was uploaded is not what was declared, or not safe."""

    status, code, message = 415, "image.data_refused", "{why}"


class UploadTruncated(BadRequest):
    code, message = "image.upload_truncated", "The upload ended before all of its data had arrived."


class RangeNotSatisfiable(HaneulError):
    status, code = 416, "image.range_not_satisfiable"
    message = "The requested range {wanted} cannot be satisfied: the image has {size} bytes."


class UnknownStore(Conflict):
    """A store that is named but not configured, when importing or deleting."""

    code = "image.unknown_store"
    message = "Store for identifier {store} not found"


class DataMissing(Unavailable):
    code = "image.data_missing"
    message = "No store that has the data of image {image_id} answers."


class NotImportable(Conflict):
    code, message = "image.not_importable", "{why}"


class BadImport(BadRequest):
    code, message = "image.bad_import", "{why}"


class UriRefused(BadRequest):
    code, message = "image.uri_refused", "URI for web-download does not pass filtering: {uri}"


class DownloadFailed(DriverError):
    """What was to be fetched could not be."""

    code, message = "image.download_failed", "{why}"


class TaskNotFound(NotFound):
    code, message = "image.task_not_found", "No task found with ID {task_id}"


class OnlyCopy(Forbidden):
    code = "image.only_copy"
    message = (
        "Cannot delete image data from the only store containing it. Consider deleting the image instead."
    )


class ImageInUse(Conflict):
    """A store cannot give up the data, because others than this service use it there."""

    code = "image.in_use"
    message = (
        "{what} {image_id} could not be deleted because it is in use: The image cannot be deleted because it "
        "is in use through the backend store outside of Glance."
    )


class StoreUnavailable(Unavailable):
    code, message = "image.store_unavailable", "The store {store} could not take the data: {why}"


class NotInStore(NotFound):
    code = "image.not_in_store"
    message = "Image {image_id} is not stored in store {store}."

"""What can go wrong in object storage.

Most refusals are a page that says no more than their status; one whose text a client is to read is a `Said`.
"""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, Conflict, Forbidden, HaneulError, NotFound, TooLarge


class AccountNotFound(NotFound):
    code, message = "object_storage.account_not_found", "There is no account {account}."


class ContainerNotFound(NotFound):
    code, message = "object_storage.container_not_found", "There is no container {container}."


class ObjectNotFound(NotFound):
    code, message = "object_storage.object_not_found", "There is no object {name}."


class ContainerNotEmpty(Conflict):
    code, message = "object_storage.container_not_empty", "The container {container} holds objects."


class BadName(HaneulError):
    """The path names nothing that could be there."""

    status, code, message = 412, "object_storage.bad_name", "{reason}"


class PreconditionFailed(HaneulError):
    status, code = 412, "object_storage.precondition_failed"
    message = "A precondition for this request was not met."


class BadHeader(BadRequest):
    code, message = "object_storage.bad_header", "{reason}"


class LengthRequired(HaneulError):
    status, code, message = 411, "object_storage.length_required", "Missing Content-Length header."


class ObjectTooLarge(TooLarge):
    code, message = "object_storage.object_too_large", "Your request is too large."


class QuotaReached(TooLarge):
    code, message = "object_storage.quota_reached", "Upload exceeds quota."


class WrongChecksum(HaneulError):
    status, code = 422, "object_storage.wrong_checksum"
    message = "What arrived has the checksum {computed}, not {expected}."


class FormatNotAcceptable(HaneulError):
    status, code, message = 406, "object_storage.format_not_acceptable", "A list has no such format."


class WrongListQuery(HaneulError):
    status, code, message = 412, "object_storage.wrong_list_query", "{reason}"


class NotForOwners(Forbidden):
    """Only who manages all accounts may say this."""

    code, message = "object_storage.not_for_owners", "The header {header} is set by who manages all accounts."


class DataMissing(HaneulError):
    """What the row promises is not in the store of data."""

    status, code, message = 503, "object_storage.data_missing", "The data of the object cannot be read."


class BadManifest(BadRequest):
    code, message = "object_storage.bad_manifest", "{reason}"


class TooManySegments(TooLarge):
    code, message = "object_storage.too_many_segments", "Number of segments must be <= {most}"


class SegmentsChanged(Conflict):
    """What a manifest names is not there any more, or is something else."""

    code, message = "object_storage.segments_changed", "A segment of the object is missing or was changed."


class TooManyLinks(Conflict):
    code = "object_storage.too_many_links"
    message = "Too many levels of symbolic links, maximum allowed is {most}"


class LinkChanged(Conflict):
    code = "object_storage.link_changed"
    message = "Object Etag {etag!r} does not match X-Symlink-Target-Etag header {expected!r}"

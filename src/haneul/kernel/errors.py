"""What can go wrong, said once: each class gives the status, a stable code and the message.

Each API's own fault envelope is made from these at the edge (`kernel/http/faults.py`); below it nobody
knows about HTTP beyond the status that the class carries.
"""

from __future__ import annotations

from typing import Any, ClassVar


class HaneulError(Exception):
    """Base of everything that is somebody's business to hear.

    `message` is a format string; the keyword arguments fill it and stay readable in `details`.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    message: ClassVar[str] = "The request could not be carried out."

    def __init__(self, text: str | None = None, **details: Any) -> None:
        self.details = details
        self.text = text if text is not None else self.message.format(**details)
        super().__init__(self.text)


class BadRequest(HaneulError):
    status, code, message = 400, "bad_request", "The request is malformed."


class Unauthorized(HaneulError):
    status, code = 401, "unauthorized"
    message = "The request you have made requires authentication."


class Forbidden(HaneulError):
    status, code = 403, "forbidden"
    message = "You are not authorized to perform the requested action: {action}."


class NotFound(HaneulError):
    status, code, message = 404, "not_found", "The resource could not be found."


class MethodNotAllowed(HaneulError):
    status, code, message = 405, "method_not_allowed", "The method is not allowed for this resource."


class NotAcceptable(HaneulError):
    status, code, message = 406, "not_acceptable", "Version {version} is not supported by the API."


class Conflict(HaneulError):
    status, code, message = 409, "conflict", "The request conflicts with the state of the resource."


class StaleRow(Conflict):
    """Somebody else wrote the row since it was read; whoever reads again may win."""

    code, message = "stale_row", "{what} was changed by another request; read it again."


class TooLarge(HaneulError):
    status, code, message = 413, "too_large", "The request body is larger than {limit} bytes."


class UnsupportedMediaType(HaneulError):
    status, code, message = (
        415,
        "unsupported_media_type",
        "The content type {content_type} is not supported here.",
    )


class TooManyRequests(HaneulError):
    status, code, message = 429, "too_many_requests", "Too many requests; try again in {retry_after_s} s."


class QuotaExceeded(HaneulError):
    """`resource`, `requested`, `used` and `limit` say by how much."""

    status, code = 403, "quota_exceeded"
    message = (
        "Quota exceeded for {resource}: Requested {requested}, but already used {used} of {limit} {resource}"
    )


class NotImplementedHere(HaneulError):
    status, code, message = 501, "not_implemented", "The server does not support the operation."


class Unavailable(HaneulError):
    status, code, message = 503, "unavailable", "The service is unavailable; try again later."


class StoreFull(HaneulError):
    """Nothing was changed. What is deleted makes room."""

    status, code = 507, "store_full"
    message = "There is no room left on the disk of the cloud; deleting is still possible."


class StoreAway(Unavailable):
    """Nothing was changed, or it is not known whether it was."""

    code = "store_away"
    message = "The store of the cloud cannot be written or reached; try again later."


class Waiting(Conflict):
    """A step cannot go on yet; the saga tries again until the step's time is up."""

    code, message = "waiting", "Still waiting: {what} is {state}."


# What an agent, or a driver in it, can fail with. They cross the agent's channel by `code`.


class DriverError(HaneulError):
    """A driver could not bring about what was asked. `reason` is for people.

    Who asked over HTTP did nothing wrong and may ask again: 503.
    """

    status, code, message = 503, "driver_error", "{reason}"

    def __init__(self, text: str | None = None, **details: Any) -> None:
        details.setdefault("reason", text or "the driver failed")
        super().__init__(text, **details)


class ImpossibleHere(DriverError):
    """This host cannot do it at all; another might."""

    code = "impossible_here"


class HostUnreachable(DriverError):
    """The host does not answer; whether the call took effect is unknown."""

    code = "host_unreachable"


class Superseded(DriverError):
    """A later operation on the same resource has already called; this call is out of date."""

    code = "superseded"


HOST_FAILURES = (DriverError, ImpossibleHere, HostUnreachable, Superseded)
CONCEALED = "The host could not carry this out. The operator finds the reason in the log."
"""What is said instead of what a driver said, which may hold paths, addresses or secrets of the host."""

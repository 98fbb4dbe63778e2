"""The faults of object storage: a page that says what its status means, or the reason as plain text."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, HaneulError, StoreFull, Unavailable
from haneul.services.object_storage import errors

HTML = "text/html; charset=UTF-8"
PLAIN = "text/plain; charset=UTF-8"
PAGES = {
    202: ("Accepted", "The request is accepted for processing."),
    400: (
        "Bad Request",
        "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    ),
    401: (
        "Unauthorized",
        "This server could not verify that you are authorized to access the document you requested.",
    ),
    403: ("Forbidden", "Access was denied to this resource."),
    404: ("Not Found", "The resource could not be found."),
    405: ("Method Not Allowed", "The method is not allowed for this resource."),
    406: ("Not Acceptable", "The resource is not available in a format acceptable to your browser."),
    409: ("Conflict", "There was a conflict when trying to complete your request."),
    411: ("Length Required", "Content-Length header required."),
    412: ("Precondition Failed", "A precondition for this request was not met."),
    413: ("Request Entity Too Large", "The body of your request was too large for this server."),
    416: ("Requested Range Not Satisfiable", "The Range requested is not available."),
    422: ("Unprocessable Entity", "Unable to process the contained instructions"),
    503: ("Service Unavailable", "The server is currently unavailable. Please try again at a later time."),
    507: ("Insufficient Storage", "There was not enough space to save the resource. Drive: objects"),
}
SAID = (
    BadRequest, StoreFull, Unavailable, errors.BadName, errors.LengthRequired, errors.ObjectTooLarge, errors.QuotaReached,
    errors.WrongListQuery, errors.TooManySegments, errors.TooManyLinks, errors.LinkChanged,
)  # fmt: skip
"""What is told with its reason."""


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    if isinstance(error, SAID):
        return PLAIN, error.text.encode("utf-8", "replace")
    return HTML, page(error.status)


def page(status: int) -> bytes:
    """The body that comes with this status."""
    title, text = PAGES.get(status, ("Error", ""))
    return f"<html><h1>{title}</h1><p>{text}</p></html>".encode()

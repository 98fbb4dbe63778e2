"""Neutron's fault envelope: the error's type, its message, no detail."""

from __future__ import annotations

from haneul.kernel.errors import HaneulError
from haneul.kernel.http.faults import json_body, unauthorized
from haneul.services.network import errors

NAMES = {
    400: "HTTPBadRequest",
    403: "PolicyNotAuthorized",
    404: "HTTPNotFound",
    405: "HTTPMethodNotAllowed",
    409: "HTTPConflict",
    413: "HTTPRequestEntityTooLarge",
    415: "HTTPUnsupportedMediaType",
    501: "HTTPNotImplemented",
    503: "HTTPServiceUnavailable",
}
OTHER_NAMES = {
    errors.InvalidInput: "HTTPBadRequest",
    errors.InvalidOperation: "InvalidInput",
    errors.BadSubnetRequest: "BadRequest",
    errors.AddressPairsExhausted: "AllowedAddressPairExhausted",
    errors.BadPortRequest: "BadRequest",
    errors.BadRouterRequest: "BadRequest",
    errors.BadFloatingIpRequest: "BadRequest",
    errors.SegmentInUse: "VlanIdInUse",
    errors.RoutesOutOfReach: "InvalidRoutes",
}
"""Where clients know an error by another name than that of our class."""


def envelope(error: HaneulError, request_id: str) -> tuple[str, bytes]:
    if error.status == 401:
        return unauthorized()
    kind = OTHER_NAMES.get(type(error))
    if kind is None:
        is_ours = error.code.startswith("network.")
        kind = type(error).__name__ if is_ours else NAMES.get(error.status, "HTTPInternalServerError")
    text = error.text
    if error.status == 403 and "action" in error.details:
        text = f"rule:{error.details['action']} is disallowed by policy"
    return json_body({"NeutronError": {"type": kind, "message": text, "detail": ""}})

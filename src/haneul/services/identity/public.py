"""What other services, and the process itself, may use of identity."""

from haneul.services.identity.operations.bootstrap import (
    bootstrap,
    ensure_project,
    ensure_service,
    ensure_user,
    grant,
    project_exists,
    withdraw_service,
)
from haneul.services.identity.operations.client_certificates import is_from_holder
from haneul.services.identity.operations.endpoints import endpoint_url
from haneul.services.identity.operations.limits import of_project as limits_of
from haneul.services.identity.operations.tokens import authenticate, mint

__all__ = [
    "authenticate",
    "bootstrap",
    "endpoint_url",
    "ensure_project",
    "ensure_service",
    "ensure_user",
    "grant",
    "is_from_holder",
    "limits_of",
    "mint",
    "project_exists",
    "withdraw_service",
]

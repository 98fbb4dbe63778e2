"""Endpoints and endpoint groups of projects, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.endpoint_filters import (
    EndpointGroup,
    ProjectEndpoint,
    ProjectEndpointGroup,
)

ENDPOINT_GROUPS = Rows(EndpointGroup, "identity_endpoint_groups")
PROJECT_ENDPOINTS = Rows(
    ProjectEndpoint,
    "identity_project_endpoints",
    key=("project_id", "endpoint_id"),
    indexes=(("endpoint_id",),),
)
PROJECT_ENDPOINT_GROUPS = Rows(
    ProjectEndpointGroup,
    "identity_project_endpoint_groups",
    key=("project_id", "endpoint_group_id"),
    indexes=(("endpoint_group_id",),),
)

"""Regions, services and endpoints, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.catalog import Endpoint, Region, Service

REGIONS = Rows(Region, "identity_regions", indexes=(("parent_region_id",),))
SERVICES = Rows(Service, "identity_services", indexes=(("type",),))
ENDPOINTS = Rows(Endpoint, "identity_endpoints", indexes=(("service_id",), ("region_id",)))

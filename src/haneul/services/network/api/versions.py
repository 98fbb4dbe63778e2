"""The version documents, /networking/ and /networking/v2.0, and the extensions that are really there."""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.http import Routes, discovery
from haneul.kernel.http.extensions import Extensions
from haneul.services.network import errors
from haneul.services.network.api import answers
from haneul.services.network.manifest import MANIFEST

routes = Routes()

NAMES = {
    "aap-reject-multicast": "Allowed address pairs reject multicast extension",
    "address-scope": "Address scope",
    "agent": "agent",
    "allowed-address-pairs": "Allowed Address Pairs",
    "auto-allocated-topology": "Auto Allocated Topology Services",
    "availability_zone": "Availability Zone",
    "binding": "Port Binding",
    "dns-integration": "DNS Integration",
    "empty-string-filtering": "Empty String Filtering Extension",
    "external-net": "Neutron external network",
    "extra_dhcp_opt": "Neutron Extra DHCP options",
    "extraroute": "Neutron Extra Route",
    "extraroute-atomic": "Atomically add/remove extra routes",
    "ext-gw-mode": "Neutron L3 Configurable external gateway mode",
    "filter-validation": "Filter parameters validation",
    "fip-port-details": "Floating IP Port Details Extension",
    "ip-substring-filtering": "IP address substring filtering",
    "l3-ha": "HA Router extension",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "network-ip-availability": "Network IP Availability",
    "network_availability_zone": "Network Availability Zone",
    "pagination": "Pagination support",
    "port-security": "Port Security",
    "project-id": "project_id field enabled",
    "provider": "Provider Network",
    "quota_details": "Quota details management support",
    "quotas": "Quota management support",
    "revision-if-match": "If-Match constraints based on revision_number",
    "router": "Neutron L3 Router",
    "router_availability_zone": "Router Availability Zone",
    "port-security-groups-filtering": "Port filtering on security groups",
    "security-group": "security-group",
    "security-groups-normalized-cidr": "Normalized CIDR field for security group rules",
    "security-groups-rules-belongs-to-default-sg": "Security group rule belongs to the project's default security group",
    "security-groups-shared-filtering": "Security group filtering on the shared field",
    "service-type": "Neutron Service Type Management",
    "sorting": "Sorting support",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-tag": "Tag support for resources with standard attribute",
    "standard-attr-timestamp": "Resource timestamps",
    "stateful-security-group": "Stateful security group",
    "subnet-external-network": "Subnet belongs to an external network",
    "subnet-service-types": "Subnet service types",
    "subnet_allocation": "Subnet Allocation",
}
"""What this API has beyond networks, subnets and ports."""
EXTENSIONS = Extensions(
    dict(sorted(NAMES.items())),
    "2026-01-01T00:00:00-00:00",
    missing=lambda alias: errors.ExtensionNotFound(alias=alias),
)
EXTENSIONS.serve(routes, "/v2.0/extensions")


CURRENT = discovery.ApiVersion(MANIFEST, "v2.0", "/v2.0/")


@routes.get("", auth=False, answer=discovery.VersionDocuments)
async def versions(ctx: Context) -> dict[str, Any]:
    """The versions of this API."""
    return {"versions": [CURRENT.entry(ctx)]}


@routes.get("/v2.0", auth=False, answer=answers.Collections)
async def collections(ctx: Context) -> dict[str, Any]:
    """What there is in v2.0."""
    base = f"{ctx.endpoint}{MANIFEST.path}/v2.0"
    names = [
        "networks",
        "subnets",
        "ports",
        "routers",
        "floatingips",
        "security-groups",
        "security-group-rules",
        "subnetpools",
        "address-scopes",
        "quotas",
        "extensions",
        "agents",
        "availability_zones",
    ]
    return {
        "resources": [
            {
                "name": name.replace("-", "_").removesuffix("s"),
                "collection": name.replace("-", "_"),
                "links": [{"rel": "self", "href": f"{base}/{name}"}],
            }
            for name in names
        ]
    }

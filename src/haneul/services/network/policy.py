"""Who may do what with networks: the names and defaults of upstream."""

from __future__ import annotations

from haneul.kernel.policy import Rule, rule

ADMIN = "role:admin"
READER = "role:reader and project_id:%(project_id)s"
MEMBER = "role:member and project_id:%(project_id)s"
SERVICE = "role:service"
SHARED = "'True':%(shared)s"
EXTERNAL = "'True':%(router:external)s"
NET_OWNER = "role:member and project_id:%(network:project_id)s"
NET_MANAGER = "role:manager and project_id:%(network:project_id)s"
NET_READER = "role:reader and project_id:%(network:project_id)s"

MEMBERS = f"{ADMIN} or ({MEMBER})"
READERS = f"{ADMIN} or ({READER})"
MANAGERS = f"{ADMIN} or (role:manager and project_id:%(project_id)s)"
OWNERS = f"{ADMIN} or {SERVICE} or ({NET_OWNER})"
SERVANTS = f"{ADMIN} or {SERVICE}"
OF_NO_SERVICE = "'False':%(service_device)s"
NOT_A_NETWORK_DEVICE = "'False':%(network_device)s"

_ALL = {
    "create_network": MEMBERS,
    "create_network:shared": ADMIN,
    "create_network:router:external": ADMIN,
    "create_network:is_default": ADMIN,
    "create_network:port_security_enabled": MEMBERS,
    "create_network:provider:network_type": ADMIN,
    "create_network:provider:physical_network": ADMIN,
    "create_network:provider:segmentation_id": ADMIN,
    "get_network": f"{READERS} or {SHARED} or {EXTERNAL} or {SERVICE}",
    "get_network:provider:network_type": ADMIN,
    "get_network:provider:physical_network": ADMIN,
    "get_network:provider:segmentation_id": ADMIN,
    "update_network": MEMBERS,
    "update_network:shared": ADMIN,
    "update_network:router:external": ADMIN,
    "update_network:is_default": ADMIN,
    "update_network:port_security_enabled": MEMBERS,
    "update_network:provider:network_type": ADMIN,
    "update_network:provider:physical_network": ADMIN,
    "update_network:provider:segmentation_id": ADMIN,
    "delete_network": MEMBERS,
    "create_subnet": f"{ADMIN} or ({NET_OWNER})",
    "create_subnet:service_types": ADMIN,
    "get_subnet": f"{READERS} or {SHARED} or {EXTERNAL} or {SERVICE} or ({NET_READER})",
    "update_subnet": f"{MEMBERS} or ({NET_OWNER})",
    "update_subnet:service_types": ADMIN,
    "delete_subnet": f"{MEMBERS} or ({NET_OWNER})",
    "create_subnetpool": MEMBERS,
    "create_subnetpool:shared": ADMIN,
    "create_subnetpool:is_default": ADMIN,
    "get_subnetpool": f"{READERS} or {SHARED}",
    "update_subnetpool": MEMBERS,
    "update_subnetpool:is_default": ADMIN,
    "delete_subnetpool": MEMBERS,
    "create_address_scope": MEMBERS,
    "create_address_scope:shared": ADMIN,
    "get_address_scope": f"{READERS} or {SHARED}",
    "update_address_scope": MEMBERS,
    "update_address_scope:shared": ADMIN,
    "delete_address_scope": MEMBERS,
    "create_port": f"{OWNERS} or {SHARED}",
    "create_port:device_owner": f"{OWNERS} or {NOT_A_NETWORK_DEVICE}",
    "create_port:mac_address": OWNERS,
    "create_port:fixed_ips": f"{OWNERS} or {SHARED}",
    "create_port:fixed_ips:ip_address": OWNERS,
    "create_port:port_security_enabled": OWNERS,
    "create_port:allowed_address_pairs": OWNERS,
    "create_port:binding:host_id": SERVANTS,
    "create_port:binding:profile": SERVICE,
    "create_port:binding:vnic_type": f"{MEMBERS} or {SERVICE}",
    "get_port": f"{READERS} or {SERVICE} or ({NET_READER})",
    "get_port:binding:vif_type": SERVANTS,
    "get_port:binding:vif_details": SERVANTS,
    "get_port:binding:host_id": SERVANTS,
    "get_port:binding:profile": SERVANTS,
    "update_port": f"{MEMBERS} or {SERVICE}",
    "update_port:device_owner": f"{OWNERS} or {NOT_A_NETWORK_DEVICE}",
    "update_port:mac_address": f"{SERVANTS} or ({NET_MANAGER})",
    "update_port:fixed_ips": OWNERS,
    "update_port:fixed_ips:ip_address": OWNERS,
    "update_port:port_security_enabled": OWNERS,
    "update_port:allowed_address_pairs": OWNERS,
    "update_port:binding:host_id": SERVANTS,
    "update_port:binding:profile": SERVICE,
    "update_port:binding:vnic_type": f"{MEMBERS} or {SERVICE}",
    "delete_port": f"{SERVANTS} or ({OF_NO_SERVICE} and (({MEMBER}) or ({NET_OWNER})))",
    "create_router": MEMBERS,
    "create_router:distributed": ADMIN,
    "create_router:ha": ADMIN,
    "create_router:external_gateway_info:enable_snat": ADMIN,
    "create_router:external_gateway_info:external_fixed_ips": ADMIN,
    "get_router": READERS,
    "get_router:ha": ADMIN,
    "get_router:distributed": ADMIN,
    "update_router": MEMBERS,
    "update_router:distributed": ADMIN,
    "update_router:ha": ADMIN,
    "update_router:external_gateway_info:enable_snat": ADMIN,
    "update_router:external_gateway_info:external_fixed_ips": ADMIN,
    "delete_router": MEMBERS,
    "add_router_interface": MEMBERS,
    "remove_router_interface": MEMBERS,
    "add_extraroutes": MEMBERS,
    "remove_extraroutes": MEMBERS,
    "create_floatingip": MEMBERS,
    "create_floatingip:floating_ip_address": MANAGERS,
    "get_floatingip": READERS,
    "update_floatingip": MEMBERS,
    "delete_floatingip": MEMBERS,
    "create_security_group": MEMBERS,
    "get_security_group": READERS,
    "update_security_group": MEMBERS,
    "delete_security_group": MEMBERS,
    "create_security_group_rule": MEMBERS,
    "get_security_group_rule": READERS,
    "delete_security_group_rule": MEMBERS,
    "get_rbac_policy": READERS,
    "get_address_group": READERS,
    "get_flavor": "role:reader",
    "get_service_profile": ADMIN,
    "get_quota": MANAGERS,
    "update_quota": ADMIN,
    "delete_quota": ADMIN,
    "get_agent": ADMIN,
    "get_availability_zone": "role:reader",
    "get_service_provider": "role:reader",
    "get_network_ip_availability": SERVANTS,
    "get_auto_allocated_topology": READERS,
    "delete_auto_allocated_topology": MEMBERS,
}
RULES: dict[str, Rule] = {name: rule(name, check) for name, check in _ALL.items()}


def named(name: str) -> Rule:
    """The rule of that name; one that nobody passes if there is none."""
    return RULES.get(name) or Rule(name, "!")


CONTEXT_IS_ADMIN = rule("context_is_admin", ADMIN, "Who counts as an administrator of networks.", scope=())
SERVICE_API = rule("service_api", SERVICE, "Other services.", scope=())
ADMIN_OR_OWNER = rule(
    "admin_or_owner",
    "rule:context_is_admin or project_id:%(project_id)s",
    "Whose it is, and admins.",
    scope=(),
)

"""What can go wrong with networks. Clients know these by the names of their classes."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, Conflict, Forbidden, HaneulError, NotFound, QuotaExceeded
from haneul.services.network.errors.security_groups import *  # noqa: F403  # one namespace, as clients have it


class InvalidInput(BadRequest):
    """A request that does not fit; known to clients as HTTPBadRequest."""

    code, message = "network.invalid_input", "Invalid input for {attribute}. Reason: {reason}."


class InvalidOperation(BadRequest):
    code, message = "network.invalid_operation", "Invalid input for operation: {reason}."


class BadPortRequest(BadRequest):
    code = "network.bad_port_request"
    message = "Bad port request: {reason}."


class BadRouterRequest(BadRequest):
    code = "network.bad_router_request"
    message = "Bad router request: {reason}."


class BadFloatingIpRequest(BadRequest):
    code = "network.bad_floating_ip_request"
    message = "Bad floatingip request: {reason}."


class NetworkNotFound(NotFound):
    code, message = "network.network_not_found", "Network {id} could not be found."


class SubnetNotFound(NotFound):
    code, message = "network.subnet_not_found", "Subnet {id} could not be found."


class SubnetPoolNotFound(NotFound):
    code, message = "network.subnet_pool_not_found", "Subnet pool {id} could not be found."


class AddressScopeNotFound(NotFound):
    code, message = "network.address_scope_not_found", "Address scope {id} could not be found."


class PortNotFound(NotFound):
    code, message = "network.port_not_found", "Port {id} could not be found."


class RouterNotFound(NotFound):
    code, message = "network.router_not_found", "Router {id} could not be found"


class FlavorNotFound(NotFound):
    code, message = "network.flavor_not_found", "Flavor {id} could not be found."


class SubnetPoolQuotaExceeded(Conflict):
    code = "network.subnet_pool_quota_exceeded"
    message = "Per-tenant subnet pool prefix quota exceeded."


class TenantQuotaNotFound(NotFound):
    code, message = "network.tenant_quota_not_found", "Quota for project {id} could not be found."


class FloatingIPNotFound(NotFound):
    code, message = "network.floating_ip_not_found", "Floating IP {id} could not be found"


class RouterInterfaceNotFound(NotFound):
    code = "network.router_interface_not_found"
    message = "Router {router_id} does not have an interface with id {port_id}"


class RouterInterfaceNotFoundForSubnet(NotFound):
    code = "network.router_interface_not_found_for_subnet"
    message = "Router {router_id} has no interface on subnet {subnet_id}"


class ExternalGatewayForFloatingIPNotFound(NotFound):
    code = "network.gateway_for_floating_ip_not_found"
    message = (
        "External network {external_network_id} is not reachable from subnet {subnet_id}. Therefore, "
        "cannot associate Port {port_id} with a Floating IP."
    )


class TagNotFound(NotFound):
    code, message = "network.tag_not_found", "Tag {tag} could not be found."


class ExtensionNotFound(NotFound):
    code, message = "network.extension_not_found", "Extension with alias {alias} does not exist"


class AgentNotFound(NotFound):
    code, message = "network.agent_not_found", "Agent {id} could not be found."


class NetworkInUse(Conflict):
    code = "network.network_in_use"
    message = (
        "Unable to complete operation on network {id}. There are one or more ports still in use on the "
        "network, id for these ports is: {ports}."
    )


class SubnetInUse(Conflict):
    code = "network.subnet_in_use"
    message = "Unable to complete operation on subnet {id}: {reason}"


class NetworkSubnetPoolAffinityError(BadRequest):
    code = "network.subnet_pool_affinity"
    message = "Subnets hosted on the same network must be allocated from the same subnet pool."


class SubnetPoolInUse(Conflict):
    code = "network.subnet_pool_in_use"
    message = "Unable to complete operation on subnet pool {id}. {reason}."


class AddressScopeInUse(Conflict):
    code = "network.address_scope_in_use"
    message = (
        "Unable to complete operation on address scope {id}. There are one or more subnet pools in use on "
        "the address scope"
    )


class PortInUse(Conflict):
    code = "network.port_in_use"
    message = (
        "Unable to complete operation on port {port_id} for network {network_id}. Port already has an "
        "attached device {device_id}."
    )


class PortNotUsable(BadRequest):
    """The port is another project's than the server."""

    code = "network.port_not_usable"
    message = "Port {port_id} not usable for instance {server_id}."


class DeviceIDNotOwnedByTenant(Conflict):
    code = "network.device_id_not_owned_by_tenant"
    message = (
        "The following device_id {device_id} is not owned by your tenant or matches another tenants router."
    )


class ServicePortInUse(Conflict):
    code = "network.service_port_in_use"
    message = "Port {port_id} cannot be deleted directly via the port API: {reason}."


class RouterInUse(Conflict):
    code, message = "network.router_in_use", "Router {id} has ports still attached: {ports}"


class RouterInterfaceInUseByFloatingIP(Conflict):
    code = "network.router_interface_in_use_by_floating_ip"
    message = (
        "Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required "
        "by one or more floating IPs."
    )


class RouterInterfaceInUseByRoute(Conflict):
    code = "network.router_interface_in_use_by_route"
    message = (
        "Router interface for subnet {subnet_id} on router {router_id} cannot be deleted, as it is required "
        "by one or more routes."
    )


class RouterExternalGatewayInUseByFloatingIp(Conflict):
    code = "network.router_gateway_in_use"
    message = (
        "Gateway cannot be updated for router {router_id}, since a gateway to external network {network_id} "
        "is required by one or more floating IPs."
    )


class IpAddressAlreadyAllocated(Conflict):
    code = "network.address_allocated"
    message = "IP address {ip} already allocated in subnet {subnet_id}"


class IpAddressGenerationFailure(Conflict):
    code = "network.no_more_addresses"
    message = "No more IP addresses available on network {network_id}."


class NoMoreFixedIps(BadRequest):
    code, message = "network.no_more_fixed_ips", "No fixed IP addresses available for network: {network_id}"


class NetworkNotOnServer(BadRequest):
    code, message = (
        "network.network_not_on_server",
        "Instance {server_id} has no port on network {network_id}.",
    )


class AddressNotOnServer(BadRequest):
    code, message = "network.address_not_on_server", "Instance {server_id} has no port with the address {ip}."


class IpAddressGenerationFailureNoMatchingSubnet(IpAddressGenerationFailure):
    code = "network.no_matching_subnet"
    message = "No valid service subnet for the given device owner, network {network_id}, service type {service_type}."


class InvalidSubnetServiceType(InvalidInput):
    code = "network.subnet_service_type"
    message = "Subnet service type {service_type} does not correspond to a valid device owner."


class InvalidInputSubnetServiceType(InvalidInput):
    code = "network.subnet_service_type_no_text"
    message = "Subnet service type {service_type} is not a string."


class PortBindingFailed(BadRequest):
    code = "network.port_binding_failed"
    message = "Binding failed for port {port_id}, please check neutron logs for more information."


class HANotEnoughAvailableAgents(Conflict):
    code = "network.no_standby"
    message = "Not enough l3 agents available to ensure HA. Minimum required 2, available 1."


class NetworkMTUSubnetConflict(Conflict):
    code = "network.mtu_too_small"
    message = "MTU of {network_id} is not valid, subnet requires a minimum of {least}"


class MacAddressInUse(Conflict):
    code = "network.mac_in_use"
    message = "Unable to complete operation for network {network_id}. The mac address {mac} is in use."


class GatewayConflictWithAllocationPools(Conflict):
    code = "network.gateway_in_pools"
    message = "Gateway ip {ip} conflicts with allocation pool {pool}."


class GatewayIpInUse(Conflict):
    code = "network.gateway_ip_in_use"
    message = "Current gateway ip {ip} already in use by port {port_id}. Unable to update."


class OverlappingAllocationPools(Conflict):
    code = "network.overlapping_pools"
    message = "Found overlapping allocation pools: {pool_1} {pool_2} for subnet {cidr}."


class OutOfBoundsAllocationPool(BadRequest):
    code = "network.pool_out_of_bounds"
    message = "The allocation pool {pool} spans beyond the subnet cidr {cidr}."


class InvalidAllocationPool(BadRequest):
    code, message = "network.invalid_pool", "The allocation pool {pool} is not valid."


class InvalidIpForNetwork(BadRequest):
    code = "network.invalid_ip_for_network"
    message = "IP address {ip} is not a valid IP for any of the subnets on the specified network."


class InvalidIpForSubnet(BadRequest):
    code = "network.invalid_ip_for_subnet"
    message = "IP address {ip} is not a valid IP for the specified subnet."


class RevisionNumberConstraintFailed(HaneulError):
    status, code = 412, "network.revision_changed"
    message = "Constrained to {expected}, but current revision is {current}"


class FloatingIPPortAlreadyAssociated(Conflict):
    code = "network.floating_ip_port_associated"
    message = (
        "Cannot associate floating IP {floating_ip_address} ({fip_id}) with port {port_id} using fixed IP "
        "{fixed_ip}, as that fixed IP already has a floating IP on external network {net_id}."
    )


class AddressPairAndPortSecurityRequired(Conflict):
    code = "network.pairs_need_security"
    message = "Port Security must be enabled in order to have allowed address pairs on a port."


class SegmentInUse(Conflict):
    """Known to clients as VlanIdInUse."""

    code = "network.segment_in_use"
    message = "Unable to create the network. The segment {segment} is in use."


class OverQuota(QuotaExceeded):
    status, code = 409, "network.over_quota"
    message = "Quota exceeded for resources: ['{resource}']."


class RoutesOutOfReach(BadRequest):
    """Known to clients as InvalidRoutes."""

    code = "network.invalid_routes"
    message = "Invalid format for routes: {routes}, {reason}"


class InvalidSharedSetting(Conflict):
    code = "network.invalid_shared_setting"
    message = "Unable to reconfigure sharing settings for network {network}. Multiple tenants are using it."


class BadSubnetRequest(BadRequest):
    """Known to clients as BadRequest."""

    code, message = "network.bad_subnet_request", "Bad subnets request: {reason}."


class DNSNameServersExhausted(BadRequest):
    code = "network.too_many_name_servers"
    message = "Unable to complete operation. The number of DNS nameservers exceeds the limit {quota}."


class HostRoutesExhausted(BadRequest):
    code = "network.too_many_host_routes"
    message = "Unable to complete operation. The number of host routes exceeds the limit {quota}."


class SubnetAllocationError(Conflict):
    code, message = "network.no_prefix", "Failed to allocate subnet: {reason}."


class AddressPairsExhausted(BadRequest):
    """Known to clients as AllowedAddressPairExhausted."""

    code = "network.too_many_pairs"
    message = "The number of allowed address pair exceeds the maximum {quota}."


class DuplicateAddressPairInRequest(BadRequest):
    code = "network.duplicate_pair"
    message = "Request contains duplicate address pair: mac_address {mac_address} ip_address {ip_address}."


class PortBound(Conflict):
    code = "network.port_bound"
    message = (
        "Unable to complete operation on port {port_id}, port is already bound, port type: {vif_type}, "
        "old_mac {old_mac}, new_mac {new_mac}."
    )


class PortRequiresFixedIP(BadRequest):
    code = "network.port_requires_address"
    message = "Port {port_id} requires a FixedIP in order to be used."


class NetworkRequiresSubnet(BadRequest):
    code = "network.network_requires_subnet"
    message = "Network {network} requires a subnet in order to boot instances on."


class ExternalNetworkAttachForbidden(Forbidden):
    code = "network.external_attach_forbidden"
    message = "It is not allowed to create an interface on external network {network}"


class NoUniqueMatch(Conflict):
    code = "network.no_unique_match"
    message = "Multiple {resource} matches found for name '{name}', use an ID to be more specific."


class SubnetMismatchForPort(BadRequest):
    code = "network.subnet_mismatch"
    message = "Subnet on port {port_id} does not match the requested subnet {subnet_id}"


class ExternalIpAddressExhausted(BadRequest):
    code = "network.external_addresses_exhausted"
    message = "Unable to find any IP address on external network {net_id}."


class AutoAllocationFailure(Conflict):
    code, message = "network.no_auto_allocation", "Deployment error: {reason}."

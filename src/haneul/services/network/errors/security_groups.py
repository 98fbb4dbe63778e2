"""What can go wrong with security groups and their rules."""

from __future__ import annotations

from haneul.kernel.errors import BadRequest, Conflict, NotFound


class SecurityGroupNotFound(NotFound):
    code, message = "network.security_group_not_found", "Security group {id} does not exist"


class SecurityGroupNotOnServer(NotFound):
    code = "network.security_group_not_on_server"
    message = "Security group {name} not associated with the instance {server_id}"


class SecurityGroupRuleNotFound(NotFound):
    code, message = "network.security_group_rule_not_found", "Security group rule {id} does not exist"


class SecurityGroupConflict(Conflict):
    code = "network.security_group_conflict"
    message = "Error {reason} while attempting the operation."


class SecurityGroupInUse(Conflict):
    code, message = "network.security_group_in_use", "Security Group {id} in use."


class SecurityGroupCannotRemoveDefault(Conflict):
    code = "network.default_group_stays"
    message = "Insufficient rights for removing default security group."


class SecurityGroupCannotUpdateDefault(Conflict):
    code = "network.default_group_name_stays"
    message = "Updating default security group not allowed."


class SecurityGroupDefaultAlreadyExists(Conflict):
    code = "network.default_group_exists"
    message = "Default security group already exists."


class SecurityGroupEthertypeConflictWithProtocol(BadRequest):
    code = "network.rule_ethertype_conflict"
    message = "Invalid ethertype {ethertype} for protocol {protocol}."


class SecurityGroupRuleInvalidEtherType(BadRequest):
    code = "network.rule_ethertype_unknown"
    message = (
        "Security group rule for ethertype '{ethertype}' not supported. Allowed values are ['IPv4', 'IPv6']."
    )


class SecurityGroupRuleExists(Conflict):
    code = "network.rule_exists"
    message = "Security group rule already exists. Rule id is {rule_id}."


class DuplicateSecurityGroupRuleInPost(Conflict):
    code, message = "network.rule_twice", "Duplicate Security Group Rule in POST."


class SecurityGroupNotSingleGroupRules(BadRequest):
    code = "network.rules_of_several_groups"
    message = "Only allowed to update rules for one security profile at a time"


class SecurityGroupCannotBeApplied(BadRequest):
    code = "network.security_group_not_applied"
    message = (
        "Network requires port_security_enabled and subnet associated in order to apply security groups."
    )


class SecurityGroupInvalidPortRange(BadRequest):
    code = "network.rule_port_range"
    message = "For TCP/UDP protocols, port_range_min must be <= port_range_max"


class SecurityGroupInvalidPortValue(BadRequest):
    code, message = "network.rule_port_value", "Invalid value for port {port}"


class SecurityGroupInvalidIcmpValue(BadRequest):
    code = "network.rule_icmp_value"
    message = "Invalid value for ICMP {field} ({attr}) {value}. It must be 0 to 255."


class SecurityGroupMissingIcmpType(BadRequest):
    code = "network.rule_icmp_type"
    message = "ICMP code (port-range-max) {value} is provided but ICMP type (port-range-min) is missing."


class SecurityGroupInvalidProtocolForPort(BadRequest):
    code = "network.rule_protocol_for_port"
    message = (
        "Invalid protocol {protocol} for port range, only supported for TCP, UDP, UDPLITE, SCTP and DCCP."
    )


class SecurityGroupProtocolRequiredWithPorts(BadRequest):
    code = "network.rule_protocol_required"
    message = "Must also specify protocol if port range is given."


class SecurityGroupRuleInvalidProtocol(BadRequest):
    code = "network.rule_protocol"
    message = (
        "Security group rule protocol {protocol} not supported. Only protocol values {values} and integer "
        "representations [0 to 255] are supported."
    )


class SecurityGroupRuleParameterConflict(BadRequest):
    code = "network.rule_ethertype_conflict"
    message = "Conflicting value ethertype {ethertype} for CIDR {cidr}"


class SecurityGroupMultipleRemoteEntites(BadRequest):
    code = "network.rule_two_remotes"
    message = "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided."


class PortSecurityPortHasSecurityGroup(Conflict):
    code = "network.groups_need_security"
    message = (
        "Port has security group associated. Cannot disable port security or IP address until security group "
        "is removed."
    )


class PortSecurityAndIPRequiredForSecurityGroups(BadRequest):
    code = "network.security_needs_address"
    message = (
        "Port security must be enabled and port must have an IP address in order to use security groups."
    )

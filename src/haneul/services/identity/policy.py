"""Who may do what in identity: upstream's names and defaults.

Admins may do everything, readers of the system may read everything, readers of a domain what is in it,
and managers of a domain may manage its users, groups, projects and their roles up to their own.
"""

from haneul.kernel.policy import rule

ANY = ("system", "domain", "project")
CLOUD = ("system", "project")
"""What no token of a domain is for."""

ADMIN = "rule:admin_required"
READER = "(rule:admin_required) or (role:reader and system_scope:all)"

ADMIN_REQUIRED = rule("admin_required", "role:admin or is_admin:1", "Admins.", ANY)
SERVICE_ROLE = rule("service_role", "role:service", "Other services.", ANY)
SERVICE_OR_ADMIN = rule(
    "service_or_admin", "rule:admin_required or rule:service_role", "Other services, and admins.", ANY
)
OWNER = rule("owner", "user_id:%(user_id)s", "The user themselves.", ANY)
ADMIN_OR_OWNER = rule(
    "admin_or_owner", "rule:admin_required or rule:owner", "Admins, and the user themselves.", ANY
)
TOKEN_SUBJECT = rule("token_subject", "user_id:%(target.token.user_id)s", "Whose token it is.", ANY)
ADMIN_OR_TOKEN_SUBJECT = rule(
    "admin_or_token_subject", "rule:admin_required or rule:token_subject", "Admins, and whose it is.", ANY
)
SERVICE_ADMIN_OR_TOKEN_SUBJECT = rule(
    "service_admin_or_token_subject",
    "rule:service_or_admin or rule:token_subject",
    "Other services, admins, and whose token it is.",
    ANY,
)
DOMAIN_MANAGED_TARGET_ROLE = rule(
    "domain_managed_target_role",
    "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
    "Roles that managers of a domain may give and take.",
    ANY,
)


def _managed(domain: str) -> str:
    """Admins, and managers of the target's domain."""
    return f"(rule:admin_required) or (role:manager and domain_id:%({domain})s)"


def _read(domain: str) -> str:
    """Admins, readers of the system, and readers of the target's domain."""
    return f"{READER} or (role:reader and domain_id:%({domain})s)"


# tokens

CHECK_TOKEN = rule("identity:check_token", f"{READER} or rule:token_subject", "Check a token.", ANY)
VALIDATE_TOKEN = rule(
    "identity:validate_token", f"{READER} or rule:service_role or rule:token_subject", "Show a token.", ANY
)
REVOKE_TOKEN = rule("identity:revoke_token", "rule:admin_required or rule:token_subject", "End a token.", ANY)
GET_AUTH_CATALOG = rule("identity:get_auth_catalog", "", "Show the catalogue of one's token.", ANY)
GET_AUTH_PROJECTS = rule("identity:get_auth_projects", "", "List the projects one may enter.", ANY)
GET_AUTH_DOMAINS = rule("identity:get_auth_domains", "", "List the domains one may enter.", ANY)
GET_AUTH_SYSTEM = rule("identity:get_auth_system", "", "Whether one may act on the system.", ANY)

# domains

GET_DOMAIN = rule(
    "identity:get_domain",
    f"{READER} or token.domain.id:%(target.domain.id)s or token.project.domain.id:%(target.domain.id)s",
    "Show a domain.",
    ANY,
)
LIST_DOMAINS = rule(
    "identity:list_domains",
    f"{READER} or (role:reader and domain_id:%(target.domain.id)s)",
    "List domains.",
    ANY,
)
CREATE_DOMAIN = rule("identity:create_domain", ADMIN, "Create a domain.", CLOUD)
UPDATE_DOMAIN = rule("identity:update_domain", ADMIN, "Update a domain.", CLOUD)
DELETE_DOMAIN = rule("identity:delete_domain", ADMIN, "Delete a domain.", CLOUD)

# projects

_PROJECT = "target.project.domain_id"
GET_PROJECT = rule(
    "identity:get_project",
    f"{_read(_PROJECT)} or project_id:%(target.project.id)s",
    "Show a project.",
    ANY,
)
LIST_PROJECTS = rule("identity:list_projects", _read("target.domain_id"), "List projects.", ANY)
LIST_USER_PROJECTS = rule(
    "identity:list_user_projects",
    f"{_read('target.user.domain_id')} or user_id:%(target.user.id)s",
    "List the projects of a user.",
    ANY,
)
CREATE_PROJECT = rule("identity:create_project", _managed(_PROJECT), "Create a project.", ANY)
UPDATE_PROJECT = rule("identity:update_project", _managed(_PROJECT), "Update a project.", ANY)
DELETE_PROJECT = rule("identity:delete_project", _managed(_PROJECT), "Delete a project.", ANY)
_TAGS_READ = f"{_read(_PROJECT)} or project_id:%(target.project.id)s"
_TAGS_WRITE = f"{_managed(_PROJECT)} or (role:admin and project_id:%(target.project.id)s)"
LIST_PROJECT_TAGS = rule("identity:list_project_tags", _TAGS_READ, "List the tags of a project.", ANY)
GET_PROJECT_TAG = rule("identity:get_project_tag", _TAGS_READ, "Look for a tag.", ANY)
UPDATE_PROJECT_TAGS = rule("identity:update_project_tags", _TAGS_WRITE, "Replace the tags.", ANY)
CREATE_PROJECT_TAG = rule("identity:create_project_tag", _TAGS_WRITE, "Add a tag.", ANY)
DELETE_PROJECT_TAGS = rule("identity:delete_project_tags", _TAGS_WRITE, "Remove all tags.", ANY)
DELETE_PROJECT_TAG = rule("identity:delete_project_tag", _TAGS_WRITE, "Remove a tag.", ANY)

# users and groups

_USER, _GROUP = "target.user.domain_id", "target.group.domain_id"
_SELF = "user_id:%(target.user.id)s"
GET_USER = rule("identity:get_user", f"{_read(_USER)} or {_SELF}", "Show a user.", ANY)
LIST_USERS = rule("identity:list_users", _read("target.domain_id"), "List users.", ANY)
CREATE_USER = rule("identity:create_user", _managed(_USER), "Create a user.", ANY)
UPDATE_USER = rule("identity:update_user", _managed(_USER), "Update a user.", ANY)
DELETE_USER = rule("identity:delete_user", _managed(_USER), "Delete a user.", ANY)
REVOKE_TOKENS_FOR_USER = rule(
    "identity:revoke_tokens_for_user", "rule:admin_required or rule:owner", "End all tokens of a user.", ANY
)
GET_GROUP = rule("identity:get_group", _read(_GROUP), "Show a group.", ANY)
LIST_GROUPS = rule("identity:list_groups", _read("target.group.domain_id"), "List groups.", ANY)
LIST_GROUPS_FOR_USER = rule(
    "identity:list_groups_for_user", f"{_read(_USER)} or user_id:%(user_id)s", "List a user's groups.", ANY
)
CREATE_GROUP = rule("identity:create_group", _managed(_GROUP), "Create a group.", ANY)
UPDATE_GROUP = rule("identity:update_group", _managed(_GROUP), "Update a group.", ANY)
DELETE_GROUP = rule("identity:delete_group", _managed(_GROUP), "Delete a group.", ANY)
LIST_USERS_IN_GROUP = rule("identity:list_users_in_group", _read(_GROUP), "List users of a group.", ANY)
_BOTH_READ = (
    f"{READER} or (role:reader and domain_id:%({_GROUP})s and domain_id:%({_USER})s)"  # one and the same
)
_BOTH_MANAGED = (
    f"(rule:admin_required) or (role:manager and domain_id:%({_GROUP})s and domain_id:%({_USER})s)"
)
CHECK_USER_IN_GROUP = rule("identity:check_user_in_group", _BOTH_READ, "Whether a user is in it.", ANY)
ADD_USER_TO_GROUP = rule("identity:add_user_to_group", _BOTH_MANAGED, "Add a user to a group.", ANY)
REMOVE_USER_FROM_GROUP = rule("identity:remove_user_from_group", _BOTH_MANAGED, "Take a user out.", ANY)

# roles

GET_ROLE = rule(
    "identity:get_role",
    f"{READER} or (role:manager and rule:domain_managed_target_role)",
    "Show a role.",
    ANY,
)
LIST_ROLES = rule(
    "identity:list_roles", f"{READER} or (role:manager and not domain_id:None)", "List roles.", ANY
)
CREATE_ROLE = rule("identity:create_role", ADMIN, "Create a role.", CLOUD)
UPDATE_ROLE = rule("identity:update_role", ADMIN, "Update a role.", CLOUD)
DELETE_ROLE = rule("identity:delete_role", ADMIN, "Delete a role.", CLOUD)
GET_DOMAIN_ROLE = rule("identity:get_domain_role", READER, "Show a role of a domain.", CLOUD)
LIST_DOMAIN_ROLES = rule("identity:list_domain_roles", READER, "List roles of a domain.", CLOUD)
CREATE_DOMAIN_ROLE = rule("identity:create_domain_role", ADMIN, "Create a role of a domain.", CLOUD)
UPDATE_DOMAIN_ROLE = rule("identity:update_domain_role", ADMIN, "Update a role of a domain.", CLOUD)
DELETE_DOMAIN_ROLE = rule("identity:delete_domain_role", ADMIN, "Delete a role of a domain.", CLOUD)
LIST_IMPLIED_ROLES = rule("identity:list_implied_roles", READER, "List what a role implies.", CLOUD)
GET_IMPLIED_ROLE = rule("identity:get_implied_role", READER, "Show what a role implies.", CLOUD)
CHECK_IMPLIED_ROLE = rule("identity:check_implied_role", READER, "Whether one role implies another.", CLOUD)
CREATE_IMPLIED_ROLE = rule("identity:create_implied_role", ADMIN, "Let a role imply another.", CLOUD)
DELETE_IMPLIED_ROLE = rule("identity:delete_implied_role", ADMIN, "Stop a role implying another.", CLOUD)
LIST_ROLE_INFERENCE_RULES = rule(
    "identity:list_role_inference_rules", READER, "List all that roles imply.", CLOUD
)

# assignments

LIST_ROLE_ASSIGNMENTS = rule(
    "identity:list_role_assignments", _read("target.domain_id"), "List role assignments.", ANY
)
LIST_ROLE_ASSIGNMENTS_FOR_TREE = rule(
    "identity:list_role_assignments_for_tree",
    f"{READER} or (role:reader and domain_id:%(target.domain_id)s and not None:%(target.domain_id)s)",
    "List role assignments of a project and those below.",
    ANY,
)


def _on_pair(role: str) -> str:
    """The asker has the role in the domain that holds both actor and target."""
    pairs = [
        f"(role:{role} and domain_id:%({actor})s and domain_id:%({target})s)"
        for actor in (_USER, _GROUP)
        for target in (_PROJECT, "target.domain.id")
    ]
    return "(" + " or ".join(pairs) + ")"


_GRANT_READ = f"{READER} or {_on_pair('reader')}"
_GRANT_CHECK = f"{_GRANT_READ} and (domain_id:%(target.role.domain_id)s or None:%(target.role.domain_id)s)"
_GRANT_WRITE = f"(rule:admin_required) or ({_on_pair('manager')} and rule:domain_managed_target_role)"
CHECK_GRANT = rule("identity:check_grant", _GRANT_CHECK, "Whether somebody has a role.", ANY)
LIST_GRANTS = rule("identity:list_grants", _GRANT_READ, "List somebody's roles on something.", ANY)
CREATE_GRANT = rule("identity:create_grant", _GRANT_WRITE, "Give a role.", ANY)
REVOKE_GRANT = rule("identity:revoke_grant", _GRANT_WRITE, "Take a role.", ANY)
LIST_SYSTEM_GRANTS_FOR_USER = rule(
    "identity:list_system_grants_for_user", READER, "List a user's roles on the system.", CLOUD
)
CHECK_SYSTEM_GRANT_FOR_USER = rule(
    "identity:check_system_grant_for_user", READER, "Whether a user has a role on the system.", CLOUD
)
CREATE_SYSTEM_GRANT_FOR_USER = rule(
    "identity:create_system_grant_for_user", ADMIN, "Give a user a role on the system.", CLOUD
)
REVOKE_SYSTEM_GRANT_FOR_USER = rule(
    "identity:revoke_system_grant_for_user", ADMIN, "Take a role on the system from a user.", CLOUD
)
LIST_SYSTEM_GRANTS_FOR_GROUP = rule(
    "identity:list_system_grants_for_group", READER, "List a group's roles on the system.", CLOUD
)
CHECK_SYSTEM_GRANT_FOR_GROUP = rule(
    "identity:check_system_grant_for_group", READER, "Whether a group has a role on the system.", CLOUD
)
CREATE_SYSTEM_GRANT_FOR_GROUP = rule(
    "identity:create_system_grant_for_group", ADMIN, "Give a group a role on the system.", CLOUD
)
REVOKE_SYSTEM_GRANT_FOR_GROUP = rule(
    "identity:revoke_system_grant_for_group", ADMIN, "Take a role on the system from a group.", CLOUD
)

# catalogue

GET_REGION = rule("identity:get_region", "", "Show a region.", ANY)
LIST_REGIONS = rule("identity:list_regions", "", "List regions.", ANY)
CREATE_REGION = rule("identity:create_region", ADMIN, "Create a region.", CLOUD)
UPDATE_REGION = rule("identity:update_region", ADMIN, "Update a region.", CLOUD)
DELETE_REGION = rule("identity:delete_region", ADMIN, "Delete a region.", CLOUD)
GET_SERVICE = rule("identity:get_service", READER, "Show a service.", CLOUD)
LIST_SERVICES = rule("identity:list_services", READER, "List services.", CLOUD)
CREATE_SERVICE = rule("identity:create_service", ADMIN, "Create a service.", CLOUD)
UPDATE_SERVICE = rule("identity:update_service", ADMIN, "Update a service.", CLOUD)
DELETE_SERVICE = rule("identity:delete_service", ADMIN, "Delete a service.", CLOUD)
GET_ENDPOINT = rule("identity:get_endpoint", READER, "Show an endpoint.", CLOUD)
LIST_ENDPOINTS = rule("identity:list_endpoints", READER, "List endpoints.", CLOUD)
CREATE_ENDPOINT = rule("identity:create_endpoint", ADMIN, "Create an endpoint.", CLOUD)
UPDATE_ENDPOINT = rule("identity:update_endpoint", ADMIN, "Update an endpoint.", CLOUD)
DELETE_ENDPOINT = rule("identity:delete_endpoint", ADMIN, "Delete an endpoint.", CLOUD)

# limits

GET_LIMIT_MODEL = rule("identity:get_limit_model", "", "Show how limits are enforced.", ANY)
GET_REGISTERED_LIMIT = rule("identity:get_registered_limit", "", "Show a registered limit.", ANY)
LIST_REGISTERED_LIMITS = rule("identity:list_registered_limits", "", "List registered limits.", ANY)
CREATE_REGISTERED_LIMITS = rule("identity:create_registered_limits", ADMIN, "Register limits.", CLOUD)
UPDATE_REGISTERED_LIMIT = rule("identity:update_registered_limit", ADMIN, "Change a registered limit.", CLOUD)
DELETE_REGISTERED_LIMIT = rule("identity:delete_registered_limit", ADMIN, "Delete a registered limit.", CLOUD)
GET_LIMIT = rule(
    "identity:get_limit",
    f"{READER} or (domain_id:%(target.limit.domain.id)s or domain_id:%(target.limit.project.domain_id)s) "
    "or (project_id:%(target.limit.project_id)s and not None:%(target.limit.project_id)s)",
    "Show a limit.",
    ANY,
)
LIST_LIMITS = rule("identity:list_limits", "", "List limits.", ANY)
CREATE_LIMITS = rule("identity:create_limits", ADMIN, "Set limits.", CLOUD)
UPDATE_LIMIT = rule("identity:update_limit", ADMIN, "Change a limit.", CLOUD)
DELETE_LIMIT = rule("identity:delete_limit", ADMIN, "Delete a limit.", CLOUD)

# endpoints of projects, and policies

LIST_ENDPOINT_GROUPS = rule("identity:list_endpoint_groups", READER, "List endpoint groups.", CLOUD)
GET_ENDPOINT_GROUP = rule("identity:get_endpoint_group", READER, "Show an endpoint group.", CLOUD)
CREATE_ENDPOINT_GROUP = rule("identity:create_endpoint_group", ADMIN, "Create an endpoint group.", CLOUD)
UPDATE_ENDPOINT_GROUP = rule("identity:update_endpoint_group", ADMIN, "Change an endpoint group.", CLOUD)
DELETE_ENDPOINT_GROUP = rule("identity:delete_endpoint_group", ADMIN, "Delete an endpoint group.", CLOUD)
LIST_PROJECTS_OF_ENDPOINT_GROUP = rule(
    "identity:list_projects_associated_with_endpoint_group", READER, "List the projects of a group.", CLOUD
)
LIST_ENDPOINTS_OF_ENDPOINT_GROUP = rule(
    "identity:list_endpoints_associated_with_endpoint_group", READER, "List the endpoints of a group.", CLOUD
)
GET_ENDPOINT_GROUP_IN_PROJECT = rule(
    "identity:get_endpoint_group_in_project", READER, "Whether a project has an endpoint group.", CLOUD
)
LIST_ENDPOINT_GROUPS_FOR_PROJECT = rule(
    "identity:list_endpoint_groups_for_project", READER, "List the endpoint groups of a project.", CLOUD
)
ADD_ENDPOINT_GROUP_TO_PROJECT = rule(
    "identity:add_endpoint_group_to_project", ADMIN, "Give a project an endpoint group.", CLOUD
)
REMOVE_ENDPOINT_GROUP_FROM_PROJECT = rule(
    "identity:remove_endpoint_group_from_project", ADMIN, "Take an endpoint group from a project.", CLOUD
)
LIST_PROJECTS_FOR_ENDPOINT = rule(
    "identity:list_projects_for_endpoint", READER, "List the projects of an endpoint.", CLOUD
)
ADD_ENDPOINT_TO_PROJECT = rule(
    "identity:add_endpoint_to_project", ADMIN, "Give a project an endpoint.", CLOUD
)
CHECK_ENDPOINT_IN_PROJECT = rule(
    "identity:check_endpoint_in_project", READER, "Whether a project has an endpoint.", CLOUD
)
LIST_ENDPOINTS_FOR_PROJECT = rule(
    "identity:list_endpoints_for_project", READER, "List the endpoints of a project.", CLOUD
)
REMOVE_ENDPOINT_FROM_PROJECT = rule(
    "identity:remove_endpoint_from_project", ADMIN, "Take an endpoint from a project.", CLOUD
)
GET_POLICY = rule("identity:get_policy", READER, "Show a policy.", CLOUD)
LIST_POLICIES = rule("identity:list_policies", READER, "List policies.", CLOUD)
CREATE_POLICY = rule("identity:create_policy", ADMIN, "Create a policy.", CLOUD)
UPDATE_POLICY = rule("identity:update_policy", ADMIN, "Change a policy.", CLOUD)
DELETE_POLICY = rule("identity:delete_policy", ADMIN, "Delete a policy.", CLOUD)
LIST_ENDPOINTS_FOR_POLICY = rule(
    "identity:list_endpoints_for_policy", READER, "List the endpoints of a policy.", CLOUD
)
GET_POLICY_FOR_ENDPOINT = rule(
    "identity:get_policy_for_endpoint", READER, "Show the policy of an endpoint.", CLOUD
)
_ASSOCIATED = ("endpoint", "service", "region_and_service")
CREATE_POLICY_ASSOCIATION = {
    each: rule(f"identity:create_policy_association_for_{each}", ADMIN, "Give a policy.", CLOUD)
    for each in _ASSOCIATED
}
CHECK_POLICY_ASSOCIATION = {
    each: rule(f"identity:check_policy_association_for_{each}", READER, "Whether the policy is given.", CLOUD)
    for each in _ASSOCIATED
}
DELETE_POLICY_ASSOCIATION = {
    each: rule(f"identity:delete_policy_association_for_{each}", ADMIN, "Take a policy.", CLOUD)
    for each in _ASSOCIATED
}

# configuration of domains

CREATE_DOMAIN_CONFIG = rule("identity:create_domain_config", ADMIN, "Configure a domain.", CLOUD)
GET_DOMAIN_CONFIG = rule("identity:get_domain_config", READER, "Show a domain's configuration.", CLOUD)
GET_SECURITY_COMPLIANCE = rule(
    "identity:get_security_compliance_domain_config", "", "Show what passwords must look like.", ANY
)
UPDATE_DOMAIN_CONFIG = rule("identity:update_domain_config", ADMIN, "Change a domain's configuration.", CLOUD)
DELETE_DOMAIN_CONFIG = rule("identity:delete_domain_config", ADMIN, "Forget a domain's configuration.", CLOUD)
GET_DOMAIN_CONFIG_DEFAULT = rule(
    "identity:get_domain_config_default", READER, "Show the configuration of all other domains.", CLOUD
)

# credentials

_OWN_READ = f"{READER} or rule:owner"
_RULES_READ = f"(role:reader and system_scope:all) or {_SELF}"
GET_APPLICATION_CREDENTIAL = rule(
    "identity:get_application_credential", _OWN_READ, "Show an application credential.", CLOUD
)
LIST_APPLICATION_CREDENTIALS = rule(
    "identity:list_application_credentials", _OWN_READ, "List a user's application credentials.", CLOUD
)
CREATE_APPLICATION_CREDENTIAL = rule(
    "identity:create_application_credential", "rule:owner", "Create an application credential.", ("project",)
)
DELETE_APPLICATION_CREDENTIAL = rule(
    "identity:delete_application_credential",
    "rule:admin_or_owner",
    "Delete an application credential.",
    CLOUD,
)
GET_ACCESS_RULE = rule("identity:get_access_rule", _RULES_READ, "Show an access rule.", CLOUD)
LIST_ACCESS_RULES = rule("identity:list_access_rules", _RULES_READ, "List a user's access rules.", CLOUD)
DELETE_ACCESS_RULE = rule(
    "identity:delete_access_rule",
    f"(role:admin and system_scope:all) or {_SELF}",
    "Delete an access rule.",
    CLOUD,
)
_CREDENTIAL = "user_id:%(target.credential.user_id)s"
GET_CREDENTIAL = rule("identity:get_credential", f"{READER} or {_CREDENTIAL}", "Show a credential.", ANY)
LIST_CREDENTIALS = rule("identity:list_credentials", f"{READER} or {_CREDENTIAL}", "List credentials.", ANY)
CREATE_CREDENTIAL = rule(
    "identity:create_credential", f"rule:admin_required or {_CREDENTIAL}", "Create a credential.", ANY
)
UPDATE_CREDENTIAL = rule(
    "identity:update_credential", f"rule:admin_required or {_CREDENTIAL}", "Update a credential.", ANY
)
DELETE_CREDENTIAL = rule(
    "identity:delete_credential", f"rule:admin_required or {_CREDENTIAL}", "Delete a credential.", ANY
)
_EC2_OWN = f"(rule:admin_required) or (role:member and {_CREDENTIAL})"
EC2_GET_CREDENTIAL = rule(
    "identity:ec2_get_credential",
    f"{READER} or user_id:%(target.credential.user_id)s",
    "Show EC2 keys.",
    CLOUD,
)
EC2_LIST_CREDENTIALS = rule(
    "identity:ec2_list_credentials", f"{READER} or rule:owner", "List EC2 keys.", CLOUD
)
EC2_CREATE_CREDENTIAL = rule("identity:ec2_create_credential", _EC2_OWN, "Create EC2 keys.", CLOUD)
EC2_DELETE_CREDENTIAL = rule("identity:ec2_delete_credential", _EC2_OWN, "Delete EC2 keys.", CLOUD)

# federation

GET_IDENTITY_PROVIDER = rule("identity:get_identity_provider", READER, "Show an identity provider.", CLOUD)
LIST_IDENTITY_PROVIDERS = rule("identity:list_identity_providers", READER, "List identity providers.", CLOUD)
CREATE_IDENTITY_PROVIDER = rule(
    "identity:create_identity_provider", ADMIN, "Create an identity provider.", CLOUD
)
UPDATE_IDENTITY_PROVIDER = rule(
    "identity:update_identity_provider", ADMIN, "Update an identity provider.", CLOUD
)
DELETE_IDENTITY_PROVIDER = rule(
    "identity:delete_identity_provider", ADMIN, "Delete an identity provider.", CLOUD
)
GET_PROTOCOL = rule("identity:get_protocol", READER, "Show a protocol of an identity provider.", CLOUD)
LIST_PROTOCOLS = rule("identity:list_protocols", READER, "List the protocols of an identity provider.", CLOUD)
CREATE_PROTOCOL = rule("identity:create_protocol", ADMIN, "Create a protocol of an identity provider.", CLOUD)
UPDATE_PROTOCOL = rule("identity:update_protocol", ADMIN, "Update a protocol of an identity provider.", CLOUD)
DELETE_PROTOCOL = rule("identity:delete_protocol", ADMIN, "Delete a protocol of an identity provider.", CLOUD)
GET_MAPPING = rule("identity:get_mapping", READER, "Show a mapping.", CLOUD)
LIST_MAPPINGS = rule("identity:list_mappings", READER, "List mappings.", CLOUD)
CREATE_MAPPING = rule("identity:create_mapping", ADMIN, "Create a mapping.", CLOUD)
UPDATE_MAPPING = rule("identity:update_mapping", ADMIN, "Update a mapping.", CLOUD)
DELETE_MAPPING = rule("identity:delete_mapping", ADMIN, "Delete a mapping.", CLOUD)
GET_SERVICE_PROVIDER = rule("identity:get_service_provider", READER, "Show a service provider.", CLOUD)
LIST_SERVICE_PROVIDERS = rule("identity:list_service_providers", READER, "List service providers.", CLOUD)
CREATE_SERVICE_PROVIDER = rule("identity:create_service_provider", ADMIN, "Create a service provider.", CLOUD)
UPDATE_SERVICE_PROVIDER = rule("identity:update_service_provider", ADMIN, "Update a service provider.", CLOUD)
DELETE_SERVICE_PROVIDER = rule("identity:delete_service_provider", ADMIN, "Delete a service provider.", CLOUD)

# trusts

_TRUSTOR = "user_id:%(target.trust.trustor_user_id)s"
_TRUSTEE = "user_id:%(target.trust.trustee_user_id)s"
_EITHER = f"{READER} or {_TRUSTOR} or {_TRUSTEE}"
CREATE_TRUST = rule("identity:create_trust", _TRUSTOR, "Lend roles.", ("project",))
LIST_TRUSTS = rule("identity:list_trusts", READER, "List all trusts.", CLOUD)
LIST_TRUSTS_FOR_TRUSTOR = rule(
    "identity:list_trusts_for_trustor", f"{READER} or {_TRUSTOR}", "List what somebody lent.", CLOUD
)
LIST_TRUSTS_FOR_TRUSTEE = rule(
    "identity:list_trusts_for_trustee", f"{READER} or {_TRUSTEE}", "List what somebody was lent.", CLOUD
)
GET_TRUST = rule("identity:get_trust", _EITHER, "Show a trust.", CLOUD)
DELETE_TRUST = rule("identity:delete_trust", f"rule:admin_required or {_TRUSTOR}", "End a trust.", CLOUD)
LIST_ROLES_FOR_TRUST = rule("identity:list_roles_for_trust", _EITHER, "List the roles of a trust.", CLOUD)
GET_ROLE_FOR_TRUST = rule("identity:get_role_for_trust", _EITHER, "Show a role of a trust.", CLOUD)

# revocations

_VALIDATES = "rule:service_or_admin"
LIST_REVOKE_EVENTS = rule("identity:list_revoke_events", _VALIDATES, "List what ended tokens.", CLOUD)

# requests signed with access keys

EC2TOKENS_VALIDATE = rule("identity:ec2tokens_validate", _VALIDATES, "Check an EC2 signature.", ANY)
S3TOKENS_VALIDATE = rule("identity:s3tokens_validate", _VALIDATES, "Check an S3 signature.", ANY)

# OAuth 1.0a

GET_CONSUMER = rule("identity:get_consumer", READER, "Show a consumer.", CLOUD)
LIST_CONSUMERS = rule("identity:list_consumers", READER, "List consumers.", CLOUD)
CREATE_CONSUMER = rule("identity:create_consumer", ADMIN, "Register a consumer.", CLOUD)
UPDATE_CONSUMER = rule("identity:update_consumer", ADMIN, "Describe a consumer otherwise.", CLOUD)
DELETE_CONSUMER = rule("identity:delete_consumer", ADMIN, "Delete a consumer.", CLOUD)
AUTHORIZE_REQUEST_TOKEN = rule("identity:authorize_request_token", ADMIN, "Let a consumer act.", ("project",))
LIST_ACCESS_TOKENS = rule("identity:list_access_tokens", ADMIN, "List access tokens of a user.", ("project",))
GET_ACCESS_TOKEN = rule("identity:get_access_token", ADMIN, "Show an access token.", ("project",))
DELETE_ACCESS_TOKEN = rule("identity:delete_access_token", ADMIN, "Take an access token back.", ("project",))
LIST_ACCESS_TOKEN_ROLES = rule("identity:list_access_token_roles", ADMIN, "List its roles.", ("project",))
GET_ACCESS_TOKEN_ROLE = rule("identity:get_access_token_role", ADMIN, "Show a role of it.", ("project",))

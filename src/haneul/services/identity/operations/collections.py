"""What can be listed and looked up of identity: of which tables, by which names, and how upstream calls each thing."""

from __future__ import annotations

from haneul.kernel.collection import Collection
from haneul.services.identity.store import (
    catalog,
    credentials,
    endpoint_filters,
    federation,
    limits,
    oauth1,
    policies,
    projects,
    revocations,
    roles,
    trusts,
    users,
)

DOMAINS = Collection(projects.DOMAINS, "domain", by={"held_by": roles.domains_held_by})
ACTING_DOMAINS = Collection(projects.DOMAINS, "project")
"""Domains by way of the projects API, which calls them projects."""
PROJECTS = Collection(projects.PROJECTS, "project", by={"held_by": roles.projects_held_by})
USERS = Collection(
    users.USERS,
    "user",
    by={"in_group": users.in_group, "known_as": federation.known_as},
    narrow=users.USERS_BY_EXPIRY,
)
GROUPS = Collection(users.GROUPS, "group", by={"has_member": users.has_member})
ROLES = Collection(roles.ROLES, "role")
REGIONS = Collection(catalog.REGIONS, "region")
SERVICES = Collection(catalog.SERVICES, "service")
ENDPOINTS = Collection(catalog.ENDPOINTS, "endpoint")
ENDPOINT_GROUPS = Collection(endpoint_filters.ENDPOINT_GROUPS, "endpoint_group")
POLICIES = Collection(policies.POLICIES, "policy")
REGISTERED_LIMITS = Collection(limits.REGISTERED_LIMITS, "registered_limit")
LIMITS = Collection(limits.LIMITS, "limit", by={"in_domain": limits.in_domain})
CREDENTIALS = Collection(credentials.CREDENTIALS, "credential")
APPLICATION_CREDENTIALS = Collection(credentials.APPLICATION_CREDENTIALS, "application_credential")
ACCESS_RULES = Collection(credentials.ACCESS_RULES, "access_rule")
TRUSTS = Collection(trusts.TRUSTS, "trust")
CONSUMERS = Collection(oauth1.CONSUMERS, "consumer")
ACCESS_TOKENS = Collection(oauth1.ACCESS_TOKENS, "access_token")
IDENTITY_PROVIDERS = Collection(federation.IDENTITY_PROVIDERS, "Identity Provider")
MAPPINGS = Collection(federation.MAPPINGS, "mapping")
SERVICE_PROVIDERS = Collection(federation.SERVICE_PROVIDERS, "Service Provider")
REVOCATIONS = Collection(revocations.REVOCATIONS, "revocation")

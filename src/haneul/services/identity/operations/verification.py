"""Whether what is stored of people, roles and the catalogue fits together."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.services.identity.store.catalog import ENDPOINTS, REGIONS, SERVICES
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS
from haneul.services.identity.store.projects import DOMAINS, PROJECTS
from haneul.services.identity.store.roles import ASSIGNMENTS, IMPLIED, ROLES
from haneul.services.identity.store.trusts import TRUSTS
from haneul.services.identity.store.users import GROUPS, MEMBERSHIPS, USERS


async def verify(ctx: Context) -> str | None:
    """None, or the first contradiction.

    Users and groups may be in a directory of others, so whether a role's holder exists is not asked.
    """
    domains = {d.id for d in await DOMAINS.find(ctx.tx)}
    projects = {p.id: p for p in await PROJECTS.find(ctx.tx)}
    roles = {r.id for r in await ROLES.find(ctx.tx)}
    for project in projects.values():
        if project.domain_id not in domains:
            return f"project {project.id} is in domain {project.domain_id}, which is not there"
        if project.parent_id not in projects and project.parent_id not in domains:
            return f"project {project.id} is below {project.parent_id}, which is not there"
    for user in await USERS.find(ctx.tx):
        if user.domain_id not in domains:
            return f"user {user.id} is in domain {user.domain_id}, which is not there"
    groups = {g.id: g for g in await GROUPS.find(ctx.tx)}
    for group in groups.values():
        if group.domain_id not in domains:
            return f"group {group.id} is in domain {group.domain_id}, which is not there"
    for member in await MEMBERSHIPS.find(ctx.tx):
        if member.group_id not in groups:
            return f"user {member.user_id} is in group {member.group_id}, which is not there"
    for each in await ASSIGNMENTS.find(ctx.tx):
        targets = {"project": projects, "domain": domains}.get(each.target_kind)
        if each.role_id not in roles or (targets is not None and each.target_id not in targets):
            return (
                f"{each.actor_kind} {each.actor_id} has the role {each.role_id} on {each.target_kind} "
                f"{each.target_id}; one of them is not there"
            )
    for implied in await IMPLIED.find(ctx.tx):
        if implied.prior_role_id not in roles or implied.implied_role_id not in roles:
            return f"role {implied.prior_role_id} implies {implied.implied_role_id}; one of them is not there"
    for credential in await APPLICATION_CREDENTIALS.find(ctx.tx):
        if credential.project_id not in projects:
            return (
                f"application credential {credential.id} is for {credential.project_id}, which is not there"
            )
    for trust in await TRUSTS.find(ctx.tx):
        if trust.project_id is not None and trust.project_id not in projects:
            return f"trust {trust.id} is for project {trust.project_id}, which is not there"
    return await _wrong_catalogue(ctx)


async def _wrong_catalogue(ctx: Context) -> str | None:
    """Endpoints are of a service, and in a region, that is there."""
    services = {s.id for s in await SERVICES.find(ctx.tx)}
    regions = {r.id for r in await REGIONS.find(ctx.tx)}
    for endpoint in await ENDPOINTS.find(ctx.tx):
        if endpoint.service_id not in services:
            return f"endpoint {endpoint.id} is of service {endpoint.service_id}, which is not there"
        if endpoint.region_id is not None and endpoint.region_id not in regions:
            return f"endpoint {endpoint.id} is in region {endpoint.region_id}, which is not there"
    return None

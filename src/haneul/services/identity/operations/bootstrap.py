"""What a cloud needs before anybody can log in. Everything here may run again at every start.

Passwords are hashed here with the transaction open, unlike everywhere else: nobody else is served yet.
"""

from __future__ import annotations

from msgspec.structs import replace

from haneul.kernel.context import Context
from haneul.kernel.ids import new_hex
from haneul.services.identity.errors import ThingNotFound
from haneul.services.identity.model.catalog import INTERFACES, Endpoint, Region, Service
from haneul.services.identity.model.projects import Domain, Project
from haneul.services.identity.model.roles import (
    IMPLIES,
    STANDARD,
    SYSTEM_ID,
    Assignment,
    ImpliedRole,
    Role,
)
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import passwords, tokens
from haneul.services.identity.store.catalog import ENDPOINTS, REGIONS, SERVICES
from haneul.services.identity.store.projects import DOMAINS, PROJECTS
from haneul.services.identity.store.revocations import begin_counting
from haneul.services.identity.store.roles import ASSIGNMENTS, IMPLIED, ROLES
from haneul.services.identity.store.users import USERS

DEFAULT_DOMAIN = "default"


async def bootstrap(
    ctx: Context, *, admin_password: str, endpoint: str | None = None, region: str = "RegionOne"
) -> None:
    """The default domain, the standard roles, user and project admin, project service, identity itself.

    An admin that is there keeps the password it has.
    """
    await begin_counting(ctx.tx)
    if await DOMAINS.get(ctx.tx, DEFAULT_DOMAIN) is None:
        await DOMAINS.add(ctx.tx, Domain(DEFAULT_DOMAIN, "Default", "The default domain"))
    ids = {name: await _ensure_role(ctx, name) for name in STANDARD}
    for prior, implied in IMPLIES.items():
        if await IMPLIED.get(ctx.tx, ids[prior], ids[implied]) is None:
            await IMPLIED.add(ctx.tx, ImpliedRole(ids[prior], ids[implied]))
    admin = await ensure_project(ctx, "admin", description="Bootstrap project for initializing the cloud.")
    await ensure_project(ctx, "service", description="Users of the cloud's own services.")
    user = await ensure_user(ctx, "admin", admin_password, default_project_id=admin.id)
    await grant(ctx, "admin", user_id=user.id, project_id=admin.id)
    await grant(ctx, "admin", user_id=user.id)
    url = f"{endpoint or ctx.platform.endpoint}/identity"
    await ensure_service(ctx, "identity", "keystone", url, region)


async def ensure_project(
    ctx: Context, name: str, *, domain_id: str = DEFAULT_DOMAIN, description: str = ""
) -> Project:
    """The domain has a project of that name. One that was there before stays as it is."""
    project = await PROJECTS.first(ctx.tx, domain_id=domain_id, name=name)
    if project is not None:
        return project
    return await PROJECTS.add(ctx.tx, Project(new_hex(), name, domain_id, domain_id, description))


async def ensure_user(
    ctx: Context,
    name: str,
    password: str,
    *,
    domain_id: str = DEFAULT_DOMAIN,
    default_project_id: str | None = None,
) -> User:
    """The user of that name; one that is there keeps the password it has."""
    user = await USERS.first(ctx.tx, domain_id=domain_id, name=name, origin="")
    if user is not None:
        return user
    new = User(
        new_hex(),
        name,
        domain_id,
        default_project_id=default_project_id,
        password_hash=await passwords.hashed(ctx.platform, password),
    )
    return await USERS.add(ctx.tx, new)


async def grant(ctx: Context, role: str, *, user_id: str, project_id: str | None = None) -> None:
    """The user has the role (by name) on the project, or on the system if there is none."""
    known = await ROLES.first(ctx.tx, domain_id="", name=role)
    if known is None:
        raise ThingNotFound(kind="role", id=role)
    kind, target = ("project", project_id) if project_id else ("system", SYSTEM_ID)
    if await ASSIGNMENTS.get(ctx.tx, user_id, kind, target, known.id, False) is None:
        await ASSIGNMENTS.add(ctx.tx, Assignment(user_id, kind, target, known.id))


async def ensure_service(ctx: Context, type: str, name: str, url: str, region: str = "RegionOne") -> Service:
    """The service is in the catalogue, with its three endpoints at this URL."""
    tokens.catalogue_changed(ctx)
    if await REGIONS.get(ctx.tx, region) is None:
        await REGIONS.add(ctx.tx, Region(region))
    service = await SERVICES.first(ctx.tx, type=type, name=name)
    if service is None:
        service = await SERVICES.add(ctx.tx, Service(new_hex(), type, name))
    known = {e.interface: e for e in await ENDPOINTS.find(ctx.tx, service_id=service.id, region_id=region)}
    for interface in INTERFACES:
        endpoint = known.get(interface)
        if endpoint is None:
            await ENDPOINTS.add(ctx.tx, Endpoint(new_hex(), service.id, interface, url, region))
        elif endpoint.url != url:
            await ENDPOINTS.update(ctx.tx, replace(endpoint, url=url))
    return service


async def withdraw_service(ctx: Context, type: str, name: str) -> None:
    """The catalogue no longer has the service; fine if it never had."""
    service = await SERVICES.first(ctx.tx, type=type, name=name)
    if service is not None:
        tokens.catalogue_changed(ctx)
        await ENDPOINTS.remove(ctx.tx, service_id=service.id)
        await SERVICES.remove(ctx.tx, id=service.id)


async def project_exists(ctx: Context, id: str) -> bool:
    """Whether there is such a project, enabled or not."""
    return await PROJECTS.get(ctx.tx, id) is not None


async def _ensure_role(ctx: Context, name: str) -> str:
    role = await ROLES.first(ctx.tx, domain_id="", name=name)
    if role is None:
        role = await ROLES.add(ctx.tx, Role(new_hex(), name, options={"immutable": True}))
    return role.id

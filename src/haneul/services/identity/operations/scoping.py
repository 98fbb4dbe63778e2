"""Giving an authorisation its place: a project, a domain, the system, or none; and its roles there."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from haneul.kernel.auth import Auth
from haneul.kernel.db import Tx
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.services.identity.model.projects import Project
from haneul.services.identity.model.proofs import Named, Proof, Scope
from haneul.services.identity.model.roles import SYSTEM_ID, Role, in_tokens
from haneul.services.identity.model.trusts import Trust
from haneul.services.identity.model.users import User
from haneul.services.identity.store import projects, roles


async def scoped(tx: Tx, auth: Auth, proof: Proof, scope: Scope | None) -> Auth:
    """The authorisation in the scope asked for, by default in the user's default project."""
    if proof.bound:
        if scope is not None and auth.app_credential_id:
            raise Unauthorized("Application credentials cannot request a scope.")
        if scope is not None and (scope.kind, scope.target.id) != ("project", proof.bound.project_id):
            raise Unauthorized
        return await in_project(tx, auth, Named(id=proof.bound.project_id), proof.bound.role_ids)
    if scope is None and proof.earlier and proof.earlier.system:
        return auth
    if scope is None:
        return await _in_default_project(tx, auth, proof.user)
    if scope.kind == "project":
        return await in_project(tx, auth, scope.target)
    if scope.kind == "domain":
        return await _in_domain(tx, auth, scope.target)
    if scope.kind == "system":
        held = await roles.held(
            tx, proof.user.id, "system", SYSTEM_ID, group_ids=auth.group_ids, now=auth.issued_at
        )
        return await _with_roles(tx, replace(auth, system=True), held)
    return auth


async def _in_default_project(tx: Tx, auth: Auth, user: User) -> Auth:
    """Unscoped if there is none, or none that may be used."""
    if user.default_project_id is None:
        return auth
    try:
        return await in_project(tx, auth, Named(id=user.default_project_id))
    except Unauthorized:
        return auth


async def in_project(tx: Tx, auth: Auth, target: Named, only: Sequence[str] | None = None) -> Auth:
    """With the roles that the user has on the project (only these, where given); 401 if there are none."""
    auth, project = await _at(tx, auth, target)
    held = await _held(tx, auth.user_id or "", project, auth.issued_at, auth.group_ids)
    return await _with_roles(tx, auth, held, only)


async def _at(tx: Tx, auth: Auth, target: Named) -> tuple[Auth, Project]:
    """The authorisation in the project, yet without roles; 401 if that cannot be used."""
    if target.id:
        place = await projects.with_domain(tx, target.id)
    else:
        place = await projects.named(
            tx, target.name or "", domain_id=target.domain_id, domain_name=target.domain_name
        )
    if place is None or not (place[0].enabled and place[1].enabled):
        raise Unauthorized
    project, domain = place
    auth = replace(
        auth,
        project_id=project.id,
        project_name=project.name,
        project_domain_id=domain.id,
        project_domain_name=domain.name,
    )
    return auth, project


async def _held(tx: Tx, user_id: str, project: Project, now: str, group_ids: Sequence[str] = ()) -> list[str]:
    above = [project.domain_id, *(each.id for each in await projects.ancestors(tx, project))]
    return await roles.held(tx, user_id, "project", project.id, above, group_ids=group_ids, now=now)


async def roles_in(tx: Tx, user_id: str, project: Project, now: str) -> list[Role]:
    """The roles that the user has on the project now, implied ones included."""
    known, implied = await roles.graph(tx)
    return in_tokens(await _held(tx, user_id, project, now), known, implied)


async def by_trust(tx: Tx, auth: Auth, trust: Trust) -> Auth:
    """With just the roles that the trust lends; 403 if its trustor has one of them no longer."""
    if trust.project_id is None:
        return auth
    auth, project = await _at(tx, auth, Named(id=trust.project_id))
    held = {role.id for role in await roles_in(tx, trust.trustor_user_id, project, auth.issued_at)}
    if not held.issuperset(trust.role_ids):
        raise Forbidden("You are not authorized to perform the requested action.")
    return await _with_roles(tx, auth, trust.role_ids)


async def _in_domain(tx: Tx, auth: Auth, target: Named) -> Auth:
    domain = await projects.domain(tx, id=target.id, name=target.name)
    if domain is None or not domain.enabled:
        raise Unauthorized
    held = await roles.held(
        tx, auth.user_id or "", "domain", domain.id, group_ids=auth.group_ids, now=auth.issued_at
    )
    return await _with_roles(tx, replace(auth, domain_id=domain.id, domain_name=domain.name), held)


async def _with_roles(tx: Tx, auth: Auth, held: Sequence[str], only: Sequence[str] | None = None) -> Auth:
    """The authorisation with those roles, where `only` is given no more than these; 401 if none."""
    known, implied = await roles.graph(tx)
    carried = in_tokens(held, known, implied)
    if only is not None:
        carried = [r for r in in_tokens(only, known, implied) if r in carried]
    if not carried:
        raise Unauthorized
    return replace(auth, roles=tuple(r.name.lower() for r in carried), role_ids=tuple(r.id for r in carried))

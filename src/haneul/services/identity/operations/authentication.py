"""Proving who one is, and being given an authorisation in some scope.

The password is checked with no transaction open. The time of issue is taken before anything is read:
whatever is revoked while we look ends the token too.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from msgspec.structs import replace

from haneul.kernel.context import Auth, Context
from haneul.kernel.db import Tx
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.services.identity.model.credentials import ApplicationCredential
from haneul.services.identity.model.projects import Domain
from haneul.services.identity.model.roles import SYSTEM_ID, in_tokens
from haneul.services.identity.model.users import User
from haneul.services.identity.operations import passwords, revocations, tokens
from haneul.services.identity.store import projects, roles, users
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS
from haneul.services.identity.store.users import USERS

LIFETIME = timedelta(hours=1)


class Named(NamedTuple):
    """A user or project, by id or by name within a domain."""

    id: str | None = None
    name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None


class Scope(NamedTuple):
    """What the token is to be for: kind is project, domain, system or unscoped."""

    kind: str
    target: Named = Named()


class Proof(NamedTuple):
    """Somebody who has proved who they are, and what follows from how they did."""

    user: User
    domain: Domain
    credential: ApplicationCredential | None = None
    earlier: Auth | None = None


async def by_password(ctx: Context, who: Named, password: str) -> Proof:
    async with ctx.in_reading() as c:
        found = await _user(c.tx, who)
    stored = found[0].password_hash if found else None
    is_right = await passwords.fits(password, stored)
    if not found or not is_right or stored is None:
        raise Unauthorized
    if passwords.is_outdated(stored):
        await _rehash(ctx, found[0], password)
    return Proof(*found)


async def by_token(ctx: Context, token: str) -> Proof:
    earlier = await tokens.authenticate(ctx.platform, token)
    if earlier.app_credential_id:
        raise Forbidden(action="rescope a token of an application credential")
    async with ctx.in_reading() as c:
        found = await users.with_domain(c.tx, earlier.user_id or "")
    if not found:
        raise Unauthorized
    return Proof(*found, earlier=earlier)


async def by_application_credential(ctx: Context, who: Named, owner: Named, secret: str) -> Proof:
    """`who` is the credential: by id, or by name with its owner."""
    async with ctx.in_reading() as c:
        if who.id:
            credential = await APPLICATION_CREDENTIALS.get(c.tx, who.id)
            found = await users.with_domain(c.tx, credential.user_id) if credential else None
        else:
            found = await _user(c.tx, owner)
            credential = (
                await APPLICATION_CREDENTIALS.first(c.tx, user_id=found[0].id, name=who.name)
                if found
                else None
            )
    is_right = await passwords.fits(secret, credential.secret_hash if credential else None)
    if not (found and credential and is_right):
        raise Unauthorized
    if credential.expires_at is not None and credential.expires_at <= ctx.now():
        raise Unauthorized
    return Proof(*found, credential=credential)


async def authorize(ctx: Context, proof: Proof, methods: Sequence[str], scope: Scope | None) -> Auth:
    """The authorisation that they get in that scope; by default in their default project."""
    if not (proof.user.enabled and proof.domain.enabled):
        raise Unauthorized
    issued = await revocations.issue_time(ctx.platform)
    expires_at = revocations.time_text(issued + LIFETIME)
    audit_ids: tuple[str, ...] = (_audit_id(),)
    if proof.earlier:
        expires_at = min(expires_at, proof.earlier.expires_at)
        audit_ids += proof.earlier.audit_ids[-1:]
        methods = [*proof.earlier.methods, *methods]
    auth = Auth(
        user_id=proof.user.id,
        user_name=proof.user.name,
        user_domain_id=proof.domain.id,
        user_domain_name=proof.domain.name,
        methods=tuple(dict.fromkeys(methods)),
        audit_ids=audit_ids,
        issued_at=revocations.time_text(issued),
        expires_at=expires_at,
        app_credential_id=proof.credential.id if proof.credential else None,
    )
    async with ctx.in_reading() as c:
        return await _scoped(c.tx, auth, proof, scope)


async def _scoped(tx: Tx, auth: Auth, proof: Proof, scope: Scope | None) -> Auth:
    if proof.credential:
        if scope is not None:
            raise Unauthorized("Application credentials cannot request a scope.")
        return await _in_project(tx, auth, Named(id=proof.credential.project_id), proof.credential.role_ids)
    if scope is None:
        return await _in_default_project(tx, auth, proof.user)
    if scope.kind == "project":
        return await _in_project(tx, auth, scope.target)
    if scope.kind == "domain":
        return await _in_domain(tx, auth, scope.target)
    if scope.kind == "system":
        held = await roles.held(tx, proof.user.id, "system", SYSTEM_ID)
        return await _with_roles(tx, replace(auth, system=True), held)
    return auth


async def _in_default_project(tx: Tx, auth: Auth, user: User) -> Auth:
    """Unscoped if there is none, or none that may be used."""
    if user.default_project_id is None:
        return auth
    try:
        return await _in_project(tx, auth, Named(id=user.default_project_id))
    except Unauthorized:
        return auth


async def _in_project(tx: Tx, auth: Auth, target: Named, only: Sequence[str] | None = None) -> Auth:
    if target.id:
        found = await projects.with_domain(tx, target.id)
    else:
        found = await projects.named(
            tx, target.name or "", domain_id=target.domain_id, domain_name=target.domain_name
        )
    if found is None or not (found[0].enabled and found[1].enabled):
        raise Unauthorized
    project, domain = found
    above = [project.domain_id, *(each.id for each in await projects.ancestors(tx, project))]
    held = await roles.held(tx, auth.user_id or "", "project", project.id, above)
    auth = replace(
        auth,
        project_id=project.id,
        project_name=project.name,
        project_domain_id=domain.id,
        project_domain_name=domain.name,
    )
    return await _with_roles(tx, auth, held, only)


async def _in_domain(tx: Tx, auth: Auth, target: Named) -> Auth:
    domain = await projects.domain(tx, id=target.id, name=target.name)
    if domain is None or not domain.enabled:
        raise Unauthorized
    held = await roles.held(tx, auth.user_id or "", "domain", domain.id)
    return await _with_roles(tx, replace(auth, domain_id=domain.id, domain_name=domain.name), held)


async def _with_roles(tx: Tx, auth: Auth, held: Sequence[str], only: Sequence[str] | None = None) -> Auth:
    """The authorisation with those roles (of an application credential: only its own); 401 if none."""
    known, implied = await roles.graph(tx)
    carried = in_tokens(held, known, implied)
    if only is not None:
        carried = [r for r in in_tokens(only, known, implied) if r in carried]
    if not carried:
        raise Unauthorized
    return replace(auth, roles=tuple(r.name.lower() for r in carried), role_ids=tuple(r.id for r in carried))


async def _user(tx: Tx, who: Named) -> tuple[User, Domain] | None:
    if who.id:
        return await users.with_domain(tx, who.id)
    return await users.named(tx, who.name or "", domain_id=who.domain_id, domain_name=who.domain_name)


async def _rehash(ctx: Context, user: User, password: str) -> None:
    """Keep the password by today's means, unless it was changed meanwhile."""
    new = await passwords.hashed(password)
    async with ctx.in_transaction() as c:
        now = await USERS.get(c.tx, user.id)
        if now is not None and now.password_hash == user.password_hash:
            await USERS.update(c.tx, replace(now, password_hash=new))


def _audit_id() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()

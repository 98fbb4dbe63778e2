"""Proving who one is, by one or more methods, and being given an authorisation in some scope.

The time of issue is taken before anything about the scope is read: whatever is revoked while we look
ends the token too.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import Forbidden, Unauthorized
from haneul.kernel.http.routes import Request
from haneul.services.identity.model.proofs import Method, Proof, Scope, together
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import login_safety, revocations
from haneul.services.identity.operations.scoping import by_trust, scoped
from haneul.services.identity.store import trusts, users
from haneul.services.identity.store.trusts import TRUSTS

LIFETIME = timedelta(hours=1)


async def prove(ctx: Context, parts: Sequence[tuple[Method, Any]], request: Request) -> Proof:
    """Who they are: every method with what was given for it; all must agree on the user."""
    login_safety.try_from(ctx, request.address)
    return together([await method.prove(ctx, proofs, request) for method, proofs in parts])


async def authorize(ctx: Context, proof: Proof, scope: Scope | None) -> Auth:
    """The authorisation that they get in that scope; by default in their default project."""
    if not (proof.user.enabled and proof.domain.enabled):
        raise Unauthorized
    _require_reachable(proof, scope)
    issued = await revocations.issue_time(ctx.platform)
    expires_at = time_text(issued + LIFETIME)
    audit_ids: tuple[str, ...] = (_audit_id(),)
    if proof.earlier:
        audit_ids += proof.earlier.audit_ids[-1:]
    auth = Auth(
        user_id=proof.user.id,
        user_name=proof.user.name,
        user_domain_id=proof.domain.id,
        user_domain_name=proof.domain.name,
        methods=proof.methods,
        audit_ids=audit_ids,
        issued_at=time_text(issued),
        expires_at=min(expires_at, proof.not_after or expires_at),
    )
    auth = replace(auth, **proof.marks)
    if scope is not None and scope.kind == "trust" and proof.bound is None:
        return await ctx.transact(_by_trust, auth, scope.target.id or "")
    async with ctx.in_reading() as c:
        return await scoped(c.tx, auth, proof, scope)


def _require_reachable(proof: Proof, scope: Scope | None) -> None:
    """Raise if the scope cannot be reached from that of the token that was shown."""
    if proof.earlier and proof.earlier.system and scope and scope.kind in ("project", "domain"):
        raise Forbidden(
            action="Using a system-scoped token to create a project-scoped or domain-scoped token is not "
            "allowed."
        )


async def _by_trust(ctx: Context, auth: Auth, id: str) -> Auth:
    """The authorisation that the trust gives to its trustee; that is one use of it."""
    trust = await TRUSTS.get(ctx.tx, id)
    if trust is None or trust.is_over(ctx.now()):
        raise Unauthorized
    if trust.trustee_user_id != auth.user_id:
        raise Forbidden("You are not authorized to perform the requested action.")
    owner = await users.with_domain(ctx.tx, trust.trustor_user_id)
    if owner is None or not (owner[0].enabled and owner[1].enabled):
        raise Forbidden("Trustor is disabled.")
    if trust.remaining_uses is not None and not await trusts.use(ctx.tx, trust.id):
        raise Unauthorized
    auth = replace(auth, trust_id=trust.id, trustor_id=trust.trustor_user_id, trustee_id=auth.user_id)
    if trust.expires_at is not None:
        auth = replace(auth, expires_at=min(auth.expires_at, time_text(trust.expires_at)))
    if trust.impersonation:
        trustor, domain = owner
        auth = replace(
            auth,
            user_id=trustor.id,
            user_name=trustor.name,
            user_domain_id=domain.id,
            user_domain_name=domain.name,
        )
    return await by_trust(ctx.tx, auth, trust)


def _audit_id() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()

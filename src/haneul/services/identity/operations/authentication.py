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

from haneul.kernel.context import Auth, Context
from haneul.kernel.errors import Unauthorized
from haneul.kernel.http.routes import Request
from haneul.services.identity.model.proofs import Method, Proof, Scope, together
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import login_safety, revocations
from haneul.services.identity.operations.scoping import scoped

LIFETIME = timedelta(hours=1)


async def prove(ctx: Context, parts: Sequence[tuple[Method, Any]], request: Request) -> Proof:
    """Who they are: every method with what was given for it; all must agree on the user."""
    login_safety.try_from(ctx, request.address)
    return together([await method.prove(ctx, given, request) for method, given in parts])


async def authorize(ctx: Context, proof: Proof, scope: Scope | None) -> Auth:
    """The authorisation that they get in that scope; by default in their default project."""
    if not (proof.user.enabled and proof.domain.enabled):
        raise Unauthorized
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
    async with ctx.in_reading() as c:
        return await scoped(c.tx, replace(auth, **proof.marks), proof, scope)


def _audit_id() -> str:
    return base64.urlsafe_b64encode(os.urandom(16)).rstrip(b"=").decode()

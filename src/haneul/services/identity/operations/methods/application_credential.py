"""By an application credential: its token holds in its project, with its roles, and nowhere else."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, Unauthorized
from haneul.kernel.guesses import guarded
from haneul.kernel.http.bounds import LongText
from haneul.kernel.http.routes import Request
from haneul.kernel.http.schema import Schema
from haneul.services.identity.errors import ThingNotFound
from haneul.services.identity.model.credentials import ApplicationCredential
from haneul.services.identity.model.proofs import Bound, Method, Proof
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import passwords
from haneul.services.identity.operations.references import Reference, named
from haneul.services.identity.store import users
from haneul.services.identity.store.credentials import APPLICATION_CREDENTIALS


class GivenApplicationCredential(Schema):
    secret: LongText
    id: LongText | None = None
    name: LongText | None = None
    user: Reference | None = None


async def prove(ctx: Context, proof: GivenApplicationCredential, request: Request) -> Proof:
    """Who the credential's owner is, and what its token may; Unauthorized for wrong secrets, slower with each guess."""
    owner = proof.user and (proof.user.id or proof.user.name)
    with guarded(
        ctx.platform, f"application credential {proof.id or f'{proof.name} of {owner}'}", request.address
    ):
        return await _prove(ctx, proof, request.address)


async def _prove(ctx: Context, proof: GivenApplicationCredential, address: str) -> Proof:
    credential = await _find(ctx, proof)
    async with ctx.in_reading() as c:
        owner = await users.with_domain(c.tx, credential.user_id) if credential else None
    is_right = await passwords.fits(
        ctx.platform, proof.secret, credential.secret_hash if credential else None, address=address
    )
    if credential is None and proof.id:  # ids cannot be guessed, so that there is none is no secret
        raise ThingNotFound(kind="Application Credential", id=proof.id)
    if not (owner and credential and is_right):
        raise Unauthorized
    end = credential.expires_at
    if end is not None and end <= ctx.now():
        raise Unauthorized
    return Proof(
        *owner,
        methods=("application_credential",),
        marks={
            "app_credential_id": credential.id,
            "access_rules": tuple(
                (rule["service"], rule["method"], rule["path"]) for rule in credential.access_rules or ()
            ),
        },
        bound=Bound(credential.project_id, tuple(credential.role_ids)),
        not_after=time_text(end) if end else None,
    )


async def _find(ctx: Context, proof: GivenApplicationCredential) -> ApplicationCredential | None:
    async with ctx.in_reading() as c:
        if proof.id:
            return await APPLICATION_CREDENTIALS.get(c.tx, proof.id)
        if not (proof.name and proof.user):
            raise BadRequest("Expecting to find id or name with user in application_credential.")
        owner = await users.known(c.tx, named(proof.user, "user"))
        if owner is None:
            return None
        return await APPLICATION_CREDENTIALS.first(c.tx, user_id=owner[0].id, name=proof.name)


METHOD = Method("application_credential", GivenApplicationCredential, prove)

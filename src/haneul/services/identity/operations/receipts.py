"""Asking for more than one proof, and remembering meanwhile what was proved."""

from __future__ import annotations

from msgspec.structs import replace

from haneul.kernel.auth import Auth
from haneul.kernel.context import Context
from haneul.kernel.errors import Unauthorized
from haneul.services.identity.errors import MoreProofNeeded
from haneul.services.identity.model import tokens
from haneul.services.identity.model.proofs import Proof
from haneul.services.identity.model.receipts import LIFETIME, Receipt, is_enough, required_methods
from haneul.services.identity.model.revocations import time_text
from haneul.services.identity.operations import methods, revocations
from haneul.services.identity.operations.keys import SIGNING


async def enough(ctx: Context, proof: Proof, earlier: str | None) -> Proof:
    """The proof with what an earlier receipt adds; `MoreProofNeeded` if the user's rules ask for more."""
    if earlier is not None:
        receipt = await _valid(ctx, earlier)
        if receipt.user_id != proof.user.id:
            raise Unauthorized
        proof = replace(proof, methods=tuple(dict.fromkeys((*proof.methods, *receipt.methods))))
    rules = required_methods(proof.user.options, methods.NAMES)
    if is_enough(proof.methods, rules):
        return proof
    issued = await revocations.issue_time(ctx.platform)
    receipt = Receipt(proof.user.id, proof.methods, time_text(issued), time_text(issued + LIFETIME))
    signed = SIGNING.newest(ctx.platform.folder)[1].sign(receipt)
    raise MoreProofNeeded(receipt=receipt, signed=signed, proof=proof, rules=rules)


async def _valid(ctx: Context, text: str) -> Receipt:
    receipt = tokens.verify(text, lambda name: SIGNING.find(ctx.platform.folder, name), Receipt)
    if receipt.expires_at <= time_text(ctx.now()):
        raise Unauthorized
    if await revocations.is_revoked(ctx.platform, Auth(user_id=receipt.user_id, issued_at=receipt.issued_at)):
        raise Unauthorized
    return receipt

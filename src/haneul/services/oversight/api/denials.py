"""/v1/denials"""

from __future__ import annotations

from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import NotFound
from haneul.kernel.http import Routes
from haneul.services.oversight import policy
from haneul.services.oversight.api import answers

routes = Routes("/v1")


@routes.get("/denials/{request_id}", policy=policy.DENIALS, answer=answers.OneDenial, errors=(NotFound,))
async def show_denial(ctx: Context, request_id: str) -> dict[str, Any]:
    """Why that request was refused: the rule, the roles held, and the smallest role that would pass."""
    denial = ctx.platform.denials.of(request_id)
    if denial is None or not ctx.may(policy.DENIALS, denial):
        raise NotFound(f"No refusal of a request {request_id} is remembered.")
    return {"denial": denial}

"""What owners are told of failed work, as stored; and how it is told, in the transaction that notes the failure."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.db import Rows
from haneul.services.block_storage.model.messages import DETAILS, KEPT_FOR, Actions, Message

MESSAGES = Rows(
    Message, "block_storage_messages", indexes=(("project_id", "created_at", "id"), ("expires_at",))
)


async def tell(ctx: Context, action: Actions, resource_id: str, project_id: str) -> None:
    """The project can read that this failed, and of which kind the failure is."""
    doing = action.value
    now = ctx.now()
    await MESSAGES.add(
        ctx.tx,
        Message(
            id=ctx.new_id(),
            project_id=project_id,
            request_id=ctx.request_id,
            resource_type=doing.resource,
            resource_id=resource_id,
            event_id=f"VOLUME_{doing.resource}_{doing.number}_{doing.detail}",
            text=f"{doing.text}:{DETAILS[doing.detail]}",
            level="ERROR",
            created_at=now,
            expires_at=now + KEPT_FOR,
        ),
    )

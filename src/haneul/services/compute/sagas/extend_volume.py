"""Let a guest see that a volume of its server has grown.

Nobody asks for it at the server: it follows from what was done to the volume, and shows in the server's
history. A machine that does not run sees the new size when it starts.
"""

from __future__ import annotations

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.block_storage import public as block_storage
from haneul.services.compute.drivers.interface import ResizesDisks


class Larger(msgspec.Struct, frozen=True):
    server_id: str
    host: str
    volume_id: str
    attachment_id: str
    size_gb: int


async def show_growth(ctx: Context, larger: Larger) -> None:
    """The guest sees the new size, if its machine runs."""
    await ctx.agent(larger.host, ResizesDisks).disk_grew(larger.server_id, larger.volume_id)


async def note_growth(ctx: Context, larger: Larger) -> None:
    """It stands written which size the guest has seen, so that it is shown once."""
    await block_storage.note_size(ctx, larger.attachment_id, larger.size_gb)


async def give_up(ctx: Context, larger: Larger, failure: Failure) -> None:
    """The guest sees the size when it starts next; the operation's record says why not now."""
    await note_growth(ctx, larger)


EXTEND_VOLUME = Saga(
    "compute.extend_volume",
    input=Larger,
    steps=[Step(show_growth), Step(note_growth, joins=True)],
    on_failure=give_up,
)

"""The definitions that a new cloud knows: the keys that images, flavors, volumes and aggregates take."""

from __future__ import annotations

from pathlib import Path

import msgspec

from haneul.kernel.context import Context
from haneul.services.image.model import metadefs as model
from haneul.services.image.operations import metadef_namespaces as namespaces
from haneul.services.image.store.metadefs import RESOURCE_TYPES

FILE = Path(__file__).parent.parent / "definitions.json"


async def ensure(ctx: Context, owner: str) -> None:
    """The definitions are there, once: what an administrator deletes or changes stays so."""
    if await RESOURCE_TYPES.count(ctx.tx):
        return
    for document in msgspec.json.decode(FILE.read_bytes()):
        await namespaces.add(ctx, model.read(model.NewNamespace, document, "namespace"), owner)

"""What the process around calls of the image service; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul.kernel.context import Context
from haneul.kernel.lifecycle import FirstRows
from haneul.services.identity import public as identity
from haneul.services.image import public

verify = public.verify

SIMULATED = {"web": {"private_networks": ["127.0.0.0/8"], "allowed_ports": []}}
"""Tests serve images on loopback."""


async def furnish(ctx: Context, cloud: FirstRows) -> None:
    """The usual metadata definitions are there, the administrator's project owns them."""
    _, project = cloud.people[0]
    owner = await identity.ensure_project(ctx, project)
    await public.ensure_definitions(ctx, owner.id)

"""What the process around calls of compute; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from typing import Any

import msgspec

from haneul.kernel.context import Context, Platform
from haneul.kernel.hosts.reports import METADATA, MetadataAnswer, MetadataRequest
from haneul.kernel.http.app import Application
from haneul.kernel.lifecycle import FirstRows
from haneul.services.compute import public
from haneul.services.compute.api import consoles
from haneul.services.compute.operations import verification
from haneul.services.compute.store.past_servers import PAST_SERVERS
from haneul.services.compute.store.servers import SERVERS

FLAVORS = (("tiny", 1, 128, 1), ("small", 1, 512, 5), ("medium", 2, 2048, 20), ("large", 4, 4096, 40))

verify = verification.verify


def mount(app: Application) -> None:
    """Consoles can be used."""
    consoles.mount(app)


async def furnish(ctx: Context, cloud: FirstRows) -> None:
    """There are flavors to choose from."""
    for name, vcpus, memory_mib, disk_gb in FLAVORS:
        await public.ensure_flavor(ctx, name, vcpus=vcpus, memory_mib=memory_mib, disk_gb=disk_gb)


async def _metadata(platform: Platform, payload: bytes) -> bytes:
    """What a guest reads at 169.254.169.254."""
    request = msgspec.msgpack.decode(payload, type=MetadataRequest)
    answer = MetadataAnswer(*await public.metadata(platform, request.host, request.port_id, request.path))
    return msgspec.msgpack.encode(answer)


ANSWERS = {METADATA: _metadata}


def remembers() -> tuple[Any, ...]:
    """What was done to a server is kept as long as the server is, or is remembered as gone."""
    return (SERVERS.c.id, PAST_SERVERS.c.id)

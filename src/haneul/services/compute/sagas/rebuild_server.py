"""Give a server a new root disk, of the same or of another image; all else of it stays.

The image is fetched while the server still runs. The old disk is set aside and dropped only once the server
is known to be rebuilt, so a rebuild that fails leaves the server as it was. A server whose root disk is a
volume starts anew from it.
"""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import DriverError
from haneul.kernel.saga import Failure, Saga, Step
from haneul.services.compute.drivers.interface import CachesImages, SetsDisksAside
from haneul.services.compute.model.servers import InjectedFile, PowerState, VmState
from haneul.services.compute.sagas import replace_machine as machines
from haneul.services.compute.sagas.replace_machine import Before
from haneul.services.compute.sagas.restore_server import (
    describe_again,
    find_devices,
    find_root_disk,
    reconnect,
    rewire,
)
from haneul.services.compute.store.servers import SERVERS, find_server
from haneul.services.image import public as image


class Rebuild(msgspec.Struct, frozen=True):
    """The server, and what of it the row no longer says: it was replaced when the rebuild was accepted."""

    server_id: str
    host: str
    vm_state: VmState
    image_id: str | None
    image_properties: dict[str, Any]
    key_name: str | None
    public_key: str | None
    user_data: str | None
    files: list[InjectedFile] = []
    keeps_ephemeral: bool = False


async def fetch_image(ctx: Context, rebuild: Rebuild) -> None:
    """The host has the image in its cache, while the server still runs. Nothing for a server without one."""
    async with ctx.in_reading() as reading:
        server = await SERVERS.get(reading.tx, rebuild.server_id)
        if server is None or server.image_id is None or server.boots_from_volume:
            return
        source = image.source(reading, await image.get(reading, server.image_id))
    await ctx.agent(rebuild.host, CachesImages).ensure_image(server.image_id, source)


async def set_disk_aside(ctx: Context, rebuild: Rebuild) -> None:
    """The old disk is kept aside, and blank disks with it unless they shall stay."""
    await ctx.agent(rebuild.host, SetsDisksAside).set_root_disk_aside(
        rebuild.server_id, copied=False, with_blank=not rebuild.keeps_ephemeral
    )


async def mark_rebuilt(ctx: Context, rebuild: Rebuild, before: Before) -> None:
    """The row says that the server is as it was before, started anew and without any fault."""
    server = await find_server(ctx.tx, rebuild.server_id)
    await SERVERS.change(
        ctx,
        server,
        vm_state=VmState.ACTIVE if before.shall_run else VmState.STOPPED,
        power_state=PowerState.RUNNING if before.shall_run else PowerState.SHUTDOWN,
        launched_at=ctx.now(),
        fault=None,
    )


async def drop_old_disk(ctx: Context, rebuild: Rebuild) -> None:
    """The server is rebuilt, whatever happens here; the next change would drop what this leaves."""
    with contextlib.suppress(DriverError):
        await ctx.agent(rebuild.host, SetsDisksAside).drop_root_disk_aside(rebuild.server_id)


async def remain(ctx: Context, rebuild: Rebuild, failure: Failure) -> None:
    """The server is what it was; the operation's record says why."""
    server = await SERVERS.get(ctx.tx, rebuild.server_id)
    if server is not None:
        await SERVERS.change(
            ctx,
            server,
            vm_state=rebuild.vm_state,
            image_id=rebuild.image_id,
            image_properties=rebuild.image_properties,
            key_name=rebuild.key_name,
            public_key=rebuild.public_key,
            user_data=rebuild.user_data,
            files=rebuild.files,
        )


REBUILD_SERVER = Saga(
    "compute.rebuild_server",
    input=Rebuild,
    steps=[
        Step(machines.remember),
        Step(machines.drop_disk_aside),
        Step(fetch_image, deadline_s=600),
        Step(machines.stop, undo=machines.start_former, deadline_s=180),
        Step(set_disk_aside, undo=machines.bring_disk_back),
        Step(find_devices),
        Step(reconnect),
        Step(rewire),
        Step(find_root_disk, deadline_s=600),
        Step(describe_again),
        Step(machines.start_again, undo=machines.remove),
        Step(mark_rebuilt, joins=True),
        Step(drop_old_disk),
    ],
    on_failure=remain,
)

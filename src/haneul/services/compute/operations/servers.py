"""Servers: create, show, list, update, delete."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, Forbidden, NotFound
from haneul.kernel.policy import Rule
from haneul.kernel.zones import DEFAULT_ZONE
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors
from haneul.services.compute.events import ServerAccepted
from haneul.services.compute.model import block_devices, image_mappings, image_properties
from haneul.services.compute.model.block_devices import LocalWish, VolumeWish
from haneul.services.compute.model.flavors import Flavor
from haneul.services.compute.model.servers import (
    BlockDevice,
    FlavorSnapshot,
    InjectedFile,
    PowerState,
    Server,
    VmState,
)
from haneul.services.compute.policy import CONTEXT_IS_ADMIN
from haneul.services.compute.policy import servers as policy
from haneul.services.compute.sagas.create_server import CREATE_SERVER, NewServer
from haneul.services.compute.sagas.delete_server import DELETE_SERVER, Doomed
from haneul.services.compute.store.flavors import FLAVORS
from haneul.services.compute.store.keypairs import KEYPAIRS
from haneul.services.compute.store.quotas import QUOTAS
from haneul.services.compute.store.server_groups import SERVER_GROUPS
from haneul.services.compute.store.servers import SERVERS
from haneul.services.image import public as image
from haneul.services.network import public as network
from haneul.services.placement import public as placement


class ServerWish(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was asked of a new server, in our words."""

    name: str
    flavor_id: str
    image_id: str | None = None
    networks: list[network.RequestedNic] | None = None
    """None: whatever the project has; an empty list: none."""
    is_network_automatic: bool = False
    security_groups: list[str] = msgspec.field(default_factory=lambda: ["default"])
    key_name: str | None = None
    user_data: str | None = None
    config_drive: bool = False
    metadata: dict[str, str] = {}
    tags: list[str] = []
    zone: str | None = None
    host: str | None = None
    volumes: list[VolumeWish] = []
    local_disks: list[LocalWish] = []
    image_tag: str | None = None
    """What its owner calls the disk of the image."""
    image_bus: str | None = None
    files: list[InjectedFile] = []
    description: str | None = None
    hostname: str | None = None
    access_ip_v4: str = ""
    access_ip_v6: str = ""
    hints: dict[str, Any] = {}
    also_multiattach: bool = True
    """Old clients do not know of volumes that several servers have."""
    disk_config: str = "MANUAL"
    least: int = 1
    most: int = 1


async def create(ctx: Context, wish: ServerWish) -> list[Server]:
    """Accept new servers; sagas bring them to life."""
    flavor = await usable_flavor(ctx, wish.flavor_id)
    wish, properties = await _with_image(ctx, wish, flavor)
    public_key = await public_key_of(ctx, wish.key_name)
    check_user_data(wish.user_data)
    zone, host = await _where(ctx, wish)
    group_id = await _group(ctx, wish.hints)
    nics = await _nics(ctx, wish)
    impossible = await _impossible(ctx, wish, nics)
    root = _root_device(wish, properties)
    named = _device_names(wish, root)
    has_root = _root(wish) is None
    local_disks = block_devices.local_disks(flavor, wish.local_disks, named, has_root=has_root, root=root)
    count = await _how_many(ctx, wish, flavor)
    await _require_group_room(ctx, group_id, count)
    await check_metadata_quota(ctx, wish.metadata)
    await check_files_quota(ctx, wish.files)
    reservation = "r-" + secrets.token_hex(4)
    made = []
    for index in range(count):
        await asyncio.sleep(0)  # there may be a thousand, and the database need not let others run
        now = ctx.now()
        id = ctx.new_id()
        name = wish.name if wish.most == 1 else f"{wish.name}-{index + 1}"
        server = Server(
            id=id,
            project_id=ctx.project_id,
            user_id=ctx.user_id,
            name=name,
            description=wish.description,
            hostname=wish.hostname or hostname_of(wish.name, id, index, wish.most),
            vm_state=VmState.BUILDING,
            power_state=PowerState.NOSTATE,
            host=None,
            zone=zone,
            wanted_host=host,
            flavor=snapshot(flavor),
            vcpus=flavor.vcpus,
            memory_mib=flavor.memory_mib,
            image_id=wish.image_id,
            image_properties=properties,
            key_name=wish.key_name,
            public_key=public_key,
            metadata=wish.metadata,
            tags=sorted(set(wish.tags)),
            user_data=wish.user_data,
            config_drive=wish.config_drive or properties.get("img_config_drive") == "mandatory",
            access_ip_v4=wish.access_ip_v4,
            access_ip_v6=wish.access_ip_v6,
            reservation_id=reservation,
            launch_index=index,
            block_devices=[],
            hints=wish.hints,
            group_id=group_id,
            disk_config=wish.disk_config,
            created_at=now,
            updated_at=now,
            launched_at=None,
            locked_by=None,
            locked_reason=None,
            fault=None,
            local_disks=local_disks,
            device_tags={"root": wish.image_tag} if wish.image_tag else {},
            disk_buses={"root": wish.image_bus} if wish.image_bus else {},
            files=wish.files,
        )
        with _as_bad_request("Block Device Mapping is Invalid: "):
            devices, tags = await _volumes(ctx, server, wish, named)
        if nics:
            with _as_bad_request():
                ports = await network.prepare_ports(ctx, id, nics, wish.security_groups, zone or DEFAULT_ZONE)
            tags |= {port.id: nic.tag for port, nic in zip(ports, nics, strict=True) if nic.tag}
        server = msgspec.structs.replace(
            server,
            block_devices=devices,
            device_tags=server.device_tags | tags,
            disk_buses=server.disk_buses | _buses(devices, wish.volumes),
        )
        await SERVERS.add(ctx.tx, server)
        if group_id is not None:
            await _join(ctx, group_id, server.id)
        await ctx.emit(ServerAccepted(server.id))
        await ctx.start(CREATE_SERVER, NewServer(server.id, impossible), resource=server.id)
        made.append(server)
    return made


@contextlib.contextmanager
def _as_bad_request(before: str = "") -> Iterator[None]:
    """What is named in the body and is not there makes the body wrong, not the address."""
    try:
        yield
    except NotFound as problem:
        raise BadRequest(before + problem.text) from None


async def usable_flavor(ctx: Context, id: str) -> Flavor:
    """The flavor, of which the asker may make servers; FlavorNotUsable if it is hidden, disabled or not there."""
    flavor = await FLAVORS.get(ctx.tx, id)
    usable = flavor is not None and (
        flavor.is_public or ctx.project_id in flavor.projects or ctx.may(CONTEXT_IS_ADMIN, {})
    )
    if flavor is None or not usable or flavor.is_disabled:
        raise errors.FlavorNotUsable(flavor_id=id)
    return flavor


def snapshot(flavor: Flavor) -> FlavorSnapshot:
    """What of the flavor a server keeps, whatever becomes of the flavor."""
    return FlavorSnapshot(
        flavor.id,
        flavor.name,
        flavor.vcpus,
        flavor.memory_mib,
        flavor.disk_gb,
        flavor.ephemeral_gb,
        flavor.swap_mib,
        flavor.extra_specs,
    )


async def _with_image(ctx: Context, wish: ServerWish, flavor: Flavor) -> tuple[ServerWish, dict[str, Any]]:
    """The wish with the volumes that its image adds, and the image's properties, once it is known to fit.

    As upstream, the properties remember who boots: an image made of the server tells it.
    """
    boot = _root(wish)
    image_id = wish.image_id or (boot.source_id if boot and boot.source == "image" else None)
    source = None if image_id is None else await active_image(ctx, image_id)
    if source is not None:
        image_properties.check(source.properties)
        of_image = image_mappings.read(source.properties)
        wish = msgspec.structs.replace(wish, volumes=image_mappings.merged(wish.volumes, of_image))
        require_fits(source, flavor, _root(wish))
    elif boot is None:
        raise BadRequest("Block Device Mapping is Invalid: Boot sequence for the instance and image/block "
                         "device mapping combination is not valid.")  # fmt: skip
    booter = {
        "boot_roles": ",".join(sorted(ctx.auth.roles)),
        "owner_project_name": ctx.auth.project_name or "",
        "owner_user_name": ctx.auth.user_name or "",
    }
    return wish, (source.properties if source else {}) | booter


def _root(wish: ServerWish) -> VolumeWish | None:
    return next((v for v in wish.volumes if v.boot_index == 0), None)


async def active_image(ctx: Context, image_id: str) -> image.Image:
    """The image, which the asker may see and which has its data; ImageNotUsable says what is wrong."""
    try:
        source = await image.get(ctx, image_id)
    except NotFound:
        raise errors.ImageNotUsable(why=f"Image {image_id} could not be found.") from None
    if source.status != "active":
        raise errors.ImageNotUsable(why=f"Image {image_id} is not active.")
    return source


def require_fits(source: image.Image, flavor: Flavor | FlavorSnapshot, boot: VolumeWish | None) -> None:
    """ImageNotUsable unless the flavor has the memory, and the disk or volume the size, that the image needs."""
    if source.min_ram > flavor.memory_mib:
        raise errors.ImageNotUsable(why="Flavor's memory is too small for requested image.")
    size = boot.size_gb or 0 if boot else flavor.disk_gb
    if source.min_disk > size and (boot or flavor.disk_gb):
        raise errors.ImageNotUsable(
            why=f"Flavor's disk is too small for requested image. Flavor disk is {size << 30} bytes, image is "
            f"{source.min_disk << 30} bytes."
        )


async def public_key_of(ctx: Context, name: str | None) -> str | None:
    """The asker's key of that name, None without a name; BadRequest if they have none."""
    if name is None:
        return None
    keypair = await KEYPAIRS.get(ctx.tx, ctx.user_id, name)
    if keypair is None:
        raise BadRequest("Invalid key_name provided.")
    return keypair.public_key


def check_user_data(text: str | None) -> None:
    """Raise unless it is Base64; many programs break it into lines."""
    if text is None:
        return
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("User data needs to be valid base 64.") from None


async def _where(ctx: Context, wish: ServerWish) -> tuple[str | None, str | None]:
    """The zone and the host that were asked for: `zone`, `zone:host`, or a host by name."""
    zone, host = wish.zone, wish.host
    if zone and ":" in zone:
        zone, host = zone.split(":")[0] or None, zone.split(":")[1] or None
    if host is not None:
        ctx.authorize(policy.CREATE_ON_HOST, {"project_id": ctx.project_id})
        if await placement.host(ctx, host) is None:
            raise BadRequest(f"Compute host {host} could not be found.")
    if zone is not None and zone not in await placement.zones(ctx):
        raise BadRequest("The requested availability zone is not available")
    return zone, host


async def _group(ctx: Context, hints: dict[str, Any]) -> str | None:
    id = hints.get("group")
    if id is None:
        return None
    group = await SERVER_GROUPS.get(ctx.tx, str(id))
    if group is None or group.project_id != ctx.project_id:
        raise BadRequest(f"Instance group {id} could not be found.")
    return group.id


async def _join(ctx: Context, group_id: str, server_id: str) -> None:
    group = await SERVER_GROUPS.get(ctx.tx, group_id)
    if group is not None:
        await SERVER_GROUPS.update(
            ctx.tx, msgspec.structs.replace(group, members=[*group.members, server_id])
        )


async def _nics(ctx: Context, wish: ServerWish) -> list[network.RequestedNic]:
    """The NICs that the server gets, checked; several servers cannot share a port or an address."""
    nics = wish.networks
    if nics is None:
        available = await network.auto_networks(ctx)
        if wish.is_network_automatic and not available:
            available = [await _automatic_network(ctx)]
        if len(available) > 1:
            raise errors.WrongNetworks(
                "Multiple possible networks found, use a Network ID to be more specific."
            )
        nics = [network.RequestedNic(network_id=n) for n in available]
    if wish.most > 1 and any(n.port_id for n in nics):
        raise BadRequest("Unable to launch multiple instances with a single configured port ID. Please launch "
                         "your instance one by one with different ports.")  # fmt: skip
    if wish.most > 1 and any(n.fixed_ip for n in nics):
        raise BadRequest("max_count cannot be greater than 1 if an fixed_ip is specified.")
    with _as_bad_request():
        await network.validate(ctx, nics)
    return nics


async def _impossible(ctx: Context, wish: ServerWish, nics: Sequence[network.RequestedNic]) -> str | None:
    """Why the server can never be built as asked, where upstream finds that out while it builds."""
    try:
        with _as_bad_request():
            await network.require_groups_apply(ctx, nics, wish.security_groups)
    except network.SecurityGroupCannotBeApplied as problem:
        return problem.text
    return None


async def _automatic_network(ctx: Context) -> str:
    try:
        return await network.allocate_network(ctx)
    except network.AutoAllocationFailure as none:
        message = f"Unable to automatically allocate a network for project {ctx.project_id}"
        raise BadRequest(message) from none


def _root_device(wish: ServerWish, properties: Mapping[str, Any]) -> str:
    """As it was asked to be called, else by the bus that it is plugged into."""
    boot = _root(wish)
    bus = (boot.bus if boot else wish.image_bus) or properties.get("hw_disk_bus")
    return (boot.device if boot else None) or block_devices.first_name(bus)


def _device_names(wish: ServerWish, root: str) -> list[str]:
    """The names that disks were asked to have, and the root disk's; raises if two are the same."""
    boot = _root(wish)
    others = [v.device for v in wish.volumes if v.device and v is not boot]
    named = [root, *others, *(d.device for d in wish.local_disks if d.device)]
    block_devices.require_different(named)
    return named


MOST_AT_ONCE = 1000
"""Servers of one request, where no quota says less."""


async def _how_many(ctx: Context, wish: ServerWish, flavor: Flavor) -> int:
    """As many as the quota allows, between the least and the most that were asked for."""
    each = {"instances": 1, "cores": flavor.vcpus, "ram": flavor.memory_mib}
    least, most = wish.least, min(wish.most, MOST_AT_ONCE)
    room = await QUOTAS.room(ctx, **each)
    count = max(least, min(most, room))
    if count > room:
        wanted = {name: count * amount for name, amount in each.items()}
        await QUOTAS.require(ctx, ctx.project_id, errors.TooManyServers, **wanted)
    if count > MOST_AT_ONCE:
        raise errors.TooManyServers(resource="instances", requested=count, used=0, limit=MOST_AT_ONCE)
    return count


async def _require_group_room(ctx: Context, group_id: str | None, count: int) -> None:
    """Raise if the server group would have more members than the quota allows."""
    group = await SERVER_GROUPS.get(ctx.tx, group_id) if group_id else None
    if group is not None:
        limit = (await QUOTAS.limits(ctx.tx, ctx.project_id)).get("server_group_members", -1)
        if 0 <= limit < len(group.members) + count:
            raise Forbidden("Quota exceeded, too many servers in group")


async def _volumes(
    ctx: Context, server: Server, wish: ServerWish, named: Sequence[str]
) -> tuple[list[BlockDevice], dict[str, str]]:
    """Make or reserve the volumes that the server is made with; and what the owner calls them, by id."""
    devices: list[BlockDevice] = []
    tags: dict[str, str] = {}
    root = named[0]
    free = block_devices.free_names({*named, *(d.device for d in server.local_disks)}, root)
    boot = _root(wish)
    for volume in wish.volumes:
        if volume.source == "volume" and volume.source_id and not wish.also_multiattach:
            await require_one_user(ctx, volume.source_id)
        device = volume.device or (root if volume is boot else next(free))
        volume_id = volume.source_id
        if volume.source != "volume":
            made = await block_storage.create_for_server(
                ctx,
                server.id,
                volume.size_gb or server.flavor.disk_gb or 1,
                volume.source_id if volume.source == "image" else None,
                volume.source_id if volume.source == "snapshot" else None,
                volume.volume_type,
                "",
                volume.delete_on_termination,
            )
            volume_id = made.id
        assert volume_id is not None
        attachment = await block_storage.reserve(
            ctx,
            volume_id,
            server.id,
            device,
            project_id=server.project_id,
            delete_on_termination=volume.delete_on_termination,
        )
        devices.append(
            BlockDevice(volume_id, attachment, device, volume.boot_index, volume.delete_on_termination)
        )
        if volume.tag:
            tags[volume_id] = volume.tag
    return devices, tags


def _buses(devices: Sequence[BlockDevice], wishes: Sequence[VolumeWish]) -> dict[str, str]:
    """What the volumes are plugged into, by id, where that was asked for."""
    return {d.volume_id: wish.bus for d, wish in zip(devices, wishes, strict=True) if wish.bus}


async def require_one_user(ctx: Context, volume_id: str) -> None:
    """Raise if several servers may have the volume: who asks does not know of such."""
    if (await block_storage.get(ctx, volume_id)).multiattach:
        raise errors.MultiattachTooNew


async def check_metadata_quota(ctx: Context, metadata: dict[str, str]) -> None:
    """Forbidden if these are more items than a server of the asker's project may have."""
    if not metadata:
        return
    limit = (await QUOTAS.limits(ctx.tx, ctx.project_id)).get("metadata_items", -1)
    if 0 <= limit < len(metadata):
        raise Forbidden(f"Maximum number of metadata items exceeds {limit}")


async def check_files_quota(ctx: Context, files: Sequence[InjectedFile]) -> None:
    """Raise if the project may not have the guest write so many or so long files."""
    if not files:
        return
    limits = await QUOTAS.limits(ctx.tx, ctx.project_id)
    most, longest, largest = (
        limits.get(f"injected_file{name}", -1) for name in ("s", "_path_bytes", "_content_bytes")
    )
    if 0 <= most < len(files):
        raise Forbidden("Personality file limit exceeded")
    if 0 <= longest < max(len(f.path) for f in files):
        raise Forbidden(f"Personality file path exceeds maximum length {longest}")
    if 0 <= largest < max(len(base64.b64decode(f.contents)) for f in files):
        raise Forbidden(f"Personality file content exceeds maximum length {largest}")


def hostname_of(name: str, server_id: str, index: int = 0, count: int = 1) -> str:
    """A host name made of the server's name, as Nova makes it (RFC 1123)."""
    text = name.encode("latin-1", "ignore").decode("latin-1")[:63]
    text = re.sub(r"[ _.]", "-", text)
    text = re.sub(r"[^\w-]+", "", text).lower().strip("-")
    if not text:
        return f"Server-{server_id}"
    return f"{text}-{index + 1}" if count > 1 else text


async def show(ctx: Context, id: str, rule: Rule = policy.SHOW) -> Server:
    """The server, if the rule lets the asker do this with it; not found if it is another project's."""
    return await ctx.find(
        SERVERS, id, rule, missing=errors.ServerNotFound, named="server_id", is_own_told=True
    )


async def update(ctx: Context, id: str, **changes: Any) -> Server:
    """Change name, description, addresses or host name."""
    server = await show(ctx, id, policy.UPDATE)
    return await SERVERS.change(ctx, server, **changes)


async def delete(ctx: Context, id: str, rule: Rule = policy.DELETE) -> None:
    """Accept the end of a server, whatever it is doing."""
    server = await show(ctx, id, rule)
    if server.locked_by and not ctx.may(CONTEXT_IS_ADMIN, {}):
        raise errors.Locked(server_id=id)
    if server.doing == DELETE_SERVER.kind:
        return
    await ctx.start(DELETE_SERVER, Doomed(id), resource=id, supersede=True)


async def force_delete(ctx: Context, id: str) -> None:
    """The same: what is deleted is never kept for a while here."""
    await delete(ctx, id, policy.FORCE_DELETE)

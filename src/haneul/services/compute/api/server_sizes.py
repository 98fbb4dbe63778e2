"""Actions that give a server another content, size or password: rebuild, resize, and what follows a resize"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, Forbidden
from haneul.kernel.http import UNSET, Reply, Strict, UnsetType, since, until
from haneul.kernel.http.bounds import FEW, MANY, LongText, Number
from haneul.kernel.ids import new_secret
from haneul.services.compute import versions
from haneul.services.compute.api import server_views as views
from haneul.services.compute.api.links import links
from haneul.services.compute.api.server_actions import Given, action
from haneul.services.compute.api.server_disks import injected_files
from haneul.services.compute.api.server_schemas import File, Metadata, Name, Text, address, uuid
from haneul.services.compute.api.values import refuse, truth
from haneul.services.compute.model.servers import Server
from haneul.services.compute.operations import actions, rebuilding, resizing
from haneul.services.compute.operations.rebuilding import RebuildWish
from haneul.services.compute.policy import servers as policy

LATER_FIELDS = {
    "security_groups": None,
    "config_drive": None,
    "key_name": versions.REBUILD_WITH_KEY,
    "OS-SRV-USG:launched_at": None,
    "OS-SRV-USG:terminated_at": None,
}
"""What the answer to a rebuild shows only from `versions.STRICT_QUERIES` on, or from an earlier version."""
LATER_EXTENSIONS = ("OS-EXT-", "os-extended-", "host_status")


class NewContent(Strict, kw_only=True):
    imageRef: Text
    name: Name | UnsetType = UNSET
    adminPass: LongText | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET
    preserve_ephemeral: bool | Text | UnsetType = UNSET
    disk_config: Text | UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)
    accessIPv4: Text | UnsetType = UNSET
    accessIPv6: Text | UnsetType = UNSET
    personality: Annotated[Annotated[list[File], FEW] | UnsetType, until("2.56")] = UNSET
    description: Annotated[Text | UnsetType | None, since("2.19")] = UNSET
    key_name: Annotated[Name | UnsetType | None, since("2.54")] = UNSET
    user_data: Annotated[Annotated[str, msgspec.Meta(max_length=65535)] | UnsetType | None, since("2.57")] = (
        UNSET
    )
    trusted_image_certificates: Annotated[Annotated[list[Text], MANY] | UnsetType | None, since("2.63")] = (
        UNSET
    )
    hostname: Annotated[Name | UnsetType, since("2.90")] = UNSET


class NewSize(Strict):
    flavorRef: Text | Number
    disk_config: Text | UnsetType = msgspec.field(name="OS-DCF:diskConfig", default=UNSET)


class NewPassword(Strict):
    adminPass: LongText


@action("rebuild", policy.REBUILD, NewContent)
async def rebuild(ctx: Context, id: str, new: NewContent) -> Reply:
    wish = _rebuild_wish(ctx, new)

    async def rebuilt(writing: Context) -> dict[str, Any]:
        return await _rebuilt_view(writing, await rebuilding.rebuild(writing, id, wish))

    shown = await ctx.transact(rebuilt)
    shown["adminPass"] = new.adminPass or new_secret(12)
    location = links(ctx, f"servers/{id}")[0]["href"]
    return Reply({"server": shown}, status=202, headers={"Location": location})


def _rebuild_wish(ctx: Context, new: NewContent) -> RebuildWish:
    if new.trusted_image_certificates is not UNSET and not ctx.may(policy.REBUILD_CERTIFICATES):
        raise Forbidden(action=policy.REBUILD_CERTIFICATES.name)
    if new.trusted_image_certificates:
        raise BadRequest("Signature verification is not supported; trusted_image_certificates cannot be set.")
    keeps = new.preserve_ephemeral if new.preserve_ephemeral is not UNSET else False
    changes: dict[str, Any] = {"files": injected_files(new.personality)}
    if new.name is not UNSET:
        changes["name"] = new.name.strip()
    if new.disk_config is not UNSET:
        changes["disk_config"] = disk_config(new.disk_config, "rebuild.OS-DCF:diskConfig")
    if new.accessIPv4 is not UNSET:
        changes["access_ip_v4"] = _address(new.accessIPv4, 4, "rebuild.accessIPv4")
    if new.accessIPv6 is not UNSET:
        changes["access_ip_v6"] = _address(new.accessIPv6, 6, "rebuild.accessIPv6")
    for field in ("metadata", "description", "user_data", "hostname"):
        if (value := getattr(new, field)) is not UNSET:
            changes[field] = value
    return RebuildWish(
        image_id=uuid(new.imageRef, "rebuild.imageRef"),
        changes=changes,
        key_name=new.key_name,
        writes_volumes=ctx.wants(versions.REBUILD_OF_VOLUMES),
        keeps_ephemeral=truth(keeps, "rebuild.preserve_ephemeral"),
    )


def _address(value: str, version: int, field: str) -> str:
    if not value:
        raise refuse(field, value, f"'' is not a 'ipv{version}'")
    return address(value, version, field)


def disk_config(value: str, field: str) -> str:
    if value not in ("AUTO", "MANUAL"):
        raise refuse(field, value, f"{value!r} is not one of ['AUTO', 'MANUAL']")
    return value


async def _rebuilt_view(ctx: Context, server: Server) -> dict[str, Any]:
    """The server as a rebuild answers: with everything since 2.75, with little before."""
    shown = (await views.details(ctx, [server], is_one=True))[0]
    if not ctx.wants(versions.STRICT_QUERIES):
        for name in [n for n in shown if n in LATER_FIELDS or n.startswith(LATER_EXTENSIONS)]:
            version = LATER_FIELDS.get(name)
            if version is None or not ctx.wants(version):
                del shown[name]
        for addresses in shown["addresses"].values():
            addresses[:] = [{"version": a["version"], "addr": a["addr"]} for a in addresses]
    if ctx.wants(versions.NO_PERSONALITY):
        shown["user_data"] = server.user_data
    return shown


@action("resize", policy.RESIZE, NewSize)
async def resize(ctx: Context, id: str, new: NewSize) -> None:
    flavor_id = str(new.flavorRef).rsplit("/", 1)[-1]
    if not flavor_id:
        raise refuse("resize.flavorRef", new.flavorRef, "'' is too short")
    config = None if new.disk_config is UNSET else disk_config(new.disk_config, "resize.OS-DCF:diskConfig")
    await ctx.transact(resizing.resize, id, flavor_id, config)


@action("confirmResize", policy.CONFIRM_RESIZE)
async def confirm_resize(ctx: Context, id: str, argument: Given) -> Reply:
    await ctx.transact(resizing.confirm, id)
    return Reply(status=204)


@action("revertResize", policy.REVERT_RESIZE)
async def revert_resize(ctx: Context, id: str, argument: Given) -> None:
    await ctx.transact(resizing.revert, id)


@action("changePassword", policy.CHANGE_PASSWORD, NewPassword)
async def change_password(ctx: Context, id: str, new: NewPassword) -> None:
    async with ctx.in_reading() as reading:
        await actions.change_password(reading, id)

"""/servers/{id}/action, and what hangs on a server: metadata, tags, addresses, consoles"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, Forbidden, HaneulError
from haneul.kernel.http import Reply, Routes
from haneul.kernel.http.actions import Actions
from haneul.kernel.http.bounds import Document
from haneul.kernel.policy import Rule
from haneul.services.block_storage import public as block_storage
from haneul.services.compute import errors, versions
from haneul.services.compute.api import answers, security_groups, server_answers
from haneul.services.compute.api import server_views as views
from haneul.services.compute.api.server_schemas import address
from haneul.services.compute.api.values import integer_or_none
from haneul.services.compute.manifest import MANIFEST
from haneul.services.compute.operations import actions, consoles, disks, interfaces, servers
from haneul.services.compute.policy import servers as policy
from haneul.services.image import public as image
from haneul.services.network import public as network

routes = Routes("/v2.1/servers/{id}")
Given = Any
ENDED = ("addFixedIp", "removeFixedIp", "addFloatingIp", "removeFloatingIp")
"""What the network is asked for since 2.44."""


async def _id(ctx: Context, rule: Rule, id: str) -> str:
    """The id alone: operations find the server, each in a transaction of its own, and ask the rule about it."""
    if not ctx.may(rule):
        raise Forbidden(action=rule.name)
    return id


def _unknown(ctx: Context, name: str) -> HaneulError:
    if name in ENDED and ctx.wants(versions.NO_ADDRESS_ACTIONS):
        return errors.ActionEnded()
    return errors.NoSuchAction(action=name)


ACTIONS = Actions(_id, _unknown)
action = ACTIONS.action


@routes.post(
    "/action",
    status=202,
    transaction=False,
    answer=server_answers.OneRebuiltServer | server_answers.NewImage | None,
    other_answers={
        200: server_answers.ConsoleOutput | server_answers.OneConsole | server_answers.Password,
        204: None,
    },
    errors=(
        errors.ServerNotFound,
        errors.WrongState,
        errors.Locked,
        errors.NoSuchAction,
        errors.ActionEnded,
        errors.NoGuestAgent,
        errors.SameFlavor,
        errors.NotResized,
        errors.DiskTooSmall,
        errors.CannotResizeDisk,
        errors.FlavorNotUsable,
        errors.ImageNotUsable,
        errors.ImageUnacceptable,
        errors.NotRescuable,
        errors.RescueImageNotUsable,
        errors.NotReady,
        errors.NoConsole,
        errors.NeverActive,
        errors.HostNotFound,
        errors.HostOutsideZone,
        errors.TooManyServers,
        errors.KeypairNotFound,
        errors.NotAttached,
        errors.WrongNetworks,
        *network.GROUP_REFUSALS,
        *network.ADDRESS_REFUSALS,
        *block_storage.VOLUME_REFUSALS,
        *image.IMAGE_REFUSALS,
    ),
)
async def act(ctx: Context, id: str, body: Document) -> Any:
    """Carry out the one action that the body names."""
    return await ACTIONS.carry_out(ctx, id, body)


def plain(name: str, rule: Rule, operation: Callable[[Context, str], Awaitable[None]]) -> None:
    """Declare an action whose name says it all: as upstream, whatever stands beside it means nothing."""

    @action(name, rule)
    async def _act(ctx: Context, id: str, argument: Given) -> None:
        await ctx.transact(operation, id)


plain("os-start", policy.START, actions.start)
plain("os-stop", policy.STOP, actions.stop)
plain("pause", policy.PAUSE, actions.pause)
plain("unpause", policy.UNPAUSE, actions.unpause)
plain("unlock", policy.UNLOCK, actions.unlock)
plain("forceDelete", policy.FORCE_DELETE, servers.force_delete)


def _fields(name: str, argument: Given, allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(argument, dict):
        raise BadRequest(
            f"Invalid input for field/attribute {name}. Value: {argument}. An object is expected"
        )
    if unknown := [k for k in argument if k not in allowed]:
        raise BadRequest(
            f"Invalid input for field/attribute {name}. Value: {argument}. Additional properties are not allowed "
            f"('{unknown[0]}' was unexpected)"
        )
    return argument


@action("lock", policy.LOCK)
async def lock(ctx: Context, id: str, argument: Given) -> None:
    # Before 2.73 whatever is empty is no argument; from then on only null is none.
    has_body = argument is not None if ctx.wants(versions.LOCKED_REASON) else bool(argument)
    fields = _fields("lock", argument, ("locked_reason",)) if has_body else {}
    reason = fields.get("locked_reason")
    if "locked_reason" in fields and (not isinstance(reason, str) or not 0 < len(reason) <= 255):
        raise BadRequest(f"Invalid input for field/attribute locked_reason. Value: {reason}.")
    if reason is not None and not ctx.wants(versions.LOCKED_REASON):
        raise BadRequest("Invalid input for field/attribute lock. None is expected")
    await ctx.transact(actions.lock, id, reason)


@action("reboot", policy.REBOOT)
async def reboot(ctx: Context, id: str, argument: Given) -> None:
    kind = _fields("reboot", argument, ("type",)).get("type")
    if not isinstance(kind, str) or kind.upper() not in ("SOFT", "HARD"):
        raise BadRequest(
            f"Invalid input for field/attribute type. Value: {kind}. It is not one of HARD, SOFT"
        )
    await ctx.transact(actions.reboot, id, hard=kind.upper() == "HARD")


@action("os-resetState", policy.RESET_STATE)
async def reset_state(ctx: Context, id: str, argument: Given) -> None:
    state = _fields("os-resetState", argument, ("state",)).get("state")
    if state not in ("active", "error"):
        raise BadRequest(f"Invalid input for field/attribute state. Value: {state}.")
    await ctx.transact(actions.reset_state, id, state)


@action("createImage", policy.CREATE_IMAGE)
async def create_image(ctx: Context, id: str, argument: Given) -> Reply:
    fields = _fields("createImage", argument, ("name", "metadata"))
    name, metadata = fields.get("name"), fields.get("metadata", {})
    if not isinstance(name, str) or not 0 < len(name) <= 255:
        raise BadRequest(f"Invalid input for field/attribute name. Value: {name}.")
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise BadRequest(f"Invalid input for field/attribute metadata. Value: {metadata}.")
    image_id = await ctx.transact(disks.create_image, id, name, metadata)
    if ctx.wants(versions.IMAGE_IDS_IN_ANSWERS):
        return Reply({"image_id": image_id}, status=202)
    # Before 2.45 only the end of this address tells the image's id.
    return Reply(status=202, headers={"Location": f"{ctx.endpoint}{MANIFEST.path}/images/{image_id}"})


def _text(name: str, argument: Given, field: str) -> str:
    """The one field of the action: a text, neither empty nor long."""
    value = _fields(name, argument, (field,)).get(field)
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise BadRequest(f"Invalid input for field/attribute {field}. Value: {value}.")
    return value


@action("addSecurityGroup", policy.SECURITY_GROUPS_ADD)
async def add_security_group(ctx: Context, id: str, argument: Given) -> None:
    await ctx.transact(actions.join_security_group, id, _text("addSecurityGroup", argument, "name"))


@action("removeSecurityGroup", policy.SECURITY_GROUPS_REMOVE)
async def remove_security_group(ctx: Context, id: str, argument: Given) -> None:
    await ctx.transact(actions.leave_security_group, id, _text("removeSecurityGroup", argument, "name"))


@action("addFixedIp", policy.ADD_ADDRESS, until=versions.NO_ADDRESS_ACTIONS)
async def add_fixed_ip(ctx: Context, id: str, argument: Given) -> None:
    await ctx.transact(interfaces.add_address, id, _text("addFixedIp", argument, "networkId"))


@action("removeFixedIp", policy.REMOVE_ADDRESS, until=versions.NO_ADDRESS_ACTIONS)
async def remove_fixed_ip(ctx: Context, id: str, argument: Given) -> None:
    ip = address(_text("removeFixedIp", argument, "address"), None, "removeFixedIp.address")
    await ctx.transact(interfaces.remove_address, id, ip)


@action("os-getConsoleOutput", policy.CONSOLE_OUTPUT)
async def console_output(ctx: Context, id: str, argument: Given) -> Reply:
    fields = _fields("os-getConsoleOutput", argument, ("length",))
    length = fields.get("length")
    if isinstance(length, bool) or not isinstance(length, (int, str, type(None))):
        raise BadRequest(f"Invalid input for field/attribute length. Value: {length}.")
    lines = integer_or_none(length, "length", least=-1)
    return Reply({"output": await consoles.log(ctx, id, lines)}, status=200)


@action("os-getVNCConsole", policy.REMOTE_CONSOLES)
async def vnc_console(ctx: Context, id: str, argument: Given) -> Reply:
    kind = _fields("os-getVNCConsole", argument, ("type",)).get("type")
    # The second kind is gone upstream, but clients still have it in their lists: they get the one there is.
    if kind not in ("novnc", "xvpvnc") or ctx.wants(versions.REMOTE_CONSOLES):
        raise BadRequest(f"Invalid input for field/attribute type. Value: {kind}.")
    console = await consoles.open(ctx, id, "novnc")
    return Reply({"console": {"type": kind, "url": _console_url(ctx, "novnc", console)}}, status=200)


def _console_url(ctx: Context, kind: str, console: consoles.OpenConsole) -> str:
    token = console.token
    if kind == "serial":
        address = ctx.endpoint.replace("http://", "ws://").replace("https://", "wss://")
        return f"{address}{MANIFEST.path}/console?token={token}"
    if console.is_simulated:
        return f"{ctx.endpoint}{MANIFEST.path}/simulated.html?token={token}"
    path = f"compute%2Fconsole%3Ftoken%3D{token}"
    return f"{ctx.endpoint}{MANIFEST.path}/vnc.html?path={path}"


@routes.post(
    "/remote-consoles",
    status=200,
    policy=policy.REMOTE_CONSOLES,
    since="2.6",
    transaction=False,
    answer=server_answers.OneRemoteConsole,
    errors=(errors.ServerNotFound, errors.WrongState, errors.Locked, errors.NoConsole),
)
async def create_console(ctx: Context, id: str, body: Document) -> dict[str, Any]:
    """A URL at which the console can be opened, once."""
    _fields("body", body, ("remote_console",))
    fields = _fields("remote_console", body.get("remote_console"), ("protocol", "type"))
    protocol, kind = fields.get("protocol"), fields.get("type")
    if (protocol, kind) not in (("vnc", "novnc"), ("serial", "serial")):
        raise BadRequest(f"Invalid input for field/attribute type. Value: {kind}.")
    url = _console_url(ctx, str(kind), await consoles.open(ctx, id, str(kind)))
    return {"remote_console": {"protocol": protocol, "type": kind, "url": url}}


@routes.get("/ips", policy=policy.ADDRESSES, answer=server_answers.Addresses, errors=(errors.ServerNotFound,))
async def list_addresses(ctx: Context, id: str) -> dict[str, Any]:
    """The server's addresses, by network."""
    return await _addresses(ctx, id, policy.ADDRESSES)


async def _addresses(ctx: Context, id: str, rule: Rule) -> dict[str, Any]:
    server = await servers.show(ctx, id, rule)
    return {"addresses": (await views.details(ctx, [server]))[0]["addresses"]}


@routes.get(
    "/ips/{label}",
    policy=policy.ADDRESSES_OF_ONE,
    answer=server_answers.AddressesOfNetwork,
    errors=(errors.ServerNotFound, errors.NotAttached),
)
async def show_addresses(ctx: Context, id: str, label: str) -> dict[str, Any]:
    """The server's addresses on one network."""
    networks = (await _addresses(ctx, id, policy.ADDRESSES_OF_ONE))["addresses"]
    if label not in networks:
        raise errors.NotAttached(what="network", id=label, server_id=id)
    return {label: networks[label]}


@routes.get(
    "/os-security-groups",
    policy=policy.SECURITY_GROUPS,
    answer=answers.SecurityGroups,
    errors=(errors.ServerNotFound,),
)
async def list_groups(ctx: Context, id: str) -> dict[str, Any]:
    """The security groups of the server's ports, with what they let in."""
    server = await servers.show(ctx, id, policy.SECURITY_GROUPS)
    return {
        "security_groups": await security_groups.views(ctx, await network.ingress_groups_of(ctx, server.id))
    }

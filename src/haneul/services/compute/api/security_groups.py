"""/os-security-groups and /os-security-group-rules: the network's groups, as clients before 2.36 see them."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import msgspec

from haneul.kernel import addresses
from haneul.kernel.context import Context
from haneul.kernel.errors import BadRequest, Conflict, Forbidden
from haneul.kernel.http import Query, Routes, Strict, lists
from haneul.kernel.http.bounds import Number, Text
from haneul.services.compute.api import answers, values
from haneul.services.compute.policy import security_groups as policy
from haneul.services.network import public as network
from haneul.services.network.public import IngressGroup, IngressRule, SecurityGroup, SecurityRule

routes = Routes("/v2.1", until="2.35")
Line = Annotated[str, msgspec.Meta(max_length=255)]
ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


class Group(Strict):
    name: Line
    description: Line | None


class GroupBody(Strict):
    security_group: Group


class Rule(Strict):
    parent_group_id: Text
    ip_protocol: Text | None = None
    from_port: Number | Text | None = None
    to_port: Number | Text | None = None
    cidr: Text | None = None
    group_id: Text | None = None


class RuleBody(Strict):
    security_group_rule: Rule


@routes.get("/os-security-groups", policy=policy.GET, transaction=False, answer=answers.SecurityGroups)
async def list_groups(ctx: Context, query: Query) -> dict[str, Any]:
    """The project's security groups, with what they let in."""
    groups = await network.ingress_groups(ctx)
    skipped, most = lists.NUMBERS.read(query, "offset") or 0, lists.NUMBERS.read(query, "limit")
    page = groups[skipped:][:most]
    async with ctx.in_reading() as reading:
        return {"security_groups": await views(reading, page)}


@routes.get(
    "/os-security-groups/{id}",
    policy=policy.SHOW,
    answer=answers.OneSecurityGroup,
    errors=network.GROUP_REFUSALS,
)
async def show_group(ctx: Context, id: str) -> dict[str, Any]:
    """One security group."""
    return {"security_group": (await views(ctx, [await network.ingress_group(ctx, _uuid(id))]))[0]}


@routes.post(
    "/os-security-groups",
    status=200,
    policy=policy.CREATE,
    answer=answers.OneSecurityGroup,
    errors=network.GROUP_REFUSALS,
)
async def create_group(ctx: Context, body: GroupBody) -> dict[str, Any]:
    """Make a security group that lets nothing in."""
    wish = body.security_group
    try:
        made = await network.create_security_group(ctx, wish.name, wish.description or "")
    except Conflict as refused:
        raise Forbidden(str(refused)) from None
    return {"security_group": (await views(ctx, [made]))[0]}


@routes.put(
    "/os-security-groups/{id}",
    policy=policy.UPDATE,
    answer=answers.OneSecurityGroup,
    errors=network.GROUP_REFUSALS,
)
async def update_group(ctx: Context, id: str, body: GroupBody) -> dict[str, Any]:
    """Change a security group's name and description."""
    wish = body.security_group
    changed = await network.update_security_group(ctx, _uuid(id), wish.name, wish.description or "")
    return {"security_group": (await views(ctx, [changed]))[0]}


@routes.delete("/os-security-groups/{id}", status=202, policy=policy.DELETE, errors=network.GROUP_REFUSALS)
async def delete_group(ctx: Context, id: str) -> None:
    """Delete a security group that no port is in."""
    try:
        await network.delete_security_group(ctx, _uuid(id))
    except Conflict as refused:
        raise BadRequest(str(refused)) from None


@routes.post(
    "/os-security-group-rules",
    status=200,
    policy=policy.CREATE_RULE,
    answer=answers.OneSecurityGroupRule,
    errors=network.RULE_REFUSALS,
)
async def create_rule(ctx: Context, body: RuleBody) -> dict[str, Any]:
    """Let something in."""
    try:
        made = await network.add_security_group_rule(ctx, _wanted(body.security_group_rule))
    except Conflict as refused:
        raise Forbidden(str(refused)) from None
    named = {made.remote_group_id} if made.remote_group_id else set()
    others = await network.security_groups_by_id(ctx, named)
    return {"security_group_rule": _rule(made, others)}


@routes.delete(
    "/os-security-group-rules/{id}",
    status=202,
    policy=policy.DELETE_RULE,
    errors=network.GROUP_REFUSALS,
)
async def delete_rule(ctx: Context, id: str) -> None:
    """Let it in no longer."""
    await network.remove_security_group_rule(ctx, _uuid(id))


# -- what is asked


def _uuid(id: str) -> str:
    try:
        return str(uuid.UUID(id))
    except ValueError:
        raise BadRequest("Security group id should be uuid") from None


def _wanted(rule: Rule) -> IngressRule:
    """The rule in the network's terms; 400 where compute itself refuses it."""
    cidr = _cidr(rule.cidr)
    protocol = (rule.ip_protocol or "").lower()
    low, high = (_port(p, f) for p, f in ((rule.from_port, "from_port"), (rule.to_port, "to_port")))
    try:
        group_id = str(uuid.UUID(rule.parent_group_id))
        remote = rule.group_id and str(uuid.UUID(rule.group_id))
    except ValueError:
        field, value = ("parent_group_id", rule.parent_group_id)
        raise values.refuse(field, value, f"'{value}' is not a 'uuid'") from None
    if not protocol or low is None or high is None:
        raise BadRequest("Not enough parameters to build a valid rule.")
    if protocol not in ("tcp", "udp", "icmp"):
        raise BadRequest(f"Invalid IP protocol {rule.ip_protocol}.")
    _check_ports(protocol, low, high)
    if protocol == "icmp":
        kind, code = (None if p < 0 else p for p in (low, high))
        return IngressRule(group_id, protocol, kind, code, cidr, remote)
    return IngressRule(group_id, protocol, low, high, cidr, remote)


def _cidr(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return addresses.prefix(text)
    except ValueError:
        raise BadRequest(f"{text} is not a valid IP network.") from None


def _port(value: int | str | None, field: str) -> int | None:
    return None if value is None else values.integer(value, field, least=-(2**31))


def _check_ports(protocol: str, low: int, high: int) -> None:
    what = f"Invalid port range {low}:{high}. "
    if protocol == "icmp":
        if low < -1 or low > 255 or high < -1 or high > 255:
            raise BadRequest(what + "Valid values for ICMP type:code are between -1 and 255")
        return
    if low > high:
        raise BadRequest(what + "Former value cannot be greater than the later")
    if low < 1 or high > 65535:
        raise BadRequest(what + f"Valid {protocol.upper()} ports should be between 1-65535")


# -- what is shown


async def views(ctx: Context, groups: list[IngressGroup]) -> list[dict[str, Any]]:
    """Groups with their rules; one more query for the groups that rules name."""
    named = {r.remote_group_id for g in groups for r in g.rules if r.remote_group_id}
    others = await network.security_groups_by_id(ctx, named)
    return [
        {
            "id": each.group.id,
            "name": each.group.name,
            "description": each.group.description,
            "tenant_id": each.group.project_id,
            "rules": [_rule(r, others) for r in each.rules],
        }
        for each in groups
    ]


def _rule(rule: SecurityRule, others: dict[str, SecurityGroup]) -> dict[str, Any]:
    low, high = rule.port_range_min, rule.port_range_max
    if rule.protocol and low is None and high is None:
        low, high = (-1, -1) if rule.protocol.startswith("icmp") else (1, 65535)
    source = others.get(rule.remote_group_id or "")
    version = 6 if rule.ethertype == "IPv6" else 4
    return {
        "id": rule.id,
        "parent_group_id": rule.security_group_id,
        "ip_protocol": rule.protocol,
        "from_port": low,
        "to_port": high,
        "group": {"name": source.name, "tenant_id": source.project_id} if source else {},
        "ip_range": {} if rule.remote_group_id else {"cidr": rule.remote_ip_prefix or ANYWHERE[version]},
    }
